// SPDX-License-Identifier: Apache-2.0
// Sums, means, extremes and norms. A sum, product, extreme or truth test is one operation per input
// element; a mean adds one per result; a variance is four per input element (subtract, square, two
// sums) and two per result.
#include <algorithm>

#include "graph/ops/iterator.hpp"
#include "graph/ops/reduce.hpp"
#include "graph/ops/rows.hpp"
#include "graph/ops/strides.hpp"

namespace opgauge {
namespace {

const TensorType& self(const Call& call) { return call.tensor("self"); }

// Dividing a result by a whole number: the number, and its cast to the result's dtype.
int64_t divisor_bytes(Dtype dtype) { return 8 + size_bytes(dtype); }

// aten::sum, aten::prod.
std::vector<Result> infer_sum(const Call& call) {
  return {fresh(sum_dtype(call, self(call)), reduction_of(call, self(call)).sizes)};
}
// Half precision over two or more runs of dimensions is summed through f32 copies
// (should_use_acc_buffer).
bool sums_through_f32(const Call& call) {
  const TensorType& y = call.output();
  const bool half = y.dtype == Dtype::f16 || y.dtype == Dtype::bf16;
  return half && call.node().op->schema->target.starts_with("aten::sum") &&
         self(call).numel() > 0 &&
         reduced_runs(self(call), reduction_of(call, self(call)).reduced) >= 2;
}
Work work_sum(const Call& call) {
  Work work = reduction_bytes(self(call), call.output().dtype, call.output().bytes());
  work.other_ops = self(call).numel();
  if (sums_through_f32(call)) {
    const int64_t copies =
        cast_bytes(self(call), Dtype::f32) + call.output().numel() * size_bytes(Dtype::f32);
    work.read_bytes += copies;
    work.write_bytes += copies;
  }
  return work;
}
int64_t scratch_cast(const Call& call) { return cast_bytes(self(call), call.output().dtype); }
int64_t scratch_sum(const Call& call) {
  if (!sums_through_f32(call)) return scratch_cast(call);
  return scratch_cast(call) + cast_bytes(self(call), Dtype::f32) +
         call.output().numel() * size_bytes(Dtype::f32);
}

// aten::mean: a sum, divided in place; half precision goes through f32.
Dtype mean_accumulator(const Call& call) {
  const Dtype dtype = call.output().dtype;
  return dtype == Dtype::f16 || dtype == Dtype::bf16 ? Dtype::f32 : dtype;
}
std::vector<Result> infer_mean(const Call& call) {
  const Dtype dtype = call.dtype("dtype").value_or(self(call).dtype);
  if (!is_floating(dtype)) {
    throw call.error("found dtype " + std::string(name_of(dtype)) +
                     ", expected a floating one for a mean");
  }
  return {fresh(dtype, reduction_of(call, self(call)).sizes)};
}
Work work_mean(const Call& call) {
  const TensorType& y = call.output();
  const Dtype sum = mean_accumulator(call);
  const int64_t sums = y.numel() * size_bytes(sum);
  Work work = reduction_bytes(self(call), sum, sums);
  work.other_ops = self(call).numel() + y.numel();
  work.read_bytes += sums;
  work.write_bytes += sums;
  if (sum != y.dtype) {
    work.read_bytes += sums;
    work.write_bytes += y.bytes();
  }
  return work;
}
int64_t scratch_mean(const Call& call) {
  const Dtype sum = mean_accumulator(call);
  const int64_t most = std::max(cast_bytes(self(call), sum), divisor_bytes(sum));
  return most + (sum == call.output().dtype ? 0 : call.output().numel() * size_bytes(sum));
}

// Extremes over dimensions.
Work work_each(const Call& call) {
  Work work{0, self(call).numel(), touched_bytes(self(call)), 0};
  for (size_t i = 0; i < call.output_count(); ++i) work.write_bytes += call.output(i).bytes();
  return work;
}
std::vector<Result> infer_extreme(const Call& call) {
  return {fresh(self(call).dtype, reduction_of(call, self(call)).sizes)};
}
std::vector<Result> infer_two_extremes(const Call& call) {
  const Dims sizes = reduction_of(call, self(call)).sizes;
  return {fresh(self(call).dtype, sizes), fresh(self(call).dtype, sizes)};
}

std::vector<Result> infer_extreme_and_place(const Call& call) {
  const Dims sizes = reduction_of(call, self(call)).sizes;
  return {fresh(self(call).dtype, sizes), fresh(Dtype::i64, sizes)};
}
// Over everything the operand is made contiguous first.
int64_t contiguous_bytes(const Call& call) {
  return self(call).is_contiguous() ? 0 : self(call).bytes();
}
Work work_contiguous(const Call& call) {
  Work work = work_each(call);
  work.read_bytes += contiguous_bytes(call);
  work.write_bytes += contiguous_bytes(call);
  return work;
}
int64_t both_bytes(const Call& call) { return call.has("dim") ? 0 : contiguous_bytes(call); }
Work work_two_extremes(const Call& call) {
  Work work = work_each(call);
  work.other_ops *= 2;
  work.read_bytes += both_bytes(call);
  work.write_bytes += both_bytes(call);
  return work;
}
std::vector<Result> infer_place(const Call& call) {
  return {fresh(Dtype::i64, reduction_of(call, self(call)).sizes)};
}
int64_t flattened_bytes(const Call& call) {
  const bool all = !call.has("dim");
  return all && !view_strides(self(call), {self(call).numel()}) ? self(call).bytes() : 0;
}
Work work_place(const Call& call) {
  Work work = work_each(call);
  work.read_bytes += flattened_bytes(call);
  work.write_bytes += flattened_bytes(call);
  return work;
}

// aten::all and aten::any: operands that are neither bool nor u8 are cast to bool.
Dtype truth_dtype(const Call& call) {
  return self(call).dtype == Dtype::u8 ? Dtype::u8 : Dtype::boolean;
}
std::vector<Result> infer_truth(const Call& call) {
  return {fresh(truth_dtype(call), reduction_of(call, self(call)).sizes)};
}
Work work_truth(const Call& call) {
  Work work = reduction_bytes(self(call), truth_dtype(call), call.output().bytes());
  work.other_ops = self(call).numel();
  return work;
}
// aten::_is_all_true and its like, which an exported assertion calls: of truths alone.
std::vector<Result> infer_truth_of_truths(const Call& call) {
  if (self(call).dtype != Dtype::boolean) throw call.error("found " + std::string(name_of(self(call).dtype)) + ", expected a tensor of bool");
  return infer_truth(call);
}
int64_t scratch_truth(const Call& call) { return cast_bytes(self(call), truth_dtype(call)); }

// aten::var, aten::std and their pairs with the mean.
template <int results>
std::vector<Result> infer_spread(const Call& call) {
  if (!is_floating(self(call).dtype)) throw call.error("expected a tensor of a floating dtype");
  const Dims sizes = reduction_of(call, self(call)).sizes;
  return std::vector<Result>(results, fresh(self(call).dtype, sizes));
}
template <bool root>
Work work_spread(const Call& call) {
  Work work = work_each(call);
  const int64_t per_result = (root ? 3 : 2) + (call.output_count() > 1 ? 1 : 0);
  work.other_ops = 4 * self(call).numel() + per_result * call.output().numel();
  return work;
}
// Over everything in f32 or f64, the mean is computed first (std_var_all_cpu).
int64_t scratch_spread(const Call& call) {
  const TensorType& x = self(call);
  const bool whole = call.output().numel() == 1 &&
                     (x.dtype == Dtype::f32 || x.dtype == Dtype::f64) && x.numel() > 0;
  return whole ? size_bytes(x.dtype) + divisor_bytes(x.dtype) : 0;
}
template <int results, bool root>
constexpr OpRow spread(std::string_view schema) {
  return {schema, OpFamily::reduction, infer_spread<results>, work_spread<root>,
          results == 1 ? scratch_spread : nullptr};
}

// Vector norms: two operations per element and a root per result.
Dtype norm_dtype(const Call& call) {
  const bool chosen = call.node().op->schema->index("dtype") >= 0 && call.dtype("dtype");
  return chosen ? *call.dtype("dtype") : self(call).dtype;
}
std::vector<Result> infer_norm(const Call& call) {
  if (!is_floating(self(call).dtype)) throw call.error("expected a tensor of a floating dtype");
  return {fresh(norm_dtype(call), reduction_of(call, self(call)).sizes)};
}
Work work_norm(const Call& call) {
  Work work = reduction_bytes(self(call), call.output().dtype, call.output().bytes());
  work.other_ops = 2 * self(call).numel() + call.output().numel();
  return work;
}
// aten::linalg_norm is a vector norm unless two dimensions and an order are named.
std::vector<Result> infer_linalg_norm(const Call& call) {
  const size_t dims =
      call.has("dim") ? call.ints("dim").size() : static_cast<size_t>(self(call).rank());
  if (call.has("ord") && dims != 1)
    throw call.error("found a matrix norm of a given order, expected a vector norm");
  return infer_norm(call);
}

const OpRow rows[] = {
    {"aten::sum(Tensor self, *, ScalarType? dtype=None) -> Tensor", OpFamily::reduction, infer_sum,
     work_sum, scratch_sum},
    {"aten::sum.dim_IntList(Tensor self, int[1]? dim, bool keepdim=False, *, ScalarType? "
     "dtype=None) -> Tensor",
     OpFamily::reduction, infer_sum, work_sum, scratch_sum},
    {"aten::prod(Tensor self, *, ScalarType? dtype=None) -> Tensor", OpFamily::reduction, infer_sum,
     work_sum, scratch_sum},
    {"aten::prod.dim_int(Tensor self, int dim, bool keepdim=False, *, ScalarType? dtype=None) -> "
     "Tensor",
     OpFamily::reduction, infer_sum, work_sum, scratch_sum},
    {"aten::mean(Tensor self, *, ScalarType? dtype=None) -> Tensor", OpFamily::reduction,
     infer_mean, work_mean, scratch_mean},
    {"aten::mean.dim(Tensor self, int[1]? dim, bool keepdim=False, *, ScalarType? dtype=None) -> "
     "Tensor",
     OpFamily::reduction, infer_mean, work_mean, scratch_mean},
    {"aten::amax(Tensor self, int[1] dim=[], bool keepdim=False) -> Tensor", OpFamily::reduction,
     infer_extreme, work_each},
    {"aten::amin(Tensor self, int[1] dim=[], bool keepdim=False) -> Tensor", OpFamily::reduction,
     infer_extreme, work_each},
    {"aten::aminmax(Tensor self, *, int? dim=None, bool keepdim=False) -> (Tensor min, Tensor max)",
     OpFamily::reduction, infer_two_extremes, work_two_extremes, both_bytes},
    {"aten::max.dim(Tensor self, int dim, bool keepdim=False) -> (Tensor values, Tensor indices)",
     OpFamily::reduction, infer_extreme_and_place, work_each},
    {"aten::min.dim(Tensor self, int dim, bool keepdim=False) -> (Tensor values, Tensor indices)",
     OpFamily::reduction, infer_extreme_and_place, work_each},
    {"aten::max(Tensor self) -> Tensor", OpFamily::reduction, infer_extreme, work_contiguous,
     contiguous_bytes},
    {"aten::min(Tensor self) -> Tensor", OpFamily::reduction, infer_extreme, work_contiguous,
     contiguous_bytes},
    {"aten::argmax(Tensor self, int? dim=None, bool keepdim=False) -> Tensor", OpFamily::reduction,
     infer_place, work_place, flattened_bytes},
    {"aten::argmin(Tensor self, int? dim=None, bool keepdim=False) -> Tensor", OpFamily::reduction,
     infer_place, work_place, flattened_bytes},
    {"aten::all(Tensor self) -> Tensor", OpFamily::reduction, infer_truth, work_truth,
     scratch_truth},
    {"aten::all.dim(Tensor self, int dim, bool keepdim=False) -> Tensor", OpFamily::reduction,
     infer_truth, work_truth, scratch_truth},
    {"aten::all.dims(Tensor self, int[]? dim=None, bool keepdim=False) -> Tensor",
     OpFamily::reduction, infer_truth, work_truth, scratch_truth},
    {"aten::any(Tensor self) -> Tensor", OpFamily::reduction, infer_truth, work_truth,
     scratch_truth},
    {"aten::any.dim(Tensor self, int dim, bool keepdim=False) -> Tensor", OpFamily::reduction,
     infer_truth, work_truth, scratch_truth},
    {"aten::any.dims(Tensor self, int[]? dim=None, bool keepdim=False) -> Tensor",
     OpFamily::reduction, infer_truth, work_truth, scratch_truth},
    {"aten::_is_all_true(Tensor self) -> Tensor", OpFamily::reduction, infer_truth_of_truths, work_truth},
    {"aten::_is_any_true(Tensor self) -> Tensor", OpFamily::reduction, infer_truth_of_truths, work_truth},
    spread<1, true>("aten::std(Tensor self, bool unbiased=True) -> Tensor"),
    spread<1, true>("aten::std.dim(Tensor self, int[1]? dim, bool unbiased=True, bool "
                    "keepdim=False) -> Tensor"),
    spread<1, true>("aten::std.correction(Tensor self, int[1]? dim=None, *, Scalar? "
                    "correction=None, bool keepdim=False) -> Tensor"),
    spread<1, false>("aten::var(Tensor self, bool unbiased=True) -> Tensor"),
    spread<1, false>("aten::var.dim(Tensor self, int[1]? dim, bool unbiased=True, bool "
                     "keepdim=False) -> Tensor"),
    spread<1, false>("aten::var.correction(Tensor self, int[1]? dim=None, *, Scalar? "
                     "correction=None, bool keepdim=False) -> Tensor"),
    spread<2, true>("aten::std_mean(Tensor self, bool unbiased=True) -> (Tensor, Tensor)"),
    spread<2, true>("aten::std_mean.dim(Tensor self, int[1]? dim, bool unbiased=True, bool "
                    "keepdim=False) -> (Tensor, Tensor)"),
    spread<2, true>("aten::std_mean.correction(Tensor self, int[1]? dim=None, *, Scalar? "
                    "correction=None, bool keepdim=False) -> (Tensor, Tensor)"),
    spread<2, false>("aten::var_mean(Tensor self, bool unbiased=True) -> (Tensor, Tensor)"),
    spread<2, false>("aten::var_mean.dim(Tensor self, int[1]? dim, bool unbiased=True, bool "
                     "keepdim=False) -> (Tensor, Tensor)"),
    spread<2, false>("aten::var_mean.correction(Tensor self, int[1]? dim=None, *, Scalar? "
                     "correction=None, bool keepdim=False) -> (Tensor, Tensor)"),
    {"aten::linalg_vector_norm(Tensor self, Scalar ord=2, int[1]? dim=None, bool keepdim=False, *, "
     "ScalarType? dtype=None) -> Tensor",
     OpFamily::reduction, infer_norm, work_norm, scratch_cast},
    {"aten::norm.Scalar(Tensor self, Scalar p=2) -> Tensor", OpFamily::reduction, infer_norm,
     work_norm, scratch_cast},
    {"aten::norm.ScalarOpt_dim(Tensor self, Scalar? p, int[1] dim, bool keepdim=False) -> Tensor",
     OpFamily::reduction, infer_norm, work_norm, scratch_cast},
    {"aten::norm.ScalarOpt_dim_dtype(Tensor self, Scalar? p, int[1] dim, bool keepdim, *, "
     "ScalarType dtype) -> Tensor",
     OpFamily::reduction, infer_norm, work_norm, scratch_cast},
    {"aten::norm.ScalarOpt_dtype(Tensor self, Scalar? p, *, ScalarType dtype) -> Tensor",
     OpFamily::reduction, infer_norm, work_norm, scratch_cast},
    {"aten::frobenius_norm.dim(Tensor self, int[1] dim, bool keepdim=False) -> Tensor",
     OpFamily::reduction, infer_norm, work_norm, scratch_cast},
    {"aten::linalg_norm(Tensor self, Scalar? ord=None, int[1]? dim=None, bool keepdim=False, *, "
     "ScalarType? dtype=None) -> Tensor",
     OpFamily::reduction, infer_linalg_norm, work_norm, scratch_cast},
};

}  // namespace

std::span<const OpRow> reduction_rows() { return rows; }

}  // namespace opgauge
