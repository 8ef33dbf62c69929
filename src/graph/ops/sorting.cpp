// SPDX-License-Identifier: Apache-2.0
// Sorting and searching. A sort of n elements counts n * ceil(log2 n) comparisons, a search
// ceil(log2 n + 1) each.
#include <algorithm>
#include <bit>

#include "graph/ops/iterator.hpp"
#include "graph/ops/reduce.hpp"
#include "graph/ops/rows.hpp"
#include "graph/ops/strides.hpp"

namespace opgauge {
namespace {

const TensorType& self(const Call& call) { return call.tensor("self"); }

int64_t ceil_log2(int64_t n) { return n <= 1 ? 0 : std::bit_width(static_cast<uint64_t>(n - 1)); }

int64_t sorted_size(const Call& call) {
  const Schema& schema = *call.node().op->schema;
  const int64_t dim = schema.index("dim") >= 0 ? call.integer("dim") : 0;
  const int64_t at = wrap_dim(call, dim, self(call).rank());
  return self(call).rank() == 0 ? 1 : self(call).sizes[static_cast<size_t>(at)];
}
int64_t comparisons(const Call& call) { return self(call).numel() * ceil_log2(sorted_size(call)); }
// One line of places is sorted at a time.
int64_t line_bytes(const Call& call) { return self(call).rank() == 0 ? 0 : 8 * sorted_size(call); }

std::vector<Result> infer_sort(const Call& call) {
  sorted_size(call);
  return {fresh(like(self(call), self(call).dtype, MemoryFormat::preserve)),
          fresh(like(self(call), Dtype::i64, MemoryFormat::preserve))};
}
Work work_sort(const Call& call) {
  const int64_t n = self(call).numel();
  return {0, comparisons(call), touched_bytes(self(call)), self(call).bytes() + 8 * n};
}
std::vector<Result> infer_argsort(const Call& call) { return {infer_sort(call)[1]}; }
int64_t scratch_argsort(const Call& call) { return self(call).bytes() + line_bytes(call); }
std::vector<Result> infer_msort(const Call& call) { return {infer_sort(call)[0]}; }
int64_t scratch_msort(const Call& call) { return 8 * self(call).numel() + line_bytes(call); }

// aten::topk, aten::median over a dimension: contiguous values and places.
std::vector<Result> infer_topk(const Call& call) {
  const TensorType& x = self(call);
  const int64_t k = call.integer("k"), size = sorted_size(call);
  if (k < 0 || k > size) {
    throw call.error("found k = " + std::to_string(k) + ", expected at most the size " +
                     std::to_string(size));
  }
  Dims sizes = x.sizes;
  if (x.rank() > 0) sizes[static_cast<size_t>(wrap_dim(call, call.integer("dim"), x.rank()))] = k;
  return {fresh(x.dtype, sizes), fresh(Dtype::i64, sizes)};
}
std::vector<Result> infer_median(const Call& call) {
  const Dims sizes = reduction_of(call, self(call)).sizes;
  return {fresh(self(call).dtype, sizes), fresh(Dtype::i64, sizes)};
}
// Each line is selected from in place in a copy, which is made here where the dimension's stride is
// not 1.
int64_t scratch_line_median(const Call& call) {
  const TensorType& x = self(call);
  if (x.rank() == 0) return 0;
  return x.strides[static_cast<size_t>(wrap_dim(call, call.integer("dim"), x.rank()))] == 1
             ? 0
             : x.bytes();
}
Work work_select(const Call& call) {
  return {0, self(call).numel(), touched_bytes(self(call)),
          call.output(0).bytes() + call.output(1).bytes()};
}

// aten::searchsorted, aten::bucketize: operands are made contiguous and brought to one dtype first.
struct Search {
  TensorType values, boundaries;
  int64_t value_copy = 0, boundary_copy = 0, number = 0;
  Dtype dtype = Dtype::i64;
};
Search search_of(const Call& call) {
  const bool bucketize = call.node().op->schema->index("boundaries") >= 0;
  Search search;
  search.boundaries = call.tensor(bucketize ? "boundaries" : "sorted_sequence");
  if (const TensorType* values = call.optional_tensor("self")) {
    search.values = *values;
  } else {
    const Operand wrapped = number_operand(call.argument("self"));
    search.values = wrapped.type;
    search.number = wrapped.type.bytes();
  }
  if (call.flag("out_int32")) search.dtype = Dtype::i32;
  if (search.boundaries.rank() == 0 || (bucketize && search.boundaries.rank() != 1)) {
    throw call.error("found boundaries of rank " + std::to_string(search.boundaries.rank()) +
                     ", expected 1" + (bucketize ? "" : " or more"));
  }
  const Operand both[] = {{search.boundaries}, {search.values, search.number > 0}};
  const Dtype common = result_dtype(both);
  const auto copied = [&](const TensorType& x) {
    return (x.is_contiguous() ? 0 : x.bytes()) + cast_bytes(x, common);
  };
  search.value_copy = copied(search.values);
  search.boundary_copy = copied(search.boundaries);
  return search;
}
std::vector<Result> infer_search(const Call& call) {
  const Search search = search_of(call);
  return {fresh(search.dtype, search.values.sizes)};
}
Work work_search(const Call& call) {
  const Search search = search_of(call);
  const int64_t copies = search.value_copy + search.boundary_copy;
  return {0, search.values.numel() * (ceil_log2(search.boundaries.sizes.back()) + 1),
          touched_bytes(search.values) + touched_bytes(search.boundaries) + copies,
          call.output().bytes() + copies};
}
int64_t scratch_search(const Call& call) {
  const Search search = search_of(call);
  return search.value_copy + search.boundary_copy + search.number;
}

const OpRow rows[] = {
    {"aten::sort(Tensor self, int dim=-1, bool descending=False) -> (Tensor values, Tensor "
     "indices)",
     OpFamily::sorting, infer_sort, work_sort, line_bytes},
    {"aten::sort.stable(Tensor self, *, bool? stable, int dim=-1, bool descending=False) -> "
     "(Tensor values, Tensor indices)",
     OpFamily::sorting, infer_sort, work_sort, line_bytes},
    {"aten::argsort(Tensor self, int dim=-1, bool descending=False) -> Tensor", OpFamily::sorting,
     infer_argsort, work_sort, scratch_argsort},
    {"aten::argsort.stable(Tensor self, *, bool stable, int dim=-1, bool descending=False) -> "
     "Tensor",
     OpFamily::sorting, infer_argsort, work_sort, scratch_argsort},
    {"aten::msort(Tensor self) -> Tensor", OpFamily::sorting, infer_msort, work_sort,
     scratch_msort},
    {"aten::topk(Tensor self, SymInt k, int dim=-1, bool largest=True, bool sorted=True) -> "
     "(Tensor values, Tensor indices)",
     OpFamily::sorting, infer_topk, work_select},
    {"aten::median.dim(Tensor self, int dim, bool keepdim=False) -> (Tensor values, Tensor "
     "indices)",
     OpFamily::sorting, infer_median, work_select, scratch_line_median},
    {"aten::nanmedian.dim(Tensor self, int dim, bool keepdim=False) -> (Tensor values, Tensor "
     "indices)",
     OpFamily::sorting, infer_median, work_select, scratch_line_median},
    {"aten::searchsorted.Tensor(Tensor sorted_sequence, Tensor self, *, bool out_int32=False, bool "
     "right=False, str? side=None, Tensor? sorter=None) -> Tensor",
     OpFamily::sorting, infer_search, work_search, scratch_search},
    {"aten::searchsorted.Scalar(Tensor sorted_sequence, Scalar self, *, bool out_int32=False, bool "
     "right=False, str? side=None, Tensor? sorter=None) -> Tensor",
     OpFamily::sorting, infer_search, work_search, scratch_search},
    {"aten::bucketize.Tensor(Tensor self, Tensor boundaries, *, bool out_int32=False, bool "
     "right=False) -> Tensor",
     OpFamily::sorting, infer_search, work_search, scratch_search},
    {"aten::bucketize.Scalar(Scalar self, Tensor boundaries, *, bool out_int32=False, bool "
     "right=False) -> Tensor",
     OpFamily::sorting, infer_search, work_search, scratch_search},
};

}  // namespace

std::span<const OpRow> sorting_rows() { return rows; }

}  // namespace opgauge
