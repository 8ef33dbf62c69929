// SPDX-License-Identifier: Apache-2.0
#include "graph/ops/reduce.hpp"

#include <algorithm>

#include "graph/ops/iterator.hpp"
#include "graph/ops/strides.hpp"

namespace opgauge {

Reduction reduction_of(const Call& call, const TensorType& x) {
  const Schema& schema = *call.node().op->schema;
  Dims dims;
  if (schema.index("dim") >= 0) {
    const Argument& given = call.argument("dim");
    if (const auto* one = std::get_if<int64_t>(&given)) dims = {*one};
    if (const auto* many = std::get_if<Dims>(&given)) dims = *many;
  }
  const bool keep = schema.index("keepdim") >= 0 && call.flag("keepdim");
  Reduction result;
  result.reduced = dim_mask(call, dims, x.rank(), true);
  for (size_t i = 0; i < x.sizes.size(); ++i) {
    result.kept_sizes.push_back(result.reduced[i] ? 1 : x.sizes[i]);
    if (!result.reduced[i]) result.sizes.push_back(x.sizes[i]);
  }
  if (keep) result.sizes = result.kept_sizes;
  return result;
}

int reduced_runs(const TensorType& x, const std::vector<bool>& reduced) {
  std::vector<std::pair<int64_t, int64_t>> dims;  // stride, size
  for (size_t i = x.sizes.size(); i-- > 0;) {
    if (reduced[i] && x.sizes[i] != 1) dims.emplace_back(x.strides[i], x.sizes[i]);
  }
  std::stable_sort(dims.begin(), dims.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  int runs = dims.empty() ? 0 : 1;
  for (size_t i = 1; i < dims.size(); ++i) {
    runs += dims[i].first != dims[i - 1].first * dims[i - 1].second;
  }
  return runs;
}

Dtype sum_dtype(const Call& call, const TensorType& x) {
  if (const auto dtype = call.dtype("dtype")) return *dtype;
  return is_floating(x.dtype) || x.dtype == Dtype::c64 ? x.dtype : Dtype::i64;
}

int64_t cast_bytes(const TensorType& x, Dtype dtype) {
  return x.dtype == dtype ? 0 : x.numel() * size_bytes(dtype);
}

Work reduction_bytes(const TensorType& x, Dtype computed, int64_t output_bytes) {
  const int64_t temporary = cast_bytes(x, computed);
  return {0, 0, touched_bytes(x) + temporary, temporary + output_bytes};
}

}  // namespace opgauge
