// SPDX-License-Identifier: Apache-2.0
// Elements written to places of a copy (or in place): the copy is contiguous, a source is read as
// far as the indices go. Adding and other reducing writes read their place first and count one
// operation each.
#include "graph/ops/index.hpp"
#include "graph/ops/iterator.hpp"
#include "graph/ops/rows.hpp"
#include "graph/ops/strides.hpp"

namespace opgauge {
namespace {

const TensorType& self(const Call& call) { return call.tensor("self"); }

void check(const Call& call) {
  check_index(call, call.tensor("index"));
  wrap_dim(call, call.integer("dim"), self(call).rank());
}
std::vector<Result> infer_in_place(const Call& call) {
  check(call);
  return {{self(call), call.value("self")}};
}
std::vector<Result> infer_contiguous(const Call& call) {
  check(call);
  return {fresh(self(call).dtype, self(call).sizes)};
}
std::vector<Result> infer_preserved(const Call& call) {
  check(call);
  return {fresh(like(self(call), self(call).dtype, MemoryFormat::preserve))};
}

// Half precision is written through an f32 copy of the whole tensor.
int64_t scratch_scatter(const Call& call) { return f32_copy_bytes(self(call)); }
// aten::index_add along the first or last dimension is a scatter_add.
int64_t scratch_index_add(const Call& call) {
  const TensorType& x = self(call);
  const int64_t dim = wrap_dim(call, call.integer("dim"), x.rank());
  const bool scatters = x.rank() > 1 && (dim == 0 || dim == x.rank() - 1) &&
                        call.number("alpha") == 1 && call.tensor("index").dtype == Dtype::i64;
  return scatters ? scratch_scatter(call) : 0;
}

// `elements` are written; the out-of-place forms copy self first.
template <bool reads>
Work written(const Call& call, int64_t elements, bool has_source, int64_t f32_copies) {
  const int64_t bytes = elements * size_bytes(self(call).dtype);
  Work work{0, reads ? elements : 0, touched_bytes(call.tensor("index")), bytes};
  if (has_source) work.read_bytes += bytes;
  if (reads) work.read_bytes += bytes;
  work.read_bytes += f32_copies + (f32_copies > 0 ? self(call).bytes() : 0);
  work.write_bytes += f32_copies + (f32_copies > 0 ? self(call).bytes() : 0);
  if (!call.node().op->schema->arguments[0].written) {
    work.read_bytes += touched_bytes(self(call));
    work.write_bytes += call.output().bytes();
  }
  return work;
}
bool has_source(const Call& call) {
  const Schema& schema = *call.node().op->schema;
  return schema.index("src") >= 0 || schema.index("source") >= 0;
}
// One element for each index.
template <bool reads>
Work work_scatter(const Call& call) {
  return written<reads>(call, call.tensor("index").numel(), has_source(call),
                        f32_copy_bytes(self(call)));
}
// One slice along the dimension for each index.
template <bool reads>
Work work_slices(const Call& call) {
  const TensorType& x = self(call);
  const int64_t dim = wrap_dim(call, call.integer("dim"), x.rank());
  const int64_t size = x.rank() == 0 ? 1 : x.sizes[static_cast<size_t>(dim)];
  const int64_t slice = size == 0 ? 0 : x.numel() / size;
  return written<reads>(call, call.tensor("index").numel() * slice, has_source(call),
                        reads ? scratch_index_add(call) : 0);
}

// aten::scatter_reduce: sums, products and extremes; means count the values at each place on the
// way and are refused.
int64_t scratch_reducing(const Call& call) { return scratch_scatter(call); }
template <bool in_place>
std::vector<Result> infer_reducing(const Call& call) {
  const std::string& reduce = call.text("reduce");
  if (reduce != "sum" && reduce != "prod" && reduce != "amax" && reduce != "amin") {
    throw call.error("found the reduction \"" + reduce + "\", expected sum, prod, amax or amin");
  }
  return in_place ? infer_in_place(call) : infer_contiguous(call);
}

// aten::masked_scatter fills places of a contiguous copy from the source in order; all places
// count.
std::vector<Result> infer_masked_scatter(const Call& call) {
  const TensorType &x = self(call), &mask = call.tensor("mask");
  if (mask.dtype != Dtype::boolean) throw call.error("expected a mask of dtype bool");
  if (call.tensor("source").dtype != x.dtype)
    throw call.error("self and source have different dtypes");
  return {fresh(x.dtype, broadcast(call, x.sizes, mask.sizes))};
}
Work work_masked_scatter(const Call& call) {
  const int64_t bytes = call.output().bytes();
  return {0, 0, touched_bytes(self(call)) + touched_bytes(call.tensor("mask")) + bytes, 2 * bytes};
}

// A copy with a part of it written: the copy keeps strides, holes and all (clone_preserve_strides).
std::vector<Result> infer_with_part(const Call& call) { return {fresh(self(call))}; }
Work work_with_part(const Call& call) {
  const TensorType& part = call.tensor("src");
  return {0, 0, touched_bytes(self(call)) + touched_bytes(part),
          call.output().bytes() + part.bytes()};
}

const OpRow rows[] = {
    {"aten::masked_scatter(Tensor self, Tensor mask, Tensor source) -> Tensor", OpFamily::indexing,
     infer_masked_scatter, work_masked_scatter},
    {"aten::slice_scatter(Tensor self, Tensor src, int dim=0, SymInt? start=None, SymInt? "
     "end=None, SymInt step=1) -> Tensor",
     OpFamily::indexing, infer_with_part, work_with_part},
    {"aten::select_scatter(Tensor self, Tensor src, int dim, SymInt index) -> Tensor",
     OpFamily::indexing, infer_with_part, work_with_part},
    {"aten::diagonal_scatter(Tensor self, Tensor src, int offset=0, int dim1=0, int dim2=1) -> "
     "Tensor",
     OpFamily::indexing, infer_with_part, work_with_part},
    {"aten::scatter_reduce.two(Tensor self, int dim, Tensor index, Tensor src, str reduce, *, bool "
     "include_self=True) -> Tensor",
     OpFamily::indexing, infer_reducing<false>, work_scatter<true>, scratch_reducing},
    {"aten::scatter_reduce_.two(Tensor(a!) self, int dim, Tensor index, Tensor src, str reduce, *, "
     "bool include_self=True) -> Tensor(a!)",
     OpFamily::indexing, infer_reducing<true>, work_scatter<true>, scratch_reducing},
    {"aten::scatter.reduce(Tensor self, int dim, Tensor index, Tensor src, *, str reduce) -> "
     "Tensor",
     OpFamily::indexing, infer_contiguous, work_scatter<true>, scratch_scatter},
    {"aten::scatter.value_reduce(Tensor self, int dim, Tensor index, Scalar value, *, str reduce) "
     "-> Tensor",
     OpFamily::indexing, infer_contiguous, work_scatter<true>, scratch_scatter},
    {"aten::scatter_.reduce(Tensor(a!) self, int dim, Tensor index, Tensor src, *, str reduce) -> "
     "Tensor(a!)",
     OpFamily::indexing, infer_in_place, work_scatter<true>, scratch_scatter},
    {"aten::scatter_.value_reduce(Tensor(a!) self, int dim, Tensor index, Scalar value, *, str "
     "reduce) -> Tensor(a!)",
     OpFamily::indexing, infer_in_place, work_scatter<true>, scratch_scatter},

    {"aten::scatter.src(Tensor self, int dim, Tensor index, Tensor src) -> Tensor",
     OpFamily::indexing, infer_contiguous, work_scatter<false>, scratch_scatter},
    {"aten::scatter.value(Tensor self, int dim, Tensor index, Scalar value) -> Tensor",
     OpFamily::indexing, infer_contiguous, work_scatter<false>, scratch_scatter},
    {"aten::scatter_.src(Tensor(a!) self, int dim, Tensor index, Tensor src) -> Tensor(a!)",
     OpFamily::indexing, infer_in_place, work_scatter<false>, scratch_scatter},
    {"aten::scatter_.value(Tensor(a!) self, int dim, Tensor index, Scalar value) -> Tensor(a!)",
     OpFamily::indexing, infer_in_place, work_scatter<false>, scratch_scatter},
    {"aten::scatter_add(Tensor self, int dim, Tensor index, Tensor src) -> Tensor",
     OpFamily::indexing, infer_contiguous, work_scatter<true>, scratch_scatter},
    {"aten::scatter_add_(Tensor(a!) self, int dim, Tensor index, Tensor src) -> Tensor(a!)",
     OpFamily::indexing, infer_in_place, work_scatter<true>, scratch_scatter},
    {"aten::index_add(Tensor self, int dim, Tensor index, Tensor source, *, Scalar alpha=1) -> "
     "Tensor",
     OpFamily::indexing, infer_contiguous, work_slices<true>, scratch_index_add},
    {"aten::index_add_(Tensor(a!) self, int dim, Tensor index, Tensor source, *, Scalar alpha=1) "
     "-> Tensor(a!)",
     OpFamily::indexing, infer_in_place, work_slices<true>, scratch_index_add},
    {"aten::index_copy(Tensor self, int dim, Tensor index, Tensor source) -> Tensor",
     OpFamily::indexing, infer_contiguous, work_slices<false>},
    {"aten::index_copy_(Tensor(a!) self, int dim, Tensor index, Tensor source) -> Tensor(a!)",
     OpFamily::indexing, infer_in_place, work_slices<false>},
    {"aten::index_fill.int_Scalar(Tensor self, int dim, Tensor index, Scalar value) -> Tensor",
     OpFamily::indexing, infer_preserved, work_slices<false>},
    {"aten::index_fill.int_Tensor(Tensor self, int dim, Tensor index, Tensor value) -> Tensor",
     OpFamily::indexing, infer_preserved, work_slices<false>},
    {"aten::index_fill_.int_Scalar(Tensor(a!) self, int dim, Tensor index, Scalar value) -> "
     "Tensor(a!)",
     OpFamily::indexing, infer_in_place, work_slices<false>},
    {"aten::index_fill_.int_Tensor(Tensor(a!) self, int dim, Tensor index, Tensor value) -> "
     "Tensor(a!)",
     OpFamily::indexing, infer_in_place, work_slices<false>},
};

}  // namespace

std::span<const OpRow> scatter_rows() { return rows; }

}  // namespace opgauge
