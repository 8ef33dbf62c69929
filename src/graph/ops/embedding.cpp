// SPDX-License-Identifier: Apache-2.0
// Look-ups of rows in a table, one by one or summed by bags of them.
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

// ATen EmbeddingBag.cpp. A bag is what lies between two offsets of a row of indices. Beside the sums stand what a backward pass
// needs: of each index its bag, of each bag its size, of each maximum its place. Sums of f32 and half rows by the library's own
// kernel need none of them (is_fast_path).
enum BagMode : int64_t { bag_sum = 0, bag_mean = 1, bag_max = 2 };
bool bags_quickly(const Call& call) {
  const TensorType& table = call.tensor("weight");
  const bool padded = call.node().op->schema->index("padding_idx") >= 0 && call.has("padding_idx") && call.integer("padding_idx") >= 0;
  return !padded && (table.dtype == Dtype::f32 || table.dtype == Dtype::f16 || table.dtype == Dtype::bf16) && table.strides[1] == 1;
}
std::vector<Result> infer_embedding_bag(const Call& call) {
  const TensorType &table = call.tensor("weight"), &indices = call.tensor("indices"), &offsets = call.tensor("offsets");
  if (table.rank() != 2 || indices.rank() != 1 || offsets.rank() != 1) {
    throw call.error("found a table, indices and offsets of rank " + std::to_string(table.rank()) + ", " + std::to_string(indices.rank()) + " and " +
                     std::to_string(offsets.rank()) + ", expected 2, 1 and 1");
  }
  for (const TensorType* whole : {&indices, &offsets}) {
    if (whole->dtype != Dtype::i64 && whole->dtype != Dtype::i32) throw call.error("found indices or offsets of dtype " + std::string(name_of(whole->dtype)) + ", expected i64 or i32");
  }
  const int64_t mode = call.integer("mode");
  if (mode < bag_sum || mode > bag_max) throw call.error("found mode " + std::to_string(mode) + ", expected 0 (sum), 1 (mean) or 2 (max)");
  const int64_t bags = offsets.sizes[0] - (call.flag("include_last_offset") ? 1 : 0);
  if (bags < 1) throw call.error("found offsets of no bag, expected one at least: LibTorch writes past the end of what it allocates");
  const Dtype whole = indices.dtype == Dtype::i64 || offsets.dtype == Dtype::i64 ? Dtype::i64 : Dtype::i32;
  Result bag_of_index = fresh(whole, {mode == bag_sum && bags_quickly(call) ? 0 : indices.sizes[0]}), bag_size = fresh(whole, {mode == bag_sum ? offsets.sizes[0] : bags});
  if (bag_of_index.type.numel() > 0) bag_of_index.storage_bytes = bag_of_index.type.bytes() + size_bytes(whole);  // one more, while they are counted
  bag_size.storage_bytes = offsets.sizes[0] * size_bytes(whole);
  Result place = mode == bag_max ? fresh(whole, {bags, table.sizes[1]}) : bag_size;
  if (mode != bag_max) place.storage_bytes = 0;
  return {fresh(table.dtype, {bags, table.sizes[1]}), std::move(bag_of_index), std::move(bag_size), std::move(place)};
}
// The greatest of what counts the indices of bags (before bag sizes and places are allocated), of a mean's sizes as whole and as
// real numbers, and of a table that the quick kernel copies because its rows do not lie behind each other.
int64_t scratch_embedding_bag(const Call& call) {
  const TensorType &table = call.tensor("weight"), &offsets = call.tensor("offsets"), &y = call.output();
  const int64_t whole = size_bytes(call.output(1).dtype), mode = call.integer("mode");
  int64_t most = mode == bag_max ? y.sizes[0] * whole : 0;
  if (call.output(1).numel() > 0) most = std::max(most, call.output(1).bytes() + whole - offsets.numel() * whole - call.output(3).bytes());
  if (mode == bag_mean) most = std::max(most, y.sizes[0] * (2 * whole + size_bytes(y.dtype)));
  if (mode != bag_max && bags_quickly(call) && !table.is_contiguous()) most = std::max(most, table.bytes());
  return most;
}
Work work_embedding_bag(const Call& call) {
  const TensorType& indices = call.tensor("indices");
  const int64_t added = indices.numel() * call.output().sizes[1];
  int64_t written = 0;
  for (size_t i = 0; i < call.output_count(); ++i) written += call.output(i).bytes();
  return {0, added, added * size_bytes(call.output().dtype) + touched_bytes(indices) + touched_bytes(call.tensor("offsets")), written};
}

const OpRow rows[] = {
    {"aten::embedding_bag(Tensor weight, Tensor indices, Tensor offsets, bool scale_grad_by_freq=False, int mode=0, bool sparse=False, Tensor? "
     "per_sample_weights=None, bool include_last_offset=False) -> (Tensor, Tensor, Tensor, Tensor)",
     OpFamily::indexing, infer_embedding_bag, work_embedding_bag, scratch_embedding_bag},
    {"aten::embedding_bag.padding_idx(Tensor weight, Tensor indices, Tensor offsets, bool scale_grad_by_freq, int mode, bool sparse, Tensor? "
     "per_sample_weights, bool include_last_offset, int? padding_idx) -> (Tensor, Tensor, Tensor, Tensor)",
     OpFamily::indexing, infer_embedding_bag, work_embedding_bag, scratch_embedding_bag},
    {"aten::embedding(Tensor weight, Tensor indices, SymInt padding_idx=-1, bool "
     "scale_grad_by_freq=False, bool sparse=False) -> Tensor",
     OpFamily::indexing, infer_embedding, work_embedding, scratch_embedding},
};

}  // namespace

std::span<const OpRow> embedding_rows() { return rows; }

}  // namespace opgauge
