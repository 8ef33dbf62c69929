// SPDX-License-Identifier: Apache-2.0
#include "graph/ops/index.hpp"

#include <algorithm>

#include "graph/ops/iterator.hpp"
#include "graph/ops/strides.hpp"

namespace opgauge {
namespace {

bool is_mask(const TensorType& index) {
  return index.dtype == Dtype::boolean || index.dtype == Dtype::u8;
}

std::vector<const TensorType*> indices_of(const Call& call) {
  std::vector<const TensorType*> indices = call.tensors("indices");
  if (static_cast<int64_t>(indices.size()) > call.tensor("self").rank()) {
    throw call.error("found " + std::to_string(indices.size()) +
                     " indices, expected at most the rank " +
                     std::to_string(call.tensor("self").rank()));
  }
  indices.resize(call.tensor("self").sizes.size(), nullptr);
  return indices;
}

}  // namespace

void check_index(const Call& call, const TensorType& index) {
  if (index.dtype != Dtype::i64 && index.dtype != Dtype::i32) {
    throw call.error("found indices of dtype " + std::string(name_of(index.dtype)) +
                     ", expected i64 or i32");
  }
}

int64_t f32_copy_bytes(const TensorType& x) {
  return x.dtype == Dtype::f16 || x.dtype == Dtype::bf16 ? x.numel() * size_bytes(Dtype::f32) : 0;
}

Indexed indexed(const Call& call) {
  TensorType source = call.tensor("self");
  std::vector<const TensorType*> indices = indices_of(call);
  Indexed all;
  Dims places;
  Dims at;  // indexed dimensions
  for (size_t i = 0; i < indices.size(); ++i) {
    if (!indices[i]) continue;
    if (is_mask(*indices[i])) {
      throw call.error(
          "the size of the result depends on the values of a mask, expected indices of whole "
          "numbers");
    }
    check_index(call, *indices[i]);
    places = broadcast(call, places, indices[i]->sizes);
    at.push_back(static_cast<int64_t>(i));
    all.index_bytes += touched_bytes(*indices[i]);
    if (indices[i]->dtype != Dtype::i64)
      all.converted_bytes += indices[i]->numel() * size_bytes(Dtype::i64);
  }
  if (at.empty()) throw call.error("found no indices, expected at least one");
  const bool together = at.back() - at.front() + 1 == static_cast<int64_t>(at.size());
  if (!together) {  // indexed dimensions first
    Dims order = at;
    std::vector<const TensorType*> moved;
    for (const int64_t dim : at) moved.push_back(indices[static_cast<size_t>(dim)]);
    for (int64_t i = 0; i < source.rank(); ++i) {
      if (indices[static_cast<size_t>(i)]) continue;
      order.push_back(i);
      moved.push_back(nullptr);
    }
    source = permuted(source, order);
    indices = std::move(moved);
  }
  const int64_t first = together ? at.front() : 0;
  const auto behind = first + static_cast<int64_t>(at.size());
  const auto replace = [&](const Dims& dims, const Dims& by) {
    Dims result(dims.begin(), dims.begin() + first);
    result.insert(result.end(), by.begin(), by.end());
    result.insert(result.end(), dims.begin() + behind, dims.end());
    return result;
  };
  const Dims still(places.size(), 0);
  std::vector<TensorType> operands;
  operands.emplace_back(source.dtype, replace(source.sizes, places),
                        replace(source.strides, still));
  for (const TensorType* index : indices) {
    if (!index) continue;
    const TensorType whole(
        Dtype::i64, index->sizes,
        index->dtype == Dtype::i64 ? index->strides : contiguous_strides(index->sizes));
    const TensorType spread = expanded(call, whole, places);
    const Dims ones(source.sizes.size(), 1), none(source.sizes.size(), 0);
    operands.emplace_back(Dtype::i64, replace(ones, spread.sizes), replace(none, spread.strides));
  }
  const Dims sizes = operands[0].sizes;
  all.result = TensorType(source.dtype, sizes, iteration_strides(sizes, operands));
  return all;
}

Put put_elements(const Call& call) {
  const TensorType& x = call.tensor("self");
  const TensorType& values = call.tensor("values");
  if (values.dtype != x.dtype) throw call.error("self and values have different dtypes");
  const std::vector<const TensorType*> indices = indices_of(call);
  const TensorType* mask = nullptr;
  size_t defined = 0;
  for (const TensorType* index : indices) {
    defined += index != nullptr;
    if (index && is_mask(*index)) mask = index;
  }
  if (mask) {
    if (defined != 1 || values.numel() != 1 || call.flag("accumulate")) {
      throw call.error(
          "the number of places depends on the values of a mask, expected one value for all of "
          "them");
    }
    return {x.numel(), touched_bytes(*mask), 0};
  }
  const Indexed all = indexed(call);
  if (broadcast(call, all.result.sizes, values.sizes) != all.result.sizes) {
    throw call.error("found values that do not broadcast to the indexed shape");
  }
  return {all.result.numel(), all.index_bytes, all.converted_bytes};
}

}  // namespace opgauge
