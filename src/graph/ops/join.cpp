// SPDX-License-Identifier: Apache-2.0
// Tensors joined along a dimension.
#include "graph/ops/copy.hpp"
#include "graph/ops/iterator.hpp"
#include "graph/ops/rows.hpp"
#include "graph/ops/strides.hpp"

namespace opgauge {
namespace {

// An empty tensor of rank 1 joins with anything, for historic reasons.
bool skipped(const TensorType& part) { return part.rank() == 1 && part.sizes[0] == 0; }

std::vector<TensorType> parts_of(const Call& call) {
  std::vector<TensorType> parts;
  for (const TensorType* part : call.tensors("tensors")) {
    if (!part) throw call.error("found None among the tensors");
    parts.push_back(*part);
  }
  if (parts.empty()) throw call.error("found no tensors, expected at least one");
  return parts;
}

}  // namespace

// The memory format is the one that all parts look like, else contiguous; the dtype is the parts'
// common one.
TensorType concatenated(const Call& call, const std::vector<TensorType>& parts, int64_t dim) {
  std::vector<Operand> operands;
  std::optional<MemoryFormat> format;
  const TensorType* model = nullptr;
  for (const TensorType& part : parts) {
    operands.push_back({part});
    const MemoryFormat looks = suggested_format(part);
    format = !format || *format == looks ? looks : MemoryFormat::contiguous;
    if (!skipped(part) && !model) model = &part;
  }
  const Dtype dtype = result_dtype(operands);
  if (!model) return {dtype, {0}};
  if (model->rank() == 0) throw call.error("found tensors of rank 0, expected at least 1");
  dim = wrap_dim(call, dim, model->rank());
  Dims sizes = model->sizes;
  sizes[static_cast<size_t>(dim)] = 0;
  for (const TensorType& part : parts) {
    if (skipped(part)) continue;
    if (part.rank() != model->rank())
      throw call.error("found tensors of different ranks, expected one rank");
    for (size_t i = 0; i < sizes.size(); ++i) {
      if (static_cast<int64_t>(i) == dim) {
        sizes[i] += part.sizes[i];
      } else if (part.sizes[i] != sizes[i]) {
        throw call.error("found sizes " + std::to_string(sizes[i]) + " and " +
                         std::to_string(part.sizes[i]) + " at dimension " + std::to_string(i) +
                         ", expected equal sizes");
      }
    }
  }
  return with_format(dtype, std::move(sizes), *format);
}

namespace {

// A tensor with at least this many dimensions (aten::atleast_1d, _2d, _3d).
TensorType at_least(const TensorType& x, int64_t rank) {
  TensorType result = x;
  if (rank >= 1 && result.rank() == 0) result = unsqueezed(result, 0);
  if (rank >= 2 && result.rank() == 1) result = unsqueezed(result, 0);
  if (rank >= 3 && result.rank() == 2) result = unsqueezed(result, 2);
  return result;
}

std::vector<Result> infer_cat(const Call& call) {
  return {fresh(concatenated(call, parts_of(call), call.integer("dim")))};
}
// Joined along an existing dimension and then split by a view; at the end each part gets a
// dimension of 1 first.
std::vector<Result> infer_stack(const Call& call) {
  std::vector<TensorType> parts = parts_of(call);
  const TensorType first = parts.front();
  for (const TensorType& part : parts) {
    if (part.sizes != first.sizes)
      throw call.error("found tensors of different sizes, expected equal sizes");
  }
  const int64_t dim = wrap_dim(call, call.integer("dim"), first.rank() + 1);
  if (dim == first.rank()) {
    for (TensorType& part : parts) part = unsqueezed(part, dim);
    return {fresh(concatenated(call, parts, dim))};
  }
  const TensorType joined = concatenated(call, parts, dim);
  Dims sizes = first.sizes;
  sizes.insert(sizes.begin() + dim, static_cast<int64_t>(parts.size()));
  Dims strides = *view_strides(joined, sizes);
  return {fresh({joined.dtype, std::move(sizes), std::move(strides)})};
}
std::vector<Result> infer_hstack(const Call& call) {
  std::vector<TensorType> parts = parts_of(call);
  for (TensorType& part : parts) part = at_least(part, 1);
  return {fresh(concatenated(call, parts, parts.front().rank() == 1 ? 0 : 1))};
}
std::vector<Result> infer_vstack(const Call& call) {
  std::vector<TensorType> parts = parts_of(call);
  for (TensorType& part : parts) part = at_least(part, 2);
  return {fresh(concatenated(call, parts, 0))};
}
std::vector<Result> infer_dstack(const Call& call) {
  std::vector<TensorType> parts = parts_of(call);
  for (TensorType& part : parts) part = at_least(part, 3);
  return {fresh(concatenated(call, parts, 2))};
}
std::vector<Result> infer_column_stack(const Call& call) {
  std::vector<TensorType> parts = parts_of(call);
  for (TensorType& part : parts) {
    if (part.rank() <= 1) part = TensorType(part.dtype, {part.numel(), 1});
  }
  return {fresh(concatenated(call, parts, 1))};
}

Work work_join(const Call& call) {
  Work work;
  work.write_bytes = call.output().bytes();
  for (const TensorType* part : call.tensors("tensors")) work.read_bytes += touched_bytes(*part);
  return work;
}
// Parts of another dtype than the result are copied one after the other, each through a temporary
// of its own dtype.
int64_t scratch_join(const Call& call) {
  int64_t most = 0;
  for (const TensorType* part : call.tensors("tensors")) {
    if (part->dtype != call.output().dtype) most = std::max(most, part->bytes());
  }
  return most;
}

constexpr OpRow join(std::string_view schema, InferRule infer) {
  return {schema, OpFamily::copy, infer, work_join, scratch_join};
}

std::vector<Result> infer_at_least(const Call& call) {
  const std::string& target = call.node().op->schema->target;
  return {{at_least(call.tensor("self"), target[target.size() - 2] - '0'), call.value("self")}};
}
Work no_work(const Call&) { return {}; }

const OpRow rows[] = {
    join("aten::cat(Tensor[] tensors, int dim=0) -> Tensor", infer_cat),
    join("aten::concat(Tensor[] tensors, int dim=0) -> Tensor", infer_cat),
    join("aten::concatenate(Tensor[] tensors, int dim=0) -> Tensor", infer_cat),
    join("aten::stack(Tensor[] tensors, int dim=0) -> Tensor", infer_stack),
    join("aten::hstack(Tensor[] tensors) -> Tensor", infer_hstack),
    join("aten::vstack(Tensor[] tensors) -> Tensor", infer_vstack),
    join("aten::dstack(Tensor[] tensors) -> Tensor", infer_dstack),
    join("aten::column_stack(Tensor[] tensors) -> Tensor", infer_column_stack),
    {"aten::atleast_1d(Tensor self) -> Tensor", OpFamily::view, infer_at_least, no_work},
    {"aten::atleast_2d(Tensor self) -> Tensor", OpFamily::view, infer_at_least, no_work},
    {"aten::atleast_3d(Tensor self) -> Tensor", OpFamily::view, infer_at_least, no_work},
};

}  // namespace

std::span<const OpRow> join_rows() { return rows; }

}  // namespace opgauge
