// SPDX-License-Identifier: Apache-2.0
#include "measure/torch/step.hpp"

#include <ATen/ScalarOps.h>

#include "graph/op_table.hpp"
#include "measure/torch/dtypes.hpp"

namespace opgauge {
namespace {

using c10::IValue;
using c10::TypeKind;

std::string text_of(const c10::Argument& argument) {
  return "argument \"" + argument.name() + "\" of type " + argument.type()->str();
}

// What our argument kinds become where LibTorch's schema wants `type`. Tensors are not among them.
struct Converter {
  const c10::TypePtr& type;
  const c10::Device& device;

  IValue operator()(std::monostate) const { return IValue(); }
  IValue operator()(const ValueRef&) const { return IValue(); }
  IValue operator()(const ValueList&) const { return IValue(); }
  IValue operator()(bool value) const { return value; }
  IValue operator()(int64_t value) const {
    if (type->kind() == TypeKind::FloatType) return static_cast<double>(value);
    if (type->kind() == TypeKind::BoolType) return value != 0;
    return value;
  }
  IValue operator()(double value) const { return value; }
  IValue operator()(const std::string& value) const { return value; }
  IValue operator()(Dtype value) const { return static_cast<int64_t>(to_torch(value)); }
  IValue operator()(MemoryFormat value) const { return static_cast<int64_t>(to_torch(value)); }
  IValue operator()(Layout) const { return static_cast<int64_t>(c10::kStrided); }
  IValue operator()(DeviceKind) const { return device; }
  IValue operator()(const Dims& values) const { return list(values); }
  IValue operator()(const std::vector<double>& values) const { return list(values); }
  IValue operator()(const std::vector<bool>& values) const { return list(values); }

  // The list's element type is the schema's, also when it is empty.
  template <class T>
  IValue list(const std::vector<T>& values) const {
    TORCH_CHECK(type->kind() == TypeKind::ListType, "a list was given");
    const c10::TypePtr element = type->expectRef<c10::ListType>().getElementType();
    if (element->kind() == TypeKind::IntType || element->kind() == TypeKind::SymIntType) {
      return c10::List<int64_t>(fill<int64_t>(values));
    }
    if (element->kind() == TypeKind::FloatType) return c10::List<double>(fill<double>(values));
    if (element->kind() == TypeKind::BoolType) return c10::List<bool>(fill<bool>(values));
    c10::impl::GenericList generic(element);
    for (const auto value : values) {
      const IValue one = IValue(static_cast<T>(value));
      generic.push_back(one);
    }
    return generic;
  }
  template <class To, class T>
  static c10::List<To> fill(const std::vector<T>& values) {
    c10::List<To> result;
    result.reserve(values.size());
    for (const auto value : values) result.push_back(static_cast<To>(value));
    return result;
  }
};

// A number where a tensor is declared: what Python makes of `x + 2`.
at::Tensor wrapped_number(const Argument& argument, c10::Device device) {
  at::Scalar scalar;
  if (const auto* whole = std::get_if<int64_t>(&argument)) scalar = *whole;
  if (const auto* real = std::get_if<double>(&argument)) scalar = *real;
  if (const auto* flag = std::get_if<bool>(&argument)) scalar = *flag;
  at::Tensor tensor = at::detail::scalar_tensor_static(scalar, scalar.type(), c10::kCPU);
  tensor.unsafeGetTensorImpl()->set_wrapped_number(true);
  (void)device;  // a wrapped number stays on the CPU, every device takes it
  return tensor;
}

const c10::TypePtr& without_optional(const c10::TypePtr& type) {
  return type->kind() == TypeKind::OptionalType
             ? type->expectRef<c10::OptionalType>().getElementType()
             : type;
}

class StepMaker {
 public:
  StepMaker(const Graph& graph, const Node& node, c10::Device device)
      : call_(graph, node), node_(node), device_(device) {}

  Step make() {
    if (!node_.op) throw call_.error("op is not in the op table, it cannot be executed");
    Step step{find(), {}, {}, {}, node_.outputs, {}};
    const auto& theirs = step.op.schema().arguments();
    for (size_t i = 0; i < theirs.size(); ++i)
      step.arguments.push_back(convert(step, i, theirs[i]));
    for (const SchemaArgument& ours : node_.op->schema->arguments) {
      if (!step.op.schema().argumentIndexWithName(ours.name)) {
        throw call_.error("LibTorch has no argument \"" + ours.name + "\" of this operator");
      }
    }
    return step;
  }

