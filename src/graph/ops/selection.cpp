// SPDX-License-Identifier: Apache-2.0
// Choosing between values: clamping, conditions and masks.
#include "graph/ops/elementwise.hpp"
#include "graph/ops/rows.hpp"
#include "graph/ops/strides.hpp"

namespace opgauge {
namespace {

// Clamping to numbers: they take part in the dtype (a whole-number tensor clamped to a real number
// is cast first), and are no operands of the kernel.
Iteration iterate_clamp(const Call& call) {
  const TensorType& x = call.tensor("self");
  const Schema& schema = *call.node().op->schema;
  std::vector<Operand> all{{x}};
  for (size_t i = 1; i < schema.arguments.size(); ++i) {
    const Argument& bound = call.node().arguments[i];
    if (!std::holds_alternative<std::monostate>(bound)) all.push_back(number_operand(bound));
  }
  if (all.size() == 1) throw call.error("neither min nor max is given");
  const Dtype dtype = is_floating(x.dtype) ? x.dtype : result_dtype(all);
  const bool written = schema.arguments[0].written;
  Operand operand{x};
  if (dtype == x.dtype)
    return iterate(call, {&operand, 1}, Promotion::common, written ? &x : nullptr);
  if (written)
    throw call.error(
        "the bounds are real numbers, expected whole ones for a tensor of whole numbers");
  operand.type = like(x, dtype, MemoryFormat::preserve);
  Iteration it = iterate(call, {&operand, 1}, Promotion::common);
  it.casts.push_back(operand.type);
  it.read_bytes += touched_bytes(x);
  it.write_bytes += operand.type.bytes();
  return it;
}
std::vector<Result> infer_clamp(const Call& call) {
  const bool written = call.node().op->schema->arguments[0].written;
  return {{iterate_clamp(call).output, written ? call.value("self") : no_value}};
}
Work work_clamp(const Call& call) {
  const Iteration it = iterate_clamp(call);
  int64_t bounds = 0;
  for (size_t i = 1; i < call.node().arguments.size(); ++i) {
    bounds += !std::holds_alternative<std::monostate>(call.node().arguments[i]);
  }
  return {0, bounds * it.output.numel(), it.read_bytes, it.write_bytes};
}
int64_t scratch_clamp(const Call& call) { return iterate_clamp(call).cast_bytes(); }

// Clamping to tensors: one comparison for each bound that is given.
Work work_clamp_tensor(const Call& call) {
  const Iteration it = elementwise_iteration(call, Promotion::common);
  const auto bounds = static_cast<int64_t>(elementwise_operands(call).operands.size()) - 1;
  if (bounds == 0) throw call.error("neither min nor max is given");
  return {0, bounds * it.output.numel(), it.read_bytes, it.write_bytes};
}

constexpr OpRow clamp_number(std::string_view schema) {
  return {schema, OpFamily::pointwise, infer_clamp, work_clamp, scratch_clamp};
}
constexpr OpRow clamp_tensor(std::string_view schema) {
  return {schema, OpFamily::pointwise, infer_elementwise<Promotion::common>, work_clamp_tensor,
          scratch_elementwise<Promotion::common>};
}

// aten::where: the two values are brought to one dtype, then chosen from; numbers become 0-d
// tensors of that dtype.
struct Choice {
  Iteration it;
  int64_t scratch_bytes = 0;
};
Choice choose(const Call& call) {
  const TensorType& condition = call.tensor("condition");
  if (condition.dtype != Dtype::boolean && condition.dtype != Dtype::u8) {
    throw call.error("found a condition of dtype " + std::string(name_of(condition.dtype)) +
                     ", expected bool");
  }
  std::vector<Operand> values;
  for (const char* name : {"self", "other"}) {
    const TensorType* tensor = call.optional_tensor(name);
    values.push_back(tensor ? Operand{*tensor} : number_operand(call.argument(name)));
  }
  const Dtype dtype = result_dtype(values);
  Choice choice;
  int64_t read = 0, write = 0;
  std::vector<Operand> operands{{condition}};
  if (condition.dtype == Dtype::u8) {
    operands[0].type = like(condition, Dtype::boolean, MemoryFormat::preserve);
    choice.scratch_bytes += operands[0].type.bytes();
    read += touched_bytes(condition);
    write += operands[0].type.bytes();
  }
  for (const Operand& value : values) {
    Operand cast{like(value.type, dtype, MemoryFormat::preserve)};
    if (value.number) {
      choice.scratch_bytes += size_bytes(dtype);
    } else if (value.type.dtype == dtype) {
      cast = value;
    } else {
      choice.scratch_bytes += cast.type.storage_bytes();
      read += touched_bytes(value.type);
      write += cast.type.bytes();
    }
    operands.push_back(cast);
    operands.back().number = value.number;
  }
  choice.it = iterate(call, operands, Promotion::boolean_each);
  choice.it.output.dtype = dtype;
  choice.it.read_bytes += read;
  choice.it.write_bytes = write + choice.it.output.bytes();
  return choice;
}
std::vector<Result> infer_where(const Call& call) { return {fresh(choose(call).it.output)}; }
Work work_where(const Call& call) {
  const Choice choice = choose(call);
  return {0, 0, choice.it.read_bytes, choice.it.write_bytes};
}
int64_t scratch_where(const Call& call) { return choose(call).scratch_bytes; }
constexpr OpRow where_row(std::string_view schema) {
  return {schema, OpFamily::pointwise, infer_where, work_where, scratch_where};
}
// aten::masked_fill: a contiguous copy of the broadcast tensor, then written where the mask says;
// every element counts as written, for how many are is known only when it runs.
void check_mask(const Call& call) {
  if (call.tensor("mask").dtype != Dtype::boolean)
    throw call.error("expected a mask of dtype bool");
  const TensorType* value = call.optional_tensor("value");
  if (value && value->rank() != 0) throw call.error("expected a value of rank 0");
}
std::vector<Result> infer_masked_fill(const Call& call) {
  check_mask(call);
  const TensorType& x = call.tensor("self");
  return {fresh(x.dtype, broadcast(call, x.sizes, call.tensor("mask").sizes))};
}
Work work_masked_fill(const Call& call) {
  const TensorType& y = call.output();
  return {0, 0, touched_bytes(call.tensor("self")) + touched_bytes(call.tensor("mask")),
          2 * y.bytes()};
}
std::vector<Result> infer_masked_fill_in_place(const Call& call) {
  check_mask(call);
  const TensorType& x = call.tensor("self");
  if (broadcast(call, x.sizes, call.tensor("mask").sizes) != x.sizes) {
    throw call.error("the mask has more elements than the tensor");
  }
  return {{x, call.value("self")}};
}
Work work_masked_fill_in_place(const Call& call) {
  return {0, 0, touched_bytes(call.tensor("mask")), touched_bytes(call.tensor("self"))};
}

const OpRow rows[] = {
    clamp_number("aten::clamp(Tensor self, Scalar? min=None, Scalar? max=None) -> Tensor"),
    clamp_number("aten::clamp_(Tensor(a!) self, Scalar? min=None, Scalar? max=None) -> Tensor(a!)"),
    clamp_number("aten::clamp_min(Tensor self, Scalar min) -> Tensor"),
    clamp_number("aten::clamp_min_(Tensor(a!) self, Scalar min) -> Tensor(a!)"),
    clamp_number("aten::clamp_max(Tensor self, Scalar max) -> Tensor"),
    clamp_number("aten::clamp_max_(Tensor(a!) self, Scalar max) -> Tensor(a!)"),
    clamp_number("aten::clip(Tensor self, Scalar? min=None, Scalar? max=None) -> Tensor"),
    clamp_number("aten::clip_(Tensor(a!) self, Scalar? min=None, Scalar? max=None) -> Tensor(a!)"),
    clamp_tensor("aten::clamp.Tensor(Tensor self, Tensor? min=None, Tensor? max=None) -> Tensor"),
    clamp_tensor(
        "aten::clamp_.Tensor(Tensor(a!) self, Tensor? min=None, Tensor? max=None) -> Tensor(a!)"),
    clamp_tensor("aten::clamp_min.Tensor(Tensor self, Tensor min) -> Tensor"),
    clamp_tensor("aten::clamp_min_.Tensor(Tensor(a!) self, Tensor min) -> Tensor(a!)"),
    clamp_tensor("aten::clamp_max.Tensor(Tensor self, Tensor max) -> Tensor"),
    clamp_tensor("aten::clamp_max_.Tensor(Tensor(a!) self, Tensor max) -> Tensor(a!)"),
    clamp_tensor("aten::clip.Tensor(Tensor self, Tensor? min=None, Tensor? max=None) -> Tensor"),
    clamp_tensor(
        "aten::clip_.Tensor(Tensor(a!) self, Tensor? min=None, Tensor? max=None) -> Tensor(a!)"),
    where_row("aten::where.self(Tensor condition, Tensor self, Tensor other) -> Tensor"),
    where_row("aten::where.ScalarOther(Tensor condition, Tensor self, Scalar other) -> Tensor"),
    where_row("aten::where.ScalarSelf(Tensor condition, Scalar self, Tensor other) -> Tensor"),
    where_row("aten::where.Scalar(Tensor condition, Scalar self, Scalar other) -> Tensor"),
    {"aten::masked_fill.Scalar(Tensor self, Tensor mask, Scalar value) -> Tensor",
     OpFamily::pointwise, infer_masked_fill, work_masked_fill},
    {"aten::masked_fill.Tensor(Tensor self, Tensor mask, Tensor value) -> Tensor",
     OpFamily::pointwise, infer_masked_fill, work_masked_fill},
    {"aten::masked_fill_.Scalar(Tensor(a!) self, Tensor mask, Scalar value) -> Tensor(a!)",
     OpFamily::pointwise, infer_masked_fill_in_place, work_masked_fill_in_place},
    {"aten::masked_fill_.Tensor(Tensor(a!) self, Tensor mask, Tensor value) -> Tensor(a!)",
     OpFamily::pointwise, infer_masked_fill_in_place, work_masked_fill_in_place},
};

}  // namespace

std::span<const OpRow> selection_rows() { return rows; }

}  // namespace opgauge
