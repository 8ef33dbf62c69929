// SPDX-License-Identifier: Apache-2.0
#include "oracle/observe.hpp"

#include <ATen/Parallel.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/ops/empty_strided.h>
#include <ATen/ops/scalar_tensor.h>
#include <ATen/record_function.h>
#include <c10/core/Allocator.h>
#include <c10/core/InferenceMode.h>
#include <c10/util/ThreadLocalDebugInfo.h>

#include <random>
#include <unordered_map>

#include "graph/op_table.hpp"
#include "oracle/count_macs.hpp"

namespace opgauge::oracle {
namespace {

at::ScalarType scalar_type(Dtype dtype) {
  switch (dtype) {
    case Dtype::f32:
      return at::kFloat;
    case Dtype::f64:
      return at::kDouble;
    case Dtype::f16:
      return at::kHalf;
    case Dtype::bf16:
      return at::kBFloat16;
    case Dtype::i8:
      return at::kChar;
    case Dtype::u8:
      return at::kByte;
    case Dtype::i16:
      return at::kShort;
    case Dtype::i32:
      return at::kInt;
    case Dtype::i64:
      return at::kLong;
    case Dtype::boolean:
      return at::kBool;
    case Dtype::c64:
      return at::kComplexFloat;
  }
  return at::kFloat;
}

Dtype dtype_of(at::ScalarType type) {
  for (const auto& entry : enum_names<Dtype>) {
    if (scalar_type(entry.value) == type) return entry.value;
  }
  throw std::runtime_error(std::string("a result has the dtype ") + c10::toString(type));
}

at::MemoryFormat memory_format(MemoryFormat format) {
  switch (format) {
    case MemoryFormat::contiguous:
      return at::MemoryFormat::Contiguous;
    case MemoryFormat::preserve:
      return at::MemoryFormat::Preserve;
    case MemoryFormat::channels_last:
      return at::MemoryFormat::ChannelsLast;
    case MemoryFormat::channels_last_3d:
      return at::MemoryFormat::ChannelsLast3d;
  }
  return at::MemoryFormat::Contiguous;
}

// Whole numbers are 0 or 1, so that they are valid indices of anything with two or more entries;
// all are 1 (true) where the case text says buffer.
at::Tensor random_tensor(const TensorType& type, bool ones, std::mt19937& random) {
  at::Tensor t =
      at::empty_strided(type.sizes, type.strides, at::TensorOptions(scalar_type(type.dtype)));
  const size_t count = t.storage().nbytes() / t.element_size();
  std::uniform_real_distribution<float> real(0.1f, 1.0f);
  const auto whole = [&] { return ones ? 1 : random() % 2; };
  for (size_t i = 0; i < count; ++i) {
    void* at = static_cast<char*>(t.storage().mutable_data()) + i * t.element_size();
    switch (t.scalar_type()) {
      case at::kFloat:
        *static_cast<float*>(at) = real(random);
        break;
      case at::kDouble:
        *static_cast<double*>(at) = real(random);
        break;
      case at::kHalf:
        *static_cast<at::Half*>(at) = real(random);
        break;
      case at::kBFloat16:
        *static_cast<at::BFloat16*>(at) = real(random);
        break;
      case at::kComplexFloat:
        *static_cast<c10::complex<float>*>(at) = real(random);
        break;
      case at::kLong:
        *static_cast<int64_t*>(at) = static_cast<int64_t>(whole());
        break;
      case at::kInt:
        *static_cast<int32_t*>(at) = static_cast<int32_t>(whole());
        break;
      case at::kShort:
        *static_cast<int16_t*>(at) = static_cast<int16_t>(whole());
        break;
      default:
        *static_cast<uint8_t*>(at) = static_cast<uint8_t>(whole());
        break;
    }
  }
  return t;
}

using Operands = std::unordered_map<int32_t, at::Tensor>;

// `wrapped_numbers` keeps the tensors alive that numbers were wrapped into, so that the call does
// not free them.
c10::IValue to_ivalue(const Argument& argument, const c10::TypePtr& type, const Operands& operands,
                      std::vector<at::Tensor>& wrapped_numbers) {
  const auto operand = [&](ValueRef ref) {
    return ref.id == no_value ? at::Tensor() : operands.at(static_cast<int32_t>(ref.id));
  };
  c10::TypePtr plain = type;
  if (const auto optional = type->cast<c10::OptionalType>()) plain = optional->getElementType();
  const bool wants_tensor = plain->kind() == c10::TypeKind::TensorType;
  const auto number = [&](const at::Scalar& scalar) -> c10::IValue {
    if (!wants_tensor) return scalar;
    at::Tensor wrapped = at::scalar_tensor(scalar, scalar.isFloatingPoint() ? at::kDouble
                                                   : scalar.isBoolean()     ? at::kBool
                                                                            : at::kLong);
    wrapped.unsafeGetTensorImpl()->set_wrapped_number(true);
    wrapped_numbers.push_back(wrapped);
    return wrapped;
  };
  if (const auto* ref = std::get_if<ValueRef>(&argument)) {
    return ref->id == no_value ? c10::IValue() : c10::IValue(operand(*ref));
  }
  if (const auto* list = std::get_if<ValueList>(&argument)) {
    const bool optional =
        plain->cast<c10::ListType>() &&
        plain->expectRef<c10::ListType>().getElementType()->kind() == c10::TypeKind::OptionalType;
    if (optional) {
      c10::List<std::optional<at::Tensor>> tensors;
      for (const ValueRef ref : *list) {
        tensors.push_back(ref.id == no_value ? std::nullopt : std::optional(operand(ref)));
      }
      return tensors;
    }
    c10::List<at::Tensor> tensors;
    for (const ValueRef ref : *list) tensors.push_back(operand(ref));
    return tensors;
  }
  if (const auto* flag = std::get_if<bool>(&argument))
    return wants_tensor ? number(*flag) : c10::IValue(*flag);
  if (const auto* whole = std::get_if<int64_t>(&argument)) {
    return wants_tensor ? number(*whole) : c10::IValue(*whole);
  }
  if (const auto* real = std::get_if<double>(&argument))
    return wants_tensor ? number(*real) : c10::IValue(*real);
  if (const auto* text = std::get_if<std::string>(&argument)) {
    if (plain->kind() == c10::TypeKind::DeviceObjType) return c10::Device(*text);
    return *text;
  }
  if (const auto* ints = std::get_if<Dims>(&argument)) {
    const auto list = plain->cast<c10::ListType>();
    if (list && list->getElementType()->kind() == c10::TypeKind::OptionalType) {  // Scalar?[]
      c10::List<std::optional<at::Scalar>> numbers;
      for (const int64_t number : *ints) numbers.push_back(at::Scalar(number));
      return numbers;
    }
    return *ints;  // also where the schema says SymInt[]
  }
  if (const auto* reals = std::get_if<std::vector<double>>(&argument)) return *reals;
  if (const auto* flags = std::get_if<std::vector<bool>>(&argument)) {
    c10::List<bool> list;
    for (const bool flag : *flags) list.push_back(flag);
    return list;
  }
  if (const auto* dtype = std::get_if<Dtype>(&argument)) return scalar_type(*dtype);
  if (const auto* format = std::get_if<MemoryFormat>(&argument)) return memory_format(*format);
  if (std::holds_alternative<Layout>(argument)) return at::kStrided;
  if (std::holds_alternative<DeviceKind>(argument)) return c10::Device(c10::DeviceType::CPU);
  return {};
}

// One running observation; LibTorch's callbacks are plain functions, so it is thread-local. Memory
// and products are observed in separate runs: looking at a call's tensors would keep temporaries
// alive.
struct Recording {
  struct Frame {
    int64_t below = 0;
    bool has_product = false;
  };
  bool products = false;
  std::vector<Frame> frames{Frame()};
  int64_t live_bytes = 0, peak_bytes = 0;
  std::string trace;

