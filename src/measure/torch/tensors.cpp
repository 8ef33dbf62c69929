// SPDX-License-Identifier: Apache-2.0
#include "measure/torch/tensors.hpp"

#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>

#include "graph/op_table.hpp"
#include "graph/text.hpp"
#include "measure/torch/dtypes.hpp"

namespace opgauge {
namespace {

at::Tensor view_of(const at::Tensor& base, const TensorType& type) {
  return base.as_strided(type.sizes, type.strides, type.offset);
}

int64_t last_element(const TensorType& type) {
  return type.offset + type.storage_bytes() / size_bytes(type.dtype);
}

at::Tensor empty_elements(int64_t elements, Dtype dtype, c10::Device device) {
  return at::empty({elements}, at::TensorOptions().dtype(to_torch(dtype)).device(device));
}

bool is_written(const Node& node, size_t argument) {
  const SchemaArgument& schema = node.op->schema->arguments[argument];
  if (schema.written) return true;
  // ATen's schemas do not mark it: norms in training mode update their running statistics.
  if (!schema.name.starts_with("running_")) return false;
  for (const char* flag : {"training", "train", "use_input_stats"}) {
    const int at = node.op->schema->index(flag);
    if (at < 0) continue;
    const auto* on = std::get_if<bool>(&node.arguments[static_cast<size_t>(at)]);
    return on && *on;
  }
  return false;
}

}  // namespace

bool TensorPool::has(const std::string& key) const {
  const auto at = tensors_.find(key);
  return at != tensors_.end() && at->second && at->second->lock();
}

HeldTensors::HeldTensors(const Graph& graph, const StoredTensors& stored,
                         const StoredTensors& inputs, TensorPool& pool)
    : graph_(graph), pool_(pool), fills_(choose_fills(graph)) {
  std::vector<bool> made_by_preparation(static_cast<size_t>(graph.storages), false);
  for (const Node& node : graph.preparation) {
    for (const ValueId id : node.outputs) {
      if (id != no_value) made_by_preparation[static_cast<size_t>(graph[id].storage)] = true;
    }
  }
  std::vector<int> plan_of(static_cast<size_t>(graph.storages), -1);
  for (size_t i = 0; i < graph.values.size(); ++i) {
    const Value& value = graph.values[i];
    const auto storage = static_cast<size_t>(value.storage);
    if (value.role == Role::intermediate || made_by_preparation[storage]) continue;
    if (plan_of[storage] < 0) {
      plan_of[storage] = static_cast<int>(plans_.size());
      Plan& plan = plans_.emplace_back();
      plan.owner = ValueId(static_cast<int32_t>(i));
      plan.read = value.role == Role::input;
      held_.emplace_back();
    }
    const auto at = static_cast<size_t>(plan_of[storage]);
    Plan& plan = plans_[at];
    if (value.type.dtype != graph[plan.owner].type.dtype) {
      throw Error("%" + value.name, "shares the storage of %" + graph[plan.owner].name +
                                        " in another dtype, expected the same");
    }
    plan.elements = std::max(plan.elements, last_element(value.type));
    held_[at].values.push_back(ValueId(static_cast<int32_t>(i)));
    const StoredTensors& files = value.role == Role::input ? inputs : stored;
    const auto found = files.find(value.role == Role::input ? value.name : value.source);
    if (found != files.end() && !plan.stored) {
      plan.stored = &found->second;
      plan.owner = ValueId(static_cast<int32_t>(i));
    }
  }
  const auto plan_at = [&](ValueId id) -> Plan* {
    const int at = plan_of[static_cast<size_t>(graph[id].storage)];
    return at < 0 ? nullptr : &plans_[static_cast<size_t>(at)];
  };
  for (const Node& node : graph.nodes) {
    if (!node.op) continue;
    for_each_operand(node, [&](ValueId id) {
      if (Plan* plan = plan_at(id)) plan->read = true;
    });
    for (size_t i = 0; i < node.arguments.size(); ++i) {
      const auto* one = std::get_if<ValueRef>(&node.arguments[i]);
      if (!one || one->id == no_value || !is_written(node, i)) continue;
      if (Plan* plan = plan_at(one->id)) plan->written = true;
    }
  }
  for (const ValueId id : graph.outputs) {
    if (id == no_value) continue;
    if (Plan* plan = plan_at(id)) plan->read = true;
  }
  for (size_t i = 0; i < plans_.size(); ++i) {
    Plan& plan = plans_[i];
    const Value& owner = graph[plan.owner];
    held_[i].bytes = plan.elements * size_bytes(owner.type.dtype);
    if (plan.written || owner.role == Role::input) continue;
    const Fill& fill = fills_[index(plan.owner)];
    const auto* bytes = plan.stored ? plan.stored->bytes.data() : nullptr;
    plan.key = owner.source + " " + print_type(owner.type) + " " + std::to_string(plan.elements) +
               " " + std::to_string(fill.low) + " " + std::to_string(fill.high) + " " +
               std::to_string(reinterpret_cast<uintptr_t>(bytes));
  }
}

int64_t HeldTensors::missing_bytes() const {
  int64_t bytes = 0;
  for (size_t i = 0; i < plans_.size(); ++i) {
    const bool there = !plans_[i].key.empty() && pool_.has(plans_[i].key);
    const bool mapped = plans_[i].stored && !plans_[i].stored->type;
    if (!there && !mapped) bytes += held_[i].bytes * (plans_[i].written ? 2 : 1);
  }
  return bytes;
}

at::Tensor HeldTensors::random_base(const Plan& plan) const {
  const Value& owner = graph_[plan.owner];
  const Fill& fill = fills_[index(plan.owner)];
  const std::string& name = owner.source.empty() ? owner.name : owner.source;
  const uint64_t seed = random_seed(pool_.seed(), name, owner.type.sizes);
  const auto filled = [&](auto element, c10::ScalarType type) {
    using Element = decltype(element);
    at::Tensor contiguous = at::empty(owner.type.sizes, type);
    fill_random(
        {static_cast<Element*>(contiguous.data_ptr()), static_cast<size_t>(contiguous.numel())},
        fill, seed);
    return contiguous;
  };
  const bool whole = is_integral(owner.type.dtype) || owner.type.dtype == Dtype::boolean;
  at::Tensor elements = whole ? filled(int64_t{}, c10::kLong) : filled(float{}, c10::kFloat);
  at::Tensor base = empty_elements(plan.elements, owner.type.dtype, pool_.device());
  if (elements.numel() != plan.elements) base.zero_();  // holes
  view_of(base, owner.type).copy_(elements);
  return base;
}

at::Tensor HeldTensors::stored_base(const Plan& plan) const {
  const Value& owner = graph_[plan.owner];
  const StoredTensor& stored = *plan.stored;
  const TensorType& type = stored.type ? *stored.type : owner.type;
  const std::string& name = owner.source.empty() ? owner.name : owner.source;
  if (type.sizes != owner.type.sizes) {
    throw Error(
        name, "found stored elements " + print_type(type) + ", expected " + print_type(owner.type));
  }
  const int64_t needed = last_element(type);
  if (static_cast<int64_t>(stored.bytes.size()) < needed * size_bytes(type.dtype)) {
    throw Error(name, "found " + std::to_string(stored.bytes.size()) + " stored bytes, expected " +
                          std::to_string(needed * size_bytes(type.dtype)));
  }
  auto* data = const_cast<std::byte*>(stored.bytes.data());
  const bool aligned =
      reinterpret_cast<uintptr_t>(data) % static_cast<uintptr_t>(size_bytes(type.dtype)) == 0;
  std::vector<std::byte> moved;
  if (!aligned) {
    moved.assign(stored.bytes.begin(), stored.bytes.end());
    data = moved.data();
  }
  const at::Tensor mapped = at::from_blob(
      data, {needed}, [keep = stored.keep_alive](void*) {},
      at::TensorOptions().dtype(to_torch(type.dtype)));
  if (aligned && type == owner.type && plan.elements <= needed && !plan.written &&
      pool_.device().is_cpu()) {
    return mapped;
  }
  at::Tensor base = empty_elements(plan.elements, owner.type.dtype, pool_.device());
  if (plan.elements <= needed && type == owner.type) {
    base.copy_(mapped.slice(0, 0, plan.elements));
  } else {
    base.zero_();
    view_of(base, owner.type).copy_(view_of(mapped, type));
  }
  return base;
}

at::Tensor HeldTensors::make_base(const Plan& plan) const {
  const auto make = [&] { return plan.stored ? stored_base(plan) : random_base(plan); };
  return plan.key.empty() ? make() : pool_.get(plan.key, make);
}

void HeldTensors::make(std::vector<at::Tensor>& values) {
  for (size_t i = 0; i < plans_.size(); ++i) {
    HeldStorage& held = held_[i];
    held.base = make_base(plans_[i]);
    if (plans_[i].written) held.pristine = held.base.clone();
    for (const ValueId id : held.values) values[index(id)] = view_of(held.base, graph_[id].type);
  }
}

void HeldTensors::restore() {
  for (HeldStorage& held : held_) {
    if (held.pristine.defined()) held.base.copy_(held.pristine);
  }
}

void HeldTensors::release_unread(std::vector<at::Tensor>& values) {
  for (size_t i = 0; i < plans_.size(); ++i) {
    if (plans_[i].read || graph_.preparation.empty()) continue;
    held_[i].base.reset();
    for (const ValueId id : held_[i].values) values[index(id)].reset();
  }
}

int64_t HeldTensors::bytes() const {
  int64_t bytes = 0;
  for (const HeldStorage& held : held_) {
    if (held.base.defined()) bytes += held.bytes;
  }
  return bytes;
}

}  // namespace opgauge