 private:
  c10::OperatorHandle find() const {
    const std::string_view target = node_.op->target();
    const size_t dot = target.find('.');
    const std::string name(target.substr(0, dot));
    const std::string overload(dot == target.npos ? std::string_view() : target.substr(dot + 1));
    const auto found = c10::Dispatcher::singleton().findSchema({name, overload});
    if (!found) throw call_.error("this LibTorch has no such operator");
    return *found;
  }

  IValue convert(Step& step, size_t at, const c10::Argument& theirs) {
    const int ours = node_.op->schema->index(theirs.name());
    if (ours < 0) {
      if (theirs.default_value()) return *theirs.default_value();
      if (theirs.type()->kind() == TypeKind::OptionalType) return IValue();
      throw call_.error(text_of(theirs) + " of LibTorch has no counterpart in the op table");
    }
    const Argument& argument = node_.arguments[static_cast<size_t>(ours)];
    const c10::TypePtr& type = without_optional(theirs.type());
    if (const auto* ref = std::get_if<ValueRef>(&argument)) {
      if (ref->id != no_value) step.tensors.push_back({at, ref->id});
      return IValue();
    }
    if (const auto* list = std::get_if<ValueList>(&argument)) {
      const bool optional =
          type->kind() == TypeKind::ListType &&
          type->expectRef<c10::ListType>().getElementType()->kind() == TypeKind::OptionalType;
      step.lists.push_back({at, optional, *list});
      return IValue();
    }
    if (std::holds_alternative<std::monostate>(argument)) return absent(theirs, type);
    if (type->kind() == TypeKind::TensorType) return wrapped_number(argument, device_);
    try {
      return std::visit(Converter{type, device_}, argument);
    } catch (const c10::Error& error) {
      throw call_.error(text_of(theirs) + ": " + error.what_without_backtrace());
    }
  }

  // A factory without an operand makes its tensor on our device, not on the default one.
  IValue absent(const c10::Argument& theirs, const c10::TypePtr& type) const {
    bool has_operand = false;
    for_each_operand(node_, [&](ValueId) { has_operand = true; });
    if (type->kind() == TypeKind::DeviceObjType && !has_operand && !device_.is_cpu())
      return device_;
    (void)theirs;
    return IValue();
  }

  const Call call_;
  const Node& node_;
  const c10::Device device_;
};

}  // namespace

Step make_step(const Graph& graph, const Node& node, c10::Device device) {
  return StepMaker(graph, node, device).make();
}

void run_step(const Step& step, std::vector<at::Tensor>& values, std::vector<IValue>& stack) {
  stack.assign(step.arguments.begin(), step.arguments.end());
  for (const Step::OneTensor& one : step.tensors) stack[one.argument] = values[index(one.value)];
  for (const Step::TensorList& list : step.lists) {
    if (list.optional_elements) {
      c10::List<std::optional<at::Tensor>> tensors;
      tensors.reserve(list.values.size());
      for (const ValueRef ref : list.values) {
        tensors.push_back(ref.id == no_value ? std::nullopt : std::optional(values[index(ref.id)]));
      }
      stack[list.argument] = std::move(tensors);
    } else {
      c10::List<at::Tensor> tensors;
      tensors.reserve(list.values.size());
      for (const ValueRef ref : list.values) tensors.push_back(values[index(ref.id)]);
      stack[list.argument] = std::move(tensors);
    }
  }
  step.op.callBoxed(&stack);
  size_t next = 0;
  const auto put = [&](at::Tensor tensor) {
    TORCH_CHECK(next < step.outputs.size(), "it returned more tensors than the op table says");
    const ValueId id = step.outputs[next++];
    if (id != no_value) values[index(id)] = std::move(tensor);
  };
  for (IValue& returned : stack) {
    if (returned.isTensor()) {
      put(std::move(returned).toTensor());
    } else if (returned.isTensorList()) {
      for (at::Tensor& tensor : std::move(returned).toTensorVector()) put(std::move(tensor));
    }
  }
  TORCH_CHECK(next == step.outputs.size(), "it returned ", next, " tensors, the op table says ",
              step.outputs.size());
  stack.clear();
}

}  // namespace opgauge