  void line(std::string text) {
    trace += std::string(2 * frames.size(), ' ') + std::move(text) + "\n";
  }
};
thread_local Recording* recording = nullptr;

struct AllocationReport : c10::MemoryReportingInfoBase {
  void reportMemoryUsage(void*, int64_t bytes, size_t, size_t, c10::Device) override {
    if (!recording) return;
    recording->live_bytes += bytes;
    recording->peak_bytes = std::max(recording->peak_bytes, recording->live_bytes);
    recording->line((bytes < 0 ? "" : "+") + std::to_string(bytes));
  }
  bool memoryProfilingEnabled() const override { return recording != nullptr; }
};

struct CallContext : at::ObserverContext {
  std::vector<c10::IValue> inputs;
};

std::string name_of_call(const at::RecordFunction& call) {
  const auto name = call.operator_name();
  return name ? c10::toString(*name) : std::string(call.name());
}

std::unique_ptr<at::ObserverContext> on_start(const at::RecordFunction& call) {
  if (!recording) return nullptr;
  auto context = std::make_unique<CallContext>();
  if (recording->products) {
    for (const c10::IValue& value : call.inputs()) context->inputs.push_back(value);
  } else {
    recording->line(name_of_call(call));
  }
  recording->frames.emplace_back();
  return context;
}

void on_end(const at::RecordFunction& call, at::ObserverContext* context) {
  if (!recording || !context) return;
  const Recording::Frame frame = recording->frames.back();
  recording->frames.pop_back();
  if (!recording->products) return;
  int64_t macs = frame.below;
  bool product = frame.has_product;
  if (!product) {
    const auto own = product_macs(name_of_call(call), static_cast<CallContext*>(context)->inputs,
                                  std::vector<c10::IValue>(call.outputs()));
    product = own.has_value();
    macs = own.value_or(0);
  }
  recording->frames.back().below += macs;
  recording->frames.back().has_product |= product;
}

Recording record(const c10::OperatorHandle& op, torch::jit::Stack& stack, bool products) {
  Recording current;
  current.products = products;
  const c10::DebugInfoGuard guard(c10::DebugInfoKind::PROFILER_STATE,
                                  std::make_shared<AllocationReport>());
  const auto callback = at::addThreadLocalCallback(at::RecordFunctionCallback(on_start, on_end)
                                                       .needsInputs(products)
                                                       .needsOutputs(products)
                                                       .scopes({at::RecordScope::FUNCTION}));
  recording = &current;
  try {
    op.callBoxed(&stack);
  } catch (...) {
    recording = nullptr;
    at::removeCallback(callback);
    throw;
  }
  recording = nullptr;
  at::removeCallback(callback);
  return current;
}

TensorType type_of(const at::Tensor& t) {
  return TensorType(dtype_of(t.scalar_type()), t.sizes().vec(), t.strides().vec(),
                    t.storage_offset());
}

c10::OperatorHandle find_operator(const Node& node) {
  const std::string name = node.target.substr(0, node.target.find('.'));
  const size_t dot = node.target.find('.');
  return c10::Dispatcher::singleton().findSchemaOrThrow(
      name.c_str(), dot == std::string::npos ? "" : node.target.substr(dot + 1).c_str());
}

}  // namespace

std::optional<std::string> schema_text(const std::string& target) {
  const size_t dot = target.find('.');
  const auto found = c10::Dispatcher::singleton().findSchema(
      {target.substr(0, dot), dot == std::string::npos ? "" : target.substr(dot + 1)});
  if (!found) return std::nullopt;
  return c10::toString(found->schema());
}

Observed observe(const Graph& graph, const Node& node) {
  at::set_num_threads(1);
  const c10::InferenceMode inference;
  const c10::OperatorHandle op = find_operator(node);
  Operands operands;
  std::unordered_map<const c10::StorageImpl*, ValueId> owners;
  std::vector<at::Tensor> wrapped_numbers;
  const auto arguments_of = [&](const Node& of, const c10::OperatorHandle& called) {
    torch::jit::Stack stack;
    for (size_t i = 0; i < of.arguments.size(); ++i) {
      stack.push_back(to_ivalue(of.arguments[i], called.schema().arguments()[i].type(), operands,
                                wrapped_numbers));
    }
    return stack;
  };
  // Fresh operands for every run: some ops change the shape of an operand.
  const auto make_stack = [&] {
    operands.clear();
    owners.clear();
    std::mt19937 random(1);
    for (const Value& value : graph.values) {
      if (value.role == Role::intermediate) continue;
      const auto id = static_cast<ValueId>(&value - graph.values.data());
      operands.emplace(static_cast<int32_t>(id),
                       random_tensor(value.type, value.role == Role::buffer, random));
    }
    for (const Node& before : graph.nodes) {
      if (&before == &node) break;
      const c10::OperatorHandle called = find_operator(before);
      torch::jit::Stack stack = arguments_of(before, called);
      called.callBoxed(&stack);
      operands[static_cast<int32_t>(before.outputs[0])] = stack.at(0).toTensor();
    }
    for_each_operand(node, [&](ValueId id) {
      const at::Tensor& t = operands.at(static_cast<int32_t>(id));
      if (t.has_storage()) owners.emplace(t.storage().unsafeGetStorageImpl(), id);
    });
    return arguments_of(node, op);
  };
  Observed observed;
  {
    torch::jit::Stack first = make_stack();  // also warms up what LibTorch creates once
    observed.macs = record(op, first, true).frames.front().below;
  }
  torch::jit::Stack stack = make_stack();
  Recording current = record(op, stack, false);
  observed.kept_bytes = current.live_bytes;
  observed.peak_bytes = current.peak_bytes;
  observed.trace = std::move(current.trace);
  std::unordered_map<const c10::StorageImpl*, int> fresh;
  const auto add = [&](const at::Tensor& t) {
    ObservedOutput output;
    output.defined = t.defined();
    if (t.defined() && !t.has_storage()) {  // packed by oneDNN, its memory is its own
      output.type = TensorType(dtype_of(t.scalar_type()), t.sizes().vec());
      output.opaque = true;
    } else if (t.defined()) {
      output.type = type_of(t);
      output.storage_bytes = static_cast<int64_t>(t.storage().nbytes());
      const c10::StorageImpl* storage = t.storage().unsafeGetStorageImpl();
      if (const auto owner = owners.find(storage); owner != owners.end()) {
        output.operand = owner->second;
      } else {
        const auto [at, added] =
            fresh.try_emplace(storage, static_cast<int>(observed.outputs.size()));
        if (!added) output.same_as = at->second;
      }
    }
    observed.outputs.push_back(std::move(output));
  };
  for (const c10::IValue& value : stack) {
    if (value.isTensor()) add(value.toTensor());
    if (value.isTensorList()) {
      for (const at::Tensor& t : value.toTensorVector()) add(t);
    }
  }
  return observed;
}

}  // namespace opgauge::oracle
