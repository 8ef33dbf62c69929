// SPDX-License-Identifier: Apache-2.0
// Arithmetic, bit operations and comparisons of several tensors, or of a tensor and a number.
#include "graph/ops/elementwise.hpp"
#include "graph/ops/rows.hpp"
#include "graph/ops/strides.hpp"

namespace opgauge {
namespace {

// x + alpha * y: one operation, two where alpha is not 1.
Work work_scaled(const Call& call) {
  const Iteration it = elementwise_iteration(call, Promotion::common);
  const int64_t operations = call.number("alpha") == 1 ? 1 : 2;
  return {0, operations * it.output.numel(), it.read_bytes, it.write_bytes};
}
constexpr OpRow scaled(std::string_view schema) {
  return {schema, OpFamily::pointwise, infer_elementwise<Promotion::common>, work_scaled,
          scratch_elementwise<Promotion::common>};
}

// other - alpha * self: a subtraction whose operands are in the other order.
Iteration iterate_reverse(const Call& call) {
  std::vector<Operand> operands = elementwise_operands(call).operands;
  std::swap(operands[0], operands[1]);
  return iterate(call, operands, Promotion::common);
}
std::vector<Result> infer_reverse(const Call& call) {
  return {fresh(iterate_reverse(call).output)};
}
constexpr OpRow reverse_scaled(std::string_view schema) {
  return {schema, OpFamily::pointwise, infer_reverse, work_scaled,
          scratch_elementwise<Promotion::common>};
}

// x + value * (y * z) or x + value * (y / z).
Work work_ternary(const Call& call) {
  const Iteration it = elementwise_iteration(call, Promotion::common);
  const int64_t operations = call.number("value") == 1 ? 2 : 3;
  return {0, operations * it.output.numel(), it.read_bytes, it.write_bytes};
}
constexpr OpRow ternary(std::string_view schema) {
  return {schema, OpFamily::pointwise, infer_elementwise<Promotion::common>, work_ternary,
          scratch_elementwise<Promotion::common>};
}

// Division with a rounding mode keeps whole numbers whole, without one it does not.
Promotion division(const Call& call) {
  return call.has("rounding_mode") ? Promotion::common : Promotion::floating;
}
std::vector<Result> infer_division(const Call& call) {
  return {{elementwise_iteration(call, division(call)).output, elementwise_operands(call).written}};
}
Work work_division(const Call& call) {
  const Iteration it = elementwise_iteration(call, division(call));
  const int64_t operations = call.has("rounding_mode") ? 2 : 1;
  return {0, operations * it.output.numel(), it.read_bytes, it.write_bytes};
}
int64_t scratch_division(const Call& call) {
  return elementwise_iteration(call, division(call)).cast_bytes() +
         elementwise_operands(call).number_bytes;
}
constexpr OpRow rounded_division(std::string_view schema) {
  return {schema, OpFamily::pointwise, infer_division, work_division, scratch_division};
}

// A power with a number as exponent: the number takes part in the dtype, and is no operand of the
// kernel. The base is cast first, except for the exponents 0 (ones) and 1 (a copy), where nothing
// is computed.
Argument exponent_of(const Call& call) {
  return call.node().op->schema->index("exponent") >= 0 ? call.argument("exponent")
                                                        : Argument(int64_t{2});
}
Iteration iterate_power(const Call& call) {
  const TensorType& base = call.tensor("self");
  const Operand both[] = {{base}, number_operand(exponent_of(call))};
  Operand operand{base};
  const Dtype dtype = result_dtype(both);
  const bool written = call.node().op->schema->arguments[0].written;
  if (written || dtype == base.dtype)
    return iterate(call, {&operand, 1}, Promotion::common, written ? &base : nullptr);
  operand.type = like(base, dtype, MemoryFormat::preserve);
  Iteration it = iterate(call, {&operand, 1}, Promotion::common);
  it.casts.push_back(operand.type);
  it.read_bytes += touched_bytes(base);
  it.write_bytes += operand.type.bytes();
  return it;
}
std::vector<Result> infer_power(const Call& call) {
  const bool written = call.node().op->schema->arguments[0].written;
  return {{iterate_power(call).output, written ? call.value("self") : no_value}};
}
Work work_power(const Call& call) {
  const Iteration it = iterate_power(call);
  return {0, it.output.numel(), it.read_bytes, it.write_bytes};
}
int64_t scratch_power(const Call& call) { return iterate_power(call).cast_bytes(); }

// A number to the power of a tensor; 1 to any power is filled in without an iteration.
bool base_is_one(const Call& call) { return call.number("self") == 1; }
Work work_exponential(const Call& call) {
  const Iteration it = elementwise_iteration(call, Promotion::common);
  if (base_is_one(call)) return {0, 0, 0, it.output.bytes()};
  return {0, it.output.numel(), it.read_bytes, it.write_bytes};
}
std::vector<Result> infer_exponential(const Call& call) {
  const TensorType y = elementwise_iteration(call, Promotion::common).output;
  return {fresh(y.dtype, y.sizes)};
}
int64_t scratch_exponential(const Call& call) {
  return base_is_one(call) ? 0 : scratch_elementwise<Promotion::common>(call);
}

const OpRow rows[] = {
    elementwise<Promotion::common, 4>("aten::logaddexp(Tensor self, Tensor other) -> Tensor"),
    elementwise<Promotion::floating, 1>(
        "aten::copysign.Tensor(Tensor self, Tensor other) -> Tensor"),
    elementwise<Promotion::floating, 1>(
        "aten::copysign.Scalar(Tensor self, Scalar other) -> Tensor"),
    elementwise<Promotion::strict, 1>("aten::heaviside(Tensor self, Tensor values) -> Tensor"),
    scaled("aten::add.Tensor(Tensor self, Tensor other, *, Scalar alpha=1) -> Tensor"),
    scaled("aten::add.Scalar(Tensor self, Scalar other, Scalar alpha=1) -> Tensor"),
    scaled("aten::add_.Tensor(Tensor(a!) self, Tensor other, *, Scalar alpha=1) -> Tensor(a!)"),
    scaled("aten::add_.Scalar(Tensor(a!) self, Scalar other, Scalar alpha=1) -> Tensor(a!)"),
    scaled("aten::sub.Tensor(Tensor self, Tensor other, *, Scalar alpha=1) -> Tensor"),
    scaled("aten::sub.Scalar(Tensor self, Scalar other, Scalar alpha=1) -> Tensor"),
    scaled("aten::sub_.Tensor(Tensor(a!) self, Tensor other, *, Scalar alpha=1) -> Tensor(a!)"),
    scaled("aten::sub_.Scalar(Tensor(a!) self, Scalar other, Scalar alpha=1) -> Tensor(a!)"),
    reverse_scaled("aten::rsub.Tensor(Tensor self, Tensor other, *, Scalar alpha=1) -> Tensor"),
    reverse_scaled("aten::rsub.Scalar(Tensor self, Scalar other, Scalar alpha=1) -> Tensor"),
    scaled("aten::subtract.Tensor(Tensor self, Tensor other, *, Scalar alpha=1) -> Tensor"),
    scaled("aten::subtract.Scalar(Tensor self, Scalar other, Scalar alpha=1) -> Tensor"),
    ternary(
        "aten::addcmul(Tensor self, Tensor tensor1, Tensor tensor2, *, Scalar value=1) -> Tensor"),
    ternary("aten::addcmul_(Tensor(a!) self, Tensor tensor1, Tensor tensor2, *, Scalar value=1) -> "
            "Tensor(a!)"),
    ternary(
        "aten::addcdiv(Tensor self, Tensor tensor1, Tensor tensor2, *, Scalar value=1) -> Tensor"),
    ternary("aten::addcdiv_(Tensor(a!) self, Tensor tensor1, Tensor tensor2, *, Scalar value=1) -> "
            "Tensor(a!)"),
    rounded_division(
        "aten::div.Tensor_mode(Tensor self, Tensor other, *, str? rounding_mode) -> Tensor"),
    rounded_division(
        "aten::div.Scalar_mode(Tensor self, Scalar other, *, str? rounding_mode) -> Tensor"),
    rounded_division("aten::div_.Tensor_mode(Tensor(a!) self, Tensor other, *, str? rounding_mode) "
                     "-> Tensor(a!)"),
    rounded_division("aten::div_.Scalar_mode(Tensor(a!) self, Scalar other, *, str? rounding_mode) "
                     "-> Tensor(a!)"),
    rounded_division(
        "aten::divide.Tensor_mode(Tensor self, Tensor other, *, str? rounding_mode) -> Tensor"),
    rounded_division(
        "aten::divide.Scalar_mode(Tensor self, Scalar other, *, str? rounding_mode) -> Tensor"),
    elementwise<Promotion::common, 1>("aten::mul.Tensor(Tensor self, Tensor other) -> Tensor"),
    elementwise<Promotion::common, 1>("aten::mul.Scalar(Tensor self, Scalar other) -> Tensor"),
    elementwise<Promotion::common, 1>(
        "aten::mul_.Tensor(Tensor(a!) self, Tensor other) -> Tensor(a!)"),
    elementwise<Promotion::common, 1>(
        "aten::mul_.Scalar(Tensor(a!) self, Scalar other) -> Tensor(a!)"),
    elementwise<Promotion::common, 1>("aten::multiply.Tensor(Tensor self, Tensor other) -> Tensor"),
    elementwise<Promotion::common, 1>("aten::multiply.Scalar(Tensor self, Scalar other) -> Tensor"),
    elementwise<Promotion::common, 1>("aten::minimum(Tensor self, Tensor other) -> Tensor"),
    elementwise<Promotion::common, 1>("aten::maximum(Tensor self, Tensor other) -> Tensor"),
    elementwise<Promotion::common, 1>("aten::max.other(Tensor self, Tensor other) -> Tensor"),
    elementwise<Promotion::common, 1>("aten::min.other(Tensor self, Tensor other) -> Tensor"),
    elementwise<Promotion::common, 1>("aten::fmin(Tensor self, Tensor other) -> Tensor"),
    elementwise<Promotion::common, 1>("aten::fmax(Tensor self, Tensor other) -> Tensor"),
    elementwise<Promotion::common, 1>(
        "aten::remainder.Tensor(Tensor self, Tensor other) -> Tensor"),
    elementwise<Promotion::common, 1>(
        "aten::remainder.Scalar(Tensor self, Scalar other) -> Tensor"),
    elementwise<Promotion::common, 1>(
        "aten::remainder.Scalar_Tensor(Scalar self, Tensor other) -> Tensor"),
    elementwise<Promotion::common, 1>(
        "aten::remainder_.Tensor(Tensor(a!) self, Tensor other) -> Tensor(a!)"),
    elementwise<Promotion::common, 1>(
        "aten::remainder_.Scalar(Tensor(a!) self, Scalar other) -> Tensor(a!)"),
    elementwise<Promotion::common, 1>("aten::fmod.Tensor(Tensor self, Tensor other) -> Tensor"),
    elementwise<Promotion::common, 1>("aten::fmod.Scalar(Tensor self, Scalar other) -> Tensor"),
    elementwise<Promotion::common, 1>(
        "aten::fmod_.Tensor(Tensor(a!) self, Tensor other) -> Tensor(a!)"),
    elementwise<Promotion::common, 1>(
        "aten::fmod_.Scalar(Tensor(a!) self, Scalar other) -> Tensor(a!)"),
    elementwise<Promotion::common, 1>("aten::floor_divide(Tensor self, Tensor other) -> Tensor"),
    elementwise<Promotion::common, 1>(
        "aten::floor_divide.Scalar(Tensor self, Scalar other) -> Tensor"),
    elementwise<Promotion::common, 1>(
        "aten::floor_divide_.Tensor(Tensor(a!) self, Tensor other) -> Tensor(a!)"),
    elementwise<Promotion::common, 1>(
        "aten::floor_divide_.Scalar(Tensor(a!) self, Scalar other) -> Tensor(a!)"),
    elementwise<Promotion::common, 1>(
        "aten::bitwise_and.Tensor(Tensor self, Tensor other) -> Tensor"),
    elementwise<Promotion::common, 1>(
        "aten::bitwise_and.Scalar(Tensor self, Scalar other) -> Tensor"),
    elementwise<Promotion::common, 1>(
        "aten::bitwise_and.Scalar_Tensor(Scalar self, Tensor other) -> Tensor"),
    elementwise<Promotion::common, 1>(
        "aten::bitwise_or.Tensor(Tensor self, Tensor other) -> Tensor"),
    elementwise<Promotion::common, 1>(
        "aten::bitwise_or.Scalar(Tensor self, Scalar other) -> Tensor"),
    elementwise<Promotion::common, 1>(
        "aten::bitwise_or.Scalar_Tensor(Scalar self, Tensor other) -> Tensor"),
    elementwise<Promotion::common, 1>(
        "aten::bitwise_xor.Tensor(Tensor self, Tensor other) -> Tensor"),
    elementwise<Promotion::common, 1>(
        "aten::bitwise_xor.Scalar(Tensor self, Scalar other) -> Tensor"),
    elementwise<Promotion::common, 1>(
        "aten::bitwise_xor.Scalar_Tensor(Scalar self, Tensor other) -> Tensor"),
    elementwise<Promotion::common, 1>(
        "aten::bitwise_and_.Tensor(Tensor(a!) self, Tensor other) -> Tensor(a!)"),
    elementwise<Promotion::common, 1>(
        "aten::bitwise_and_.Scalar(Tensor(a!) self, Scalar other) -> Tensor(a!)"),
    elementwise<Promotion::common, 1>(
        "aten::bitwise_or_.Tensor(Tensor(a!) self, Tensor other) -> Tensor(a!)"),
    elementwise<Promotion::common, 1>(
        "aten::bitwise_or_.Scalar(Tensor(a!) self, Scalar other) -> Tensor(a!)"),
    elementwise<Promotion::common, 1>(
        "aten::bitwise_xor_.Tensor(Tensor(a!) self, Tensor other) -> Tensor(a!)"),
    elementwise<Promotion::common, 1>(
        "aten::bitwise_xor_.Scalar(Tensor(a!) self, Scalar other) -> Tensor(a!)"),
    elementwise<Promotion::common, 1>("aten::__and__.Tensor(Tensor self, Tensor other) -> Tensor"),
    elementwise<Promotion::common, 1>("aten::__and__.Scalar(Tensor self, Scalar other) -> Tensor"),
    elementwise<Promotion::common, 1>("aten::__or__.Tensor(Tensor self, Tensor other) -> Tensor"),
    elementwise<Promotion::common, 1>("aten::__or__.Scalar(Tensor self, Scalar other) -> Tensor"),
    elementwise<Promotion::common, 1>("aten::__xor__.Tensor(Tensor self, Tensor other) -> Tensor"),
    elementwise<Promotion::common, 1>("aten::__xor__.Scalar(Tensor self, Scalar other) -> Tensor"),
    elementwise<Promotion::common, 1>(
        "aten::__iand__.Tensor(Tensor(a!) self, Tensor other) -> Tensor(a!)"),
    elementwise<Promotion::common, 1>(
        "aten::__iand__.Scalar(Tensor(a!) self, Scalar other) -> Tensor(a!)"),
    elementwise<Promotion::common, 1>(
        "aten::__ior__.Tensor(Tensor(a!) self, Tensor other) -> Tensor(a!)"),
    elementwise<Promotion::common, 1>(
        "aten::__ior__.Scalar(Tensor(a!) self, Scalar other) -> Tensor(a!)"),
    elementwise<Promotion::common, 1>(
        "aten::__ixor__.Tensor(Tensor(a!) self, Tensor other) -> Tensor(a!)"),
    elementwise<Promotion::common, 1>(
        "aten::__ixor__.Scalar(Tensor(a!) self, Scalar other) -> Tensor(a!)"),
    elementwise<Promotion::common, 1>(
        "aten::__lshift__.Tensor(Tensor self, Tensor other) -> Tensor"),
    elementwise<Promotion::common, 1>(
        "aten::__lshift__.Scalar(Tensor self, Scalar other) -> Tensor"),
    elementwise<Promotion::common, 1>(
        "aten::__rshift__.Tensor(Tensor self, Tensor other) -> Tensor"),
    elementwise<Promotion::common, 1>(
        "aten::__rshift__.Scalar(Tensor self, Scalar other) -> Tensor"),
    elementwise<Promotion::common, 1>(
        "aten::bitwise_left_shift.Tensor(Tensor self, Tensor other) -> Tensor"),
    elementwise<Promotion::common, 1>(
        "aten::bitwise_left_shift.Tensor_Scalar(Tensor self, Scalar other) -> Tensor"),
    elementwise<Promotion::common, 1>(
        "aten::bitwise_right_shift.Tensor(Tensor self, Tensor other) -> Tensor"),
    elementwise<Promotion::common, 1>(
        "aten::bitwise_right_shift.Tensor_Scalar(Tensor self, Scalar other) -> Tensor"),
    elementwise<Promotion::floating, 1>("aten::div.Tensor(Tensor self, Tensor other) -> Tensor"),
    elementwise<Promotion::floating, 1>("aten::div.Scalar(Tensor self, Scalar other) -> Tensor"),
    elementwise<Promotion::floating, 1>(
        "aten::div_.Tensor(Tensor(a!) self, Tensor other) -> Tensor(a!)"),
    elementwise<Promotion::floating, 1>(
        "aten::div_.Scalar(Tensor(a!) self, Scalar other) -> Tensor(a!)"),
    elementwise<Promotion::floating, 1>("aten::divide.Tensor(Tensor self, Tensor other) -> Tensor"),
    elementwise<Promotion::floating, 1>("aten::divide.Scalar(Tensor self, Scalar other) -> Tensor"),
    elementwise<Promotion::floating, 1>(
        "aten::true_divide.Tensor(Tensor self, Tensor other) -> Tensor"),
    elementwise<Promotion::floating, 1>(
        "aten::true_divide.Scalar(Tensor self, Scalar other) -> Tensor"),
    elementwise<Promotion::floating, 1>(
        "aten::true_divide_.Tensor(Tensor(a!) self, Tensor other) -> Tensor(a!)"),
    elementwise<Promotion::floating, 1>(
        "aten::true_divide_.Scalar(Tensor(a!) self, Scalar other) -> Tensor(a!)"),
    elementwise<Promotion::floating, 1>("aten::atan2(Tensor self, Tensor other) -> Tensor"),
    elementwise<Promotion::floating, 1>("aten::arctan2(Tensor self, Tensor other) -> Tensor"),
    elementwise<Promotion::common, 1>(
        "aten::pow.Tensor_Tensor(Tensor self, Tensor exponent) -> Tensor"),
    elementwise<Promotion::common, 1>(
        "aten::pow_.Tensor(Tensor(a!) self, Tensor exponent) -> Tensor(a!)"),
    elementwise<Promotion::common, 2>("aten::hypot(Tensor self, Tensor other) -> Tensor"),
    elementwise<Promotion::floating, 2>("aten::xlogy.Tensor(Tensor self, Tensor other) -> Tensor"),
    elementwise<Promotion::floating, 2>(
        "aten::xlogy.Scalar_Other(Tensor self, Scalar other) -> Tensor"),
    elementwise<Promotion::floating, 2>(
        "aten::xlogy.Scalar_Self(Scalar self, Tensor other) -> Tensor"),
    elementwise<Promotion::boolean, 1>("aten::eq.Tensor(Tensor self, Tensor other) -> Tensor"),
    elementwise<Promotion::boolean, 1>("aten::eq.Scalar(Tensor self, Scalar other) -> Tensor"),
    elementwise<Promotion::boolean, 1>("aten::ne.Tensor(Tensor self, Tensor other) -> Tensor"),
    elementwise<Promotion::boolean, 1>("aten::ne.Scalar(Tensor self, Scalar other) -> Tensor"),
    elementwise<Promotion::boolean, 1>("aten::lt.Tensor(Tensor self, Tensor other) -> Tensor"),
    elementwise<Promotion::boolean, 1>("aten::lt.Scalar(Tensor self, Scalar other) -> Tensor"),
    elementwise<Promotion::boolean, 1>("aten::le.Tensor(Tensor self, Tensor other) -> Tensor"),
    elementwise<Promotion::boolean, 1>("aten::le.Scalar(Tensor self, Scalar other) -> Tensor"),
    elementwise<Promotion::boolean, 1>("aten::gt.Tensor(Tensor self, Tensor other) -> Tensor"),
    elementwise<Promotion::boolean, 1>("aten::gt.Scalar(Tensor self, Scalar other) -> Tensor"),
    elementwise<Promotion::boolean, 1>("aten::ge.Tensor(Tensor self, Tensor other) -> Tensor"),
    elementwise<Promotion::boolean, 1>("aten::ge.Scalar(Tensor self, Scalar other) -> Tensor"),
    elementwise<Promotion::boolean, 1>("aten::greater.Tensor(Tensor self, Tensor other) -> Tensor"),
    elementwise<Promotion::boolean, 1>("aten::greater.Scalar(Tensor self, Scalar other) -> Tensor"),
    elementwise<Promotion::boolean, 1>(
        "aten::greater_equal.Tensor(Tensor self, Tensor other) -> Tensor"),
    elementwise<Promotion::boolean, 1>(
        "aten::greater_equal.Scalar(Tensor self, Scalar other) -> Tensor"),
    elementwise<Promotion::boolean, 1>("aten::less.Tensor(Tensor self, Tensor other) -> Tensor"),
    elementwise<Promotion::boolean, 1>("aten::less.Scalar(Tensor self, Scalar other) -> Tensor"),
    elementwise<Promotion::boolean, 1>(
        "aten::less_equal.Tensor(Tensor self, Tensor other) -> Tensor"),
    elementwise<Promotion::boolean, 1>(
        "aten::less_equal.Scalar(Tensor self, Scalar other) -> Tensor"),
    elementwise<Promotion::boolean, 1>(
        "aten::not_equal.Tensor(Tensor self, Tensor other) -> Tensor"),
    elementwise<Promotion::boolean, 1>(
        "aten::not_equal.Scalar(Tensor self, Scalar other) -> Tensor"),
    elementwise<Promotion::boolean, 1>("aten::logical_and(Tensor self, Tensor other) -> Tensor"),
    elementwise<Promotion::boolean, 1>("aten::logical_or(Tensor self, Tensor other) -> Tensor"),
    elementwise<Promotion::boolean, 1>("aten::logical_xor(Tensor self, Tensor other) -> Tensor"),
    elementwise<Promotion::boolean, 1>(
        "aten::eq_.Tensor(Tensor(a!) self, Tensor other) -> Tensor(a!)"),
    elementwise<Promotion::boolean, 1>(
        "aten::eq_.Scalar(Tensor(a!) self, Scalar other) -> Tensor(a!)"),
    elementwise<Promotion::boolean, 1>(
        "aten::ne_.Tensor(Tensor(a!) self, Tensor other) -> Tensor(a!)"),
    elementwise<Promotion::boolean, 1>(
        "aten::ne_.Scalar(Tensor(a!) self, Scalar other) -> Tensor(a!)"),
    elementwise<Promotion::boolean, 1>(
        "aten::lt_.Tensor(Tensor(a!) self, Tensor other) -> Tensor(a!)"),
    elementwise<Promotion::boolean, 1>(
        "aten::lt_.Scalar(Tensor(a!) self, Scalar other) -> Tensor(a!)"),
    elementwise<Promotion::boolean, 1>(
        "aten::le_.Tensor(Tensor(a!) self, Tensor other) -> Tensor(a!)"),
    elementwise<Promotion::boolean, 1>(
        "aten::le_.Scalar(Tensor(a!) self, Scalar other) -> Tensor(a!)"),
    elementwise<Promotion::boolean, 1>(
        "aten::gt_.Tensor(Tensor(a!) self, Tensor other) -> Tensor(a!)"),
    elementwise<Promotion::boolean, 1>(
        "aten::gt_.Scalar(Tensor(a!) self, Scalar other) -> Tensor(a!)"),
    elementwise<Promotion::boolean, 1>(
        "aten::ge_.Tensor(Tensor(a!) self, Tensor other) -> Tensor(a!)"),
    elementwise<Promotion::boolean, 1>(
        "aten::ge_.Scalar(Tensor(a!) self, Scalar other) -> Tensor(a!)"),
    elementwise<Promotion::boolean, 1>(
        "aten::logical_and_(Tensor(a!) self, Tensor other) -> Tensor(a!)"),
    elementwise<Promotion::boolean, 1>(
        "aten::logical_or_(Tensor(a!) self, Tensor other) -> Tensor(a!)"),
    elementwise<Promotion::boolean_each, 1>("aten::logical_not_(Tensor(a!) self) -> Tensor(a!)"),
    elementwise<Promotion::strict, 3>(
        "aten::lerp.Scalar(Tensor self, Tensor end, Scalar weight) -> Tensor"),
    elementwise<Promotion::strict, 3>(
        "aten::lerp.Tensor(Tensor self, Tensor end, Tensor weight) -> Tensor"),
    elementwise<Promotion::strict, 3>(
        "aten::lerp_.Scalar(Tensor(a!) self, Tensor end, Scalar weight) -> Tensor(a!)"),
    elementwise<Promotion::strict, 3>(
        "aten::lerp_.Tensor(Tensor(a!) self, Tensor end, Tensor weight) -> Tensor(a!)"),
    {"aten::pow.Tensor_Scalar(Tensor self, Scalar exponent) -> Tensor", OpFamily::pointwise,
     infer_power, work_power, scratch_power},
    {"aten::pow_.Scalar(Tensor(a!) self, Scalar exponent) -> Tensor(a!)", OpFamily::pointwise,
     infer_power, work_power, scratch_power},
    {"aten::square(Tensor self) -> Tensor", OpFamily::pointwise, infer_power, work_power,
     scratch_power},
    {"aten::square_(Tensor(a!) self) -> Tensor(a!)", OpFamily::pointwise, infer_power, work_power,
     scratch_power},
    {"aten::pow.Scalar(Scalar self, Tensor exponent) -> Tensor", OpFamily::pointwise,
     infer_exponential, work_exponential, scratch_exponential},
};

}  // namespace

std::span<const OpRow> arithmetic_rows() { return rows; }

}  // namespace opgauge
