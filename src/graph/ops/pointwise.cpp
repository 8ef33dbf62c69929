// SPDX-License-Identifier: Apache-2.0
// Functions of one tensor, element by element.
#include <algorithm>

#include "graph/ops/elementwise.hpp"
#include "graph/ops/rows.hpp"
#include "graph/ops/strides.hpp"

namespace opgauge {
namespace {

// aten::prelu: the weight is reshaped to one value a channel (dimension 1) or one value in all.
std::vector<Result> infer_prelu(const Call& call) {
  const TensorType& x = call.tensor("self");
  const TensorType& weight = call.tensor("weight");
  if (weight.dtype != x.dtype) throw call.error("self and weight have different dtypes");
  const int64_t channels = x.rank() > 1 ? x.sizes[1] : 1;
  if (weight.numel() != 1 && weight.numel() != channels) {
    throw call.error("found " + std::to_string(weight.numel()) + " weights, expected 1 or " +
                     std::to_string(channels));
  }
  return {fresh(like(x, x.dtype, MemoryFormat::preserve))};
}
Work work_prelu(const Call& call) {
  const TensorType& x = call.tensor("self");
  return {0, 2 * x.numel(), touched_bytes(x) + touched_bytes(call.tensor("weight")),
          call.output().bytes()};
}

// aten::gelu: x * 0.5 * (1 + erf(x / sqrt 2)), or 0.5 * x * (1 + tanh(sqrt(2/pi) * (x + 0.044715 *
// x^3))).
Work work_gelu(const Call& call) {
  const Iteration it = elementwise_iteration(call, Promotion::common);
  const int64_t operations = call.text("approximate") == "tanh" ? 9 : 5;
  return {0, operations * it.output.numel(), it.read_bytes, it.write_bytes};
}

// aten::glu: the first half along `dim` times the sigmoid of the second; the halves are views.
Iteration iterate_glu(const Call& call) {
  const TensorType& x = call.tensor("self");
  if (x.rank() == 0) throw call.error("found a tensor of rank 0, expected at least 1");
  const int64_t dim = wrap_dim(call, call.integer("dim"), x.rank());
  const int64_t size = x.sizes[static_cast<size_t>(dim)];
  if (size % 2 != 0)
    throw call.error("found size " + std::to_string(size) + " to halve, expected an even one");
  const Operand halves[] = {{sliced(x, dim, 0, size / 2)}, {sliced(x, dim, size / 2, size / 2)}};
  return iterate(call, halves, Promotion::common);
}
std::vector<Result> infer_glu(const Call& call) { return {fresh(iterate_glu(call).output)}; }
Work work_glu(const Call& call) {
  const Iteration it = iterate_glu(call);
  return {0, 4 * it.output.numel(), it.read_bytes, it.write_bytes};
}

// aten::log_sigmoid: computed contiguously, with a buffer of exponentials that training would keep.
std::vector<Result> infer_log_sigmoid(const Call& call) {
  const TensorType& x = call.tensor("self");
  return {fresh(x.dtype, x.sizes)};
}
Work work_log_sigmoid(const Call& call) {
  const TensorType& x = call.tensor("self");
  Work work{0, 5 * x.numel(), touched_bytes(x), 2 * x.bytes()};
  if (!x.is_contiguous()) {
    work.read_bytes += x.bytes();
    work.write_bytes += x.bytes();
  }
  return work;
}
int64_t scratch_log_sigmoid(const Call& call) {
  const TensorType& x = call.tensor("self");
  return x.bytes() * (x.is_contiguous() ? 1 : 2);
}

// aten::isinf is abs(x) == inf, aten::isfinite is (x == x) * (abs(x) != inf); whole numbers are
// never infinite, the result is then only filled.
std::vector<Result> infer_boolean(const Call& call) {
  const Operand x{call.tensor("self")};
  return {fresh(iterate(call, {&x, 1}, Promotion::boolean_each).output)};
}
int64_t infinity_bytes(const TensorType& x) {  // the number inf, and its cast to x's dtype
  return 8 + (x.dtype == Dtype::f64 ? 0 : size_bytes(x.dtype));
}
Work work_isinf(const Call& call) {
  const TensorType& x = call.tensor("self");
  const int64_t n = x.numel();
  if (!is_floating(x.dtype)) return {0, 0, 0, n};
  return {0, 2 * n, touched_bytes(x) + x.bytes(), x.bytes() + n};
}
int64_t scratch_isinf(const Call& call) {
  const TensorType& x = call.tensor("self");
  return is_floating(x.dtype) ? x.bytes() + infinity_bytes(x) : 0;
}
Work work_isfinite(const Call& call) {
  const TensorType& x = call.tensor("self");
  const int64_t n = x.numel();
  if (!is_floating(x.dtype)) return {0, 0, 0, n};
  return {0, 4 * n, 3 * touched_bytes(x) + x.bytes() + 2 * n, x.bytes() + 3 * n};
}
int64_t scratch_isfinite(const Call& call) {
  const TensorType& x = call.tensor("self");
  return is_floating(x.dtype) ? x.bytes() + std::max(2 * x.numel(), infinity_bytes(x)) : 0;
}

// aten::isnan is x != x.
Work work_isnan(const Call& call) {
  const TensorType& x = call.tensor("self");
  return {0, x.numel(), 2 * touched_bytes(x), x.numel()};
}

const OpRow rows[] = {
    elementwise<Promotion::floating, 3>("aten::logit(Tensor self, float? eps=None) -> Tensor"),
    elementwise<Promotion::common, 1>("aten::relu(Tensor self) -> Tensor"),
    elementwise<Promotion::common, 1>("aten::relu_(Tensor(a!) self) -> Tensor(a!)"),
    elementwise<Promotion::common, 1>("aten::abs_(Tensor(a!) self) -> Tensor(a!)"),
    elementwise<Promotion::common, 1>("aten::neg(Tensor self) -> Tensor"),
    elementwise<Promotion::common, 1>("aten::neg_(Tensor(a!) self) -> Tensor(a!)"),
    elementwise<Promotion::common, 1>("aten::negative(Tensor self) -> Tensor"),
    elementwise<Promotion::common, 1>("aten::sign(Tensor self) -> Tensor"),
    elementwise<Promotion::common, 1>("aten::sgn(Tensor self) -> Tensor"),
    elementwise<Promotion::common, 1>("aten::floor(Tensor self) -> Tensor"),
    elementwise<Promotion::common, 1>("aten::floor_(Tensor(a!) self) -> Tensor(a!)"),
    elementwise<Promotion::common, 1>("aten::ceil(Tensor self) -> Tensor"),
    elementwise<Promotion::common, 1>("aten::ceil_(Tensor(a!) self) -> Tensor(a!)"),
    elementwise<Promotion::common, 1>("aten::round(Tensor self) -> Tensor"),
    elementwise<Promotion::common, 1>("aten::round_(Tensor(a!) self) -> Tensor(a!)"),
    elementwise<Promotion::common, 1>("aten::trunc(Tensor self) -> Tensor"),
    elementwise<Promotion::common, 1>("aten::trunc_(Tensor(a!) self) -> Tensor(a!)"),
    elementwise<Promotion::common, 1>("aten::bitwise_not(Tensor self) -> Tensor"),
    elementwise<Promotion::common, 1>("aten::bitwise_not_(Tensor(a!) self) -> Tensor(a!)"),
    elementwise<Promotion::common, 2>("aten::relu6(Tensor self) -> Tensor"),
    elementwise<Promotion::common, 2>("aten::relu6_(Tensor(a!) self) -> Tensor(a!)"),
    elementwise<Promotion::common, 2>(
        "aten::hardtanh(Tensor self, Scalar min_val=-1, Scalar max_val=1) -> Tensor"),
    elementwise<Promotion::common, 2>(
        "aten::hardtanh_(Tensor(a!) self, Scalar min_val=-1, Scalar max_val=1) -> Tensor(a!)"),
    elementwise<Promotion::common, 2>(
        "aten::leaky_relu(Tensor self, Scalar negative_slope=0.01) -> Tensor"),
    elementwise<Promotion::common, 2>(
        "aten::leaky_relu_(Tensor(a!) self, Scalar negative_slope=0.01) -> Tensor(a!)"),
    elementwise<Promotion::common, 2>(
        "aten::threshold(Tensor self, Scalar threshold, Scalar value) -> Tensor"),
    elementwise<Promotion::common, 2>(
        "aten::threshold_(Tensor(a!) self, Scalar threshold, Scalar value) -> Tensor(a!)"),
    elementwise<Promotion::common, 2>("aten::hardshrink(Tensor self, Scalar lambd=0.5) -> Tensor"),
    elementwise<Promotion::common, 2>("aten::frac(Tensor self) -> Tensor"),
    elementwise<Promotion::common, 3>(
        "aten::round.decimals(Tensor self, *, int decimals) -> Tensor"),
    elementwise<Promotion::common, 3>(
        "aten::round_.decimals(Tensor(a!) self, *, int decimals) -> Tensor(a!)"),
    elementwise<Promotion::common, 3>("aten::nan_to_num(Tensor self, float? nan=None, float? "
                                      "posinf=None, float? neginf=None) -> Tensor"),
    elementwise<Promotion::common, 3>("aten::nan_to_num_(Tensor(a!) self, float? nan=None, float? "
                                      "posinf=None, float? neginf=None) -> Tensor(a!)"),
    elementwise<Promotion::common, 3>("aten::softshrink(Tensor self, Scalar lambd=0.5) -> Tensor"),
    elementwise<Promotion::common, 4>("aten::hardsigmoid(Tensor self) -> Tensor"),
    elementwise<Promotion::common, 4>("aten::hardsigmoid_(Tensor(a!) self) -> Tensor(a!)"),
    elementwise<Promotion::common, 4>("aten::silu(Tensor self) -> Tensor"),
    elementwise<Promotion::common, 4>("aten::silu_(Tensor(a!) self) -> Tensor(a!)"),
    elementwise<Promotion::common, 4>(
        "aten::elu(Tensor self, Scalar alpha=1, Scalar scale=1, Scalar input_scale=1) -> Tensor"),
    elementwise<Promotion::common, 4>("aten::elu_(Tensor(a!) self, Scalar alpha=1, Scalar scale=1, "
                                      "Scalar input_scale=1) -> Tensor(a!)"),
    elementwise<Promotion::common, 4>("aten::celu(Tensor self, Scalar alpha=1.) -> Tensor"),
    elementwise<Promotion::common, 4>(
        "aten::celu_(Tensor(a!) self, Scalar alpha=1.) -> Tensor(a!)"),
    elementwise<Promotion::common, 4>("aten::selu(Tensor self) -> Tensor"),
    elementwise<Promotion::common, 4>("aten::selu_(Tensor(a!) self) -> Tensor(a!)"),
    elementwise<Promotion::common, 4>(
        "aten::softplus(Tensor self, Scalar beta=1, Scalar threshold=20) -> Tensor"),
    elementwise<Promotion::common, 5>("aten::hardswish(Tensor self) -> Tensor"),
    elementwise<Promotion::common, 5>("aten::hardswish_(Tensor(a!) self) -> Tensor(a!)"),
    elementwise<Promotion::common, 7>("aten::mish(Tensor self) -> Tensor"),
    elementwise<Promotion::common, 7>("aten::mish_(Tensor(a!) self) -> Tensor(a!)"),
    elementwise<Promotion::floating, 1>("aten::exp(Tensor self) -> Tensor"),
    elementwise<Promotion::floating, 1>("aten::exp_(Tensor(a!) self) -> Tensor(a!)"),
    elementwise<Promotion::floating, 1>("aten::exp2(Tensor self) -> Tensor"),
    elementwise<Promotion::floating, 1>("aten::expm1(Tensor self) -> Tensor"),
    elementwise<Promotion::floating, 1>("aten::log(Tensor self) -> Tensor"),
    elementwise<Promotion::floating, 1>("aten::log_(Tensor(a!) self) -> Tensor(a!)"),
    elementwise<Promotion::floating, 1>("aten::log2(Tensor self) -> Tensor"),
    elementwise<Promotion::floating, 1>("aten::log10(Tensor self) -> Tensor"),
    elementwise<Promotion::floating, 1>("aten::log1p(Tensor self) -> Tensor"),
    elementwise<Promotion::floating, 1>("aten::sqrt(Tensor self) -> Tensor"),
    elementwise<Promotion::floating, 1>("aten::sqrt_(Tensor(a!) self) -> Tensor(a!)"),
    elementwise<Promotion::floating, 1>("aten::erf(Tensor self) -> Tensor"),
    elementwise<Promotion::floating, 1>("aten::erf_(Tensor(a!) self) -> Tensor(a!)"),
    elementwise<Promotion::floating, 1>("aten::erfc(Tensor self) -> Tensor"),
    elementwise<Promotion::floating, 1>("aten::erfinv(Tensor self) -> Tensor"),
    elementwise<Promotion::floating, 1>("aten::sin(Tensor self) -> Tensor"),
    elementwise<Promotion::floating, 1>("aten::sin_(Tensor(a!) self) -> Tensor(a!)"),
    elementwise<Promotion::floating, 1>("aten::cos(Tensor self) -> Tensor"),
    elementwise<Promotion::floating, 1>("aten::cos_(Tensor(a!) self) -> Tensor(a!)"),
    elementwise<Promotion::floating, 1>("aten::tan(Tensor self) -> Tensor"),
    elementwise<Promotion::floating, 1>("aten::asin(Tensor self) -> Tensor"),
    elementwise<Promotion::floating, 1>("aten::acos(Tensor self) -> Tensor"),
    elementwise<Promotion::floating, 1>("aten::atan(Tensor self) -> Tensor"),
    elementwise<Promotion::floating, 1>("aten::sinh(Tensor self) -> Tensor"),
    elementwise<Promotion::floating, 1>("aten::cosh(Tensor self) -> Tensor"),
    elementwise<Promotion::floating, 1>("aten::asinh(Tensor self) -> Tensor"),
    elementwise<Promotion::floating, 1>("aten::acosh(Tensor self) -> Tensor"),
    elementwise<Promotion::floating, 1>("aten::atanh(Tensor self) -> Tensor"),
    elementwise<Promotion::floating, 1>("aten::tanh(Tensor self) -> Tensor"),
    elementwise<Promotion::floating, 1>("aten::tanh_(Tensor(a!) self) -> Tensor(a!)"),
    elementwise<Promotion::floating, 1>("aten::reciprocal(Tensor self) -> Tensor"),
    elementwise<Promotion::floating, 1>("aten::reciprocal_(Tensor(a!) self) -> Tensor(a!)"),
    elementwise<Promotion::floating, 2>("aten::rsqrt(Tensor self) -> Tensor"),
    elementwise<Promotion::floating, 2>("aten::rsqrt_(Tensor(a!) self) -> Tensor(a!)"),
    elementwise<Promotion::floating, 3>("aten::sigmoid(Tensor self) -> Tensor"),
    elementwise<Promotion::floating, 3>("aten::sigmoid_(Tensor(a!) self) -> Tensor(a!)"),
    elementwise<Promotion::floating, 3>("aten::sinc(Tensor self) -> Tensor"),
    elementwise<Promotion::boolean_each, 1>("aten::logical_not(Tensor self) -> Tensor"),
    elementwise<Promotion::boolean_each, 1>("aten::signbit(Tensor self) -> Tensor"),
    {"aten::prelu(Tensor self, Tensor weight) -> Tensor", OpFamily::pointwise, infer_prelu,
     work_prelu},
    {"aten::gelu(Tensor self, *, str approximate=\"none\") -> Tensor", OpFamily::pointwise,
     infer_elementwise<Promotion::common>, work_gelu},
    {"aten::gelu_(Tensor(a!) self, *, str approximate=\"none\") -> Tensor(a!)", OpFamily::pointwise,
     infer_elementwise<Promotion::common>, work_gelu},
    {"aten::glu(Tensor self, int dim=-1) -> Tensor", OpFamily::pointwise, infer_glu, work_glu},
    {"aten::log_sigmoid(Tensor self) -> Tensor", OpFamily::pointwise, infer_log_sigmoid,
     work_log_sigmoid, scratch_log_sigmoid},
    {"aten::isinf(Tensor self) -> Tensor", OpFamily::pointwise, infer_boolean, work_isinf,
     scratch_isinf},
    {"aten::isfinite(Tensor self) -> Tensor", OpFamily::pointwise, infer_boolean, work_isfinite,
     scratch_isfinite},
    {"aten::isnan(Tensor self) -> Tensor", OpFamily::pointwise, infer_boolean, work_isnan},
};

}  // namespace

std::span<const OpRow> pointwise_rows() { return rows; }

}  // namespace opgauge
