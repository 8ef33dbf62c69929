// SPDX-License-Identifier: Apache-2.0
// Look-ups of rows in a table.
#include "graph/ops/iterator.hpp"
#include "graph/ops/rows.hpp"
#include "graph/ops/strides.hpp"

namespace opgauge {
namespace {

std::vector<Result> infer_embedding(const Call& call) {
  const TensorType& table = call.tensor("weight");
  const TensorType& indices = call.tensor("indices");
  if (table.rank() != 2)
    throw call.error("found a table of rank " + std::to_string(table.rank()) + ", expected 2");
  if (indices.dtype != Dtype::i64 && indices.dtype != Dtype::i32) {
    throw call.error("found indices of dtype " + std::string(name_of(indices.dtype)) +
                     ", expected i64 or i32");
  }
  Dims sizes = indices.sizes;
  sizes.push_back(table.sizes[1]);
  return {fresh(table.dtype, std::move(sizes))};
}
// Reads the rows that are looked up, not the table; indices that cannot be flattened in place are
// copied first.
int64_t scratch_embedding(const Call& call) {
  const TensorType& indices = call.tensor("indices");
  return view_strides(indices, {indices.numel()}) ? 0 : indices.bytes();
}
Work work_embedding(const Call& call) {
  const int64_t rows = call.output().bytes(), copied = scratch_embedding(call);
  return {0, 0, rows + touched_bytes(call.tensor("indices")) + copied, rows + copied};
}

const OpRow rows[] = {
    {"aten::embedding(Tensor weight, Tensor indices, SymInt padding_idx=-1, bool "
     "scale_grad_by_freq=False, bool sparse=False) -> Tensor",
     OpFamily::indexing, infer_embedding, work_embedding, scratch_embedding},
};

}  // namespace

std::span<const OpRow> embedding_rows() { return rows; }

}  // namespace opgauge
