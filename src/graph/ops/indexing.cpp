// SPDX-License-Identifier: Apache-2.0
// Elements taken from and put to places that tensors of indices name. Reads count what is taken,
// not the whole source.
#include <algorithm>

#include "graph/ops/index.hpp"
#include "graph/ops/iterator.hpp"
#include "graph/ops/rows.hpp"
#include "graph/ops/strides.hpp"

namespace opgauge {
namespace {

const TensorType& self(const Call& call) { return call.tensor("self"); }

// aten::index: see index.hpp.
std::vector<Result> infer_index(const Call& call) { return {fresh(indexed(call).result)}; }
Work work_index(const Call& call) {
  const Indexed all = indexed(call);
  const int64_t taken = call.output().bytes();
  return {0, 0, taken + all.index_bytes + all.converted_bytes, taken + all.converted_bytes};
}
int64_t scratch_index(const Call& call) { return indexed(call).converted_bytes; }

// aten::index_put: every named place is written (and read before, where values accumulate).
std::vector<Result> infer_put_in_place(const Call& call) {
  put_elements(call);
  return {{self(call), call.value("self")}};
}
std::vector<Result> infer_put(const Call& call) {
  put_elements(call);
  return {fresh(like(self(call), self(call).dtype, MemoryFormat::preserve))};
}
Work put_work(const Call& call) {
  const Put put = put_elements(call);
  const int64_t bytes = put.elements * size_bytes(self(call).dtype);
  const bool adds = call.flag("accumulate");
  return {0, adds ? put.elements : 0,
          touched_bytes(call.tensor("values")) + put.index_bytes + put.converted_bytes +
              (adds ? bytes : 0),
          bytes + put.converted_bytes};
}
Work work_put_in_place(const Call& call) { return put_work(call); }
Work work_put(const Call& call) {
  Work work = put_work(call);
  work.read_bytes += touched_bytes(self(call));
  work.write_bytes += call.output().bytes();
  return work;
}
int64_t scratch_put(const Call& call) { return put_elements(call).converted_bytes; }

int64_t own_dim(const Call& call) { return wrap_dim(call, call.integer("dim"), self(call).rank()); }

std::vector<Result> infer_index_select(const Call& call) {
  const TensorType &x = self(call), &index = call.tensor("index");
  check_index(call, index);
  if (index.rank() > 1)
    throw call.error("found indices of rank " + std::to_string(index.rank()) + ", expected 1");
  Dims sizes = x.sizes;
  const auto dim = static_cast<size_t>(own_dim(call));
  if (!sizes.empty()) sizes[dim] = index.numel();
  return {fresh(x.dtype, std::move(sizes))};
}
// The operand is made contiguous for dimension 1, the indices always.
int64_t scratch_index_select(const Call& call) {
  const TensorType &x = self(call), &index = call.tensor("index");
  const int64_t dim = own_dim(call);
  const bool copies = dim == 1 && !x.is_contiguous();
  return (copies ? x.bytes() : 0) + (index.is_contiguous() ? 0 : index.bytes());
}
Work work_index_select(const Call& call) {
  const int64_t taken = call.output().bytes(), copied = scratch_index_select(call);
  return {0, 0, taken + touched_bytes(call.tensor("index")) + copied, taken + copied};
}

std::vector<Result> infer_gather(const Call& call) {
  const TensorType &x = self(call), &index = call.tensor("index");
  check_index(call, index);
  if (std::max<int64_t>(x.rank(), 1) != std::max<int64_t>(index.rank(), 1)) {
    throw call.error("found indices of rank " + std::to_string(index.rank()) + ", expected " +
                     std::to_string(x.rank()));
  }
  own_dim(call);
  return {fresh(x.dtype, index.sizes)};
}
Work work_taken(const Call& call) {
  const int64_t taken = call.output().bytes();
  return {0, 0, taken + touched_bytes(call.tensor("index")), taken};
}
// Half precision is gathered into f32, and copied from there.
int64_t scratch_gather(const Call& call) { return f32_copy_bytes(call.output()); }
Work work_gather(const Call& call) {
  Work work = work_taken(call);
  work.read_bytes += scratch_gather(call);
  work.write_bytes += scratch_gather(call);
  return work;
}
std::vector<Result> infer_take(const Call& call) {
  check_index(call, call.tensor("index"));
  return {fresh(self(call).dtype, call.tensor("index").sizes)};
}
// aten::take_along_dim broadcasts operand and indices except along the dimension, then gathers;
// indices are brought into the range by a remainder first.
std::vector<Result> infer_take_along(const Call& call) {
  const TensorType &x = self(call), &index = call.tensor("indices");
  check_index(call, index);
  if (!call.has("dim")) return {fresh(x.dtype, Dims{index.numel()})};
  if (x.rank() != index.rank()) {
    throw call.error("found indices of rank " + std::to_string(index.rank()) + ", expected " +
                     std::to_string(x.rank()));
  }
  const auto dim = static_cast<size_t>(own_dim(call));
  Dims sizes = x.sizes, places = index.sizes;
  sizes[dim] = places[dim] = 1;
  sizes = broadcast(call, sizes, places);
  sizes[dim] = index.sizes[dim];
  return {fresh(x.dtype, std::move(sizes))};
}
int64_t scratch_take_along(const Call& call) {
  if (!call.has("dim")) return 0;
  const int64_t wrapped = 8 * call.output().numel();
  return wrapped + std::max(f32_copy_bytes(call.output()), 8 - call.output().bytes());
}
Work work_take_along(const Call& call) {
  const int64_t taken = call.output().bytes(), n = call.has("dim") ? call.output().numel() : 0;
  const int64_t moved = taken + 8 * n + (n > 0 ? f32_copy_bytes(call.output()) : 0);
  return {0, n, touched_bytes(call.tensor("indices")) + moved, moved};
}

std::vector<Result> infer_one_hot(const Call& call) {
  if (self(call).dtype != Dtype::i64) throw call.error("expected indices of dtype i64");
  const int64_t classes = call.integer("num_classes");
  if (classes < 1)
    throw call.error("the number of classes depends on the values, expected num_classes");
  Dims sizes = self(call).sizes;
  sizes.push_back(classes);
  return {fresh(Dtype::i64, std::move(sizes))};
}
// Smallest and largest index are looked up, zeros written, then ones.
Work work_one_hot(const Call& call) {
  const TensorType& x = self(call);
  return {0, 2 * x.numel(), 3 * touched_bytes(x), call.output().bytes() + x.bytes()};
}
int64_t scratch_one_hot(const Call& call) {
  const int64_t copy = self(call).is_contiguous() ? 0 : self(call).bytes();
  return std::max<int64_t>(0, copy + 16 - call.output().bytes());
}

// aten::tril, aten::triu keep what lies on one side of a diagonal of each matrix.
std::vector<Result> infer_triangle(const Call& call) {
  if (self(call).rank() < 2) throw call.error("found a tensor of rank below 2");
  return {fresh(self(call).dtype, self(call).sizes)};
}
std::vector<Result> infer_triangle_in_place(const Call& call) {
  if (self(call).rank() < 2) throw call.error("found a tensor of rank below 2");
  return {{self(call), call.value("self")}};
}
// Whether the matrices of a batch lie one after the other (checkTrilTriuBatchContiguous).
bool batch_is_regular(const TensorType& x, bool in_place) {
  if (x.is_contiguous()) return true;
  if (in_place && x.rank() <= 3) return true;
  int64_t expected = x.sizes[x.sizes.size() - 1] * x.sizes[x.sizes.size() - 2];
  for (size_t i = x.sizes.size() - 2; i-- > 0;) {
    if (in_place && i == 0 && (x.strides[i] == 0 || x.sizes[i] == 1)) continue;
    if (x.strides[i] != expected) return false;
    expected *= x.sizes[i];
  }
  return true;
}
int64_t scratch_triangle(const Call& call) {
  return batch_is_regular(self(call), false) ? 0 : self(call).bytes();
}
int64_t scratch_triangle_in_place(const Call& call) {
  return batch_is_regular(self(call), true) ? 0 : 2 * self(call).bytes();
}
Work work_triangle(const Call& call) {
  const int64_t copied = scratch_triangle(call);
  return {0, 0, touched_bytes(self(call)) + copied, call.output().bytes() + copied};
}
Work work_triangle_in_place(const Call& call) {
  const int64_t copied = scratch_triangle_in_place(call);
  return {0, 0, touched_bytes(self(call)) + copied, touched_bytes(self(call)) + copied};
}

// aten::diag: a matrix of zeros with a diagonal, or a copy of a matrix's diagonal.
std::vector<Result> infer_diag(const Call& call) {
  const TensorType& x = self(call);
  const int64_t shift =
      std::clamp<int64_t>(call.integer("diagonal"), -(int64_t{1} << 48), int64_t{1} << 48);
  if (x.rank() == 1) {
    const int64_t size = x.sizes[0] + std::abs(shift);
    return {fresh(x.dtype, Dims{size, size})};
  }
  if (x.rank() != 2)
    throw call.error("found a tensor of rank " + std::to_string(x.rank()) + ", expected 1 or 2");
  const int64_t length = shift >= 0 ? std::min(x.sizes[0], x.sizes[1] - shift)
                                    : std::min(x.sizes[0] + shift, x.sizes[1]);
  return {fresh(x.dtype, Dims{std::max<int64_t>(length, 0)})};
}
Work work_diag(const Call& call) {
  const TensorType& x = self(call);
  const int64_t moved = x.rank() == 1 ? x.bytes() : call.output().bytes();
  return {0, 0, moved, call.output().bytes() + (x.rank() == 1 ? moved : 0)};
}
std::vector<Result> infer_diag_embed(const Call& call) {
  const TensorType& x = self(call);
  const int64_t a = wrap_dim(call, call.integer("dim1"), x.rank() + 1);
  const int64_t b = wrap_dim(call, call.integer("dim2"), x.rank() + 1);
  if (a == b || x.rank() == 0) throw call.error("found one dimension twice, expected two");
  Dims sizes(x.sizes.begin(), x.sizes.end() - 1);
  const int64_t size =
      x.sizes.back() +
      std::abs(std::clamp<int64_t>(call.integer("offset"), -(int64_t{1} << 48), int64_t{1} << 48));
  sizes.insert(sizes.begin() + std::min(a, b), size);
  sizes.insert(sizes.begin() + std::max(a, b), size);
  return {fresh(x.dtype, std::move(sizes))};
}
Work work_diag_embed(const Call& call) {
  return {0, 0, touched_bytes(self(call)), call.output().bytes() + self(call).bytes()};
}

const OpRow rows[] = {
    {"aten::index.Tensor(Tensor self, Tensor?[] indices) -> Tensor", OpFamily::indexing,
     infer_index, work_index, scratch_index},
    {"aten::index_put(Tensor self, Tensor?[] indices, Tensor values, bool accumulate=False) -> "
     "Tensor",
     OpFamily::indexing, infer_put, work_put, scratch_put},
    {"aten::index_put_(Tensor(a!) self, Tensor?[] indices, Tensor values, bool accumulate=False) "
     "-> Tensor(a!)",
     OpFamily::indexing, infer_put_in_place, work_put_in_place, scratch_put},
    {"aten::index_select(Tensor self, int dim, Tensor index) -> Tensor", OpFamily::indexing,
     infer_index_select, work_index_select, scratch_index_select},
    {"aten::gather(Tensor self, int dim, Tensor index, *, bool sparse_grad=False) -> Tensor",
     OpFamily::indexing, infer_gather, work_gather, scratch_gather},
    {"aten::take(Tensor self, Tensor index) -> Tensor", OpFamily::indexing, infer_take, work_taken},
    {"aten::take_along_dim(Tensor self, Tensor indices, int? dim=None) -> Tensor",
     OpFamily::indexing, infer_take_along, work_take_along, scratch_take_along},
    {"aten::one_hot(Tensor self, int num_classes=-1) -> Tensor", OpFamily::indexing, infer_one_hot,
     work_one_hot, scratch_one_hot},
    {"aten::tril(Tensor self, SymInt diagonal=0) -> Tensor", OpFamily::indexing, infer_triangle,
     work_triangle, scratch_triangle},
    {"aten::triu(Tensor self, SymInt diagonal=0) -> Tensor", OpFamily::indexing, infer_triangle,
     work_triangle, scratch_triangle},
    {"aten::tril_(Tensor(a!) self, SymInt diagonal=0) -> Tensor(a!)", OpFamily::indexing,
     infer_triangle_in_place, work_triangle_in_place, scratch_triangle_in_place},
    {"aten::triu_(Tensor(a!) self, SymInt diagonal=0) -> Tensor(a!)", OpFamily::indexing,
     infer_triangle_in_place, work_triangle_in_place, scratch_triangle_in_place},
    {"aten::diag(Tensor self, int diagonal=0) -> Tensor", OpFamily::indexing, infer_diag,
     work_diag},
    {"aten::diag_embed(Tensor self, int offset=0, int dim1=-2, int dim2=-1) -> Tensor",
     OpFamily::indexing, infer_diag_embed, work_diag_embed},
};

}  // namespace

std::span<const OpRow> indexing_rows() { return rows; }

}  // namespace opgauge
