// SPDX-License-Identifier: Apache-2.0
#include "graph/rebuild.hpp"

namespace opgauge {

void Rebuild::declare(const TypeChange& change) {
  std::vector<bool> prepared(from_.values.size(), false);
  for (const Node& node : from_.preparation) {
    for (const ValueId id : node.outputs) {
      if (id != no_value) prepared[index(id)] = true;
    }
  }
  std::vector<ValueId> first_on(static_cast<size_t>(from_.storages), no_value);
  for (size_t i = 0; i < from_.values.size(); ++i) {
    const Value& value = from_.values[i];
    if (value.role == Role::intermediate || prepared[i]) continue;
    const ValueId id{static_cast<int32_t>(i)};
    ValueId& shares = first_on[static_cast<size_t>(value.storage)];
    TensorType type = change(id, value);
    switch (value.role) {
      case Role::input:
        fresh_[i] = to_.input(value.name, std::move(type));
        break;
      case Role::parameter:
        fresh_[i] = to_.parameter(value.source, std::move(type), shares);
        break;
      case Role::buffer:
        fresh_[i] = to_.buffer(value.source, std::move(type), shares);
        break;
      default:
        fresh_[i] = to_.constant(value.source, std::move(type), shares);
    }
    if (shares == no_value) shares = fresh_[i];
  }
  for (const Node& node : from_.preparation) {
    std::vector<Given> given;
    for (size_t i = 0; i < node.arguments.size(); ++i) {
      given.emplace_back(node.op->schema->arguments[i].name, mapped(node.arguments[i]));
    }
    const ValueId out = node.outputs.front();
    fresh_[index(out)] = at(node).call_once(node.target, std::move(given), from_[out].name);
  }
}

Argument Rebuild::mapped(const Argument& argument) const {
  const auto map = [&](ValueRef ref) {
    return ref.id == no_value ? ref : ValueRef{fresh_[index(ref.id)]};
  };
  if (const auto* one = std::get_if<ValueRef>(&argument)) return map(*one);
  if (const auto* list = std::get_if<ValueList>(&argument)) {
    ValueList mapped_list;
    for (const ValueRef ref : *list) mapped_list.push_back(map(ref));
    return mapped_list;
  }
  return argument;
}

GraphBuilder& Rebuild::at(const Node& node) {
  to_.set_origin(node.module, node.where);
  return to_;
}

void Rebuild::copy(const Node& node,
                   const std::function<void(const SchemaArgument&, Argument&)>& change) {
  at(node);
  std::vector<Given> given;
  for (size_t i = 0; i < node.arguments.size(); ++i) {
    Argument argument = mapped(node.arguments[i]);
    if (node.op && change) change(node.op->schema->arguments[i], argument);
    given.emplace_back(node.op ? node.op->schema->arguments[i].name : node.argument_names[i],
                       std::move(argument));
  }
  std::vector<ValueId> outputs;
  if (node.op) {
    std::vector<std::string> names;
    for (const ValueId id : node.outputs) names.push_back(id == no_value ? "" : from_[id].name);
    outputs = to_.call_all(node.target, std::move(given), std::move(names));
  } else {
    std::vector<std::pair<std::string, TensorType>> declared;
    for (const ValueId id : node.outputs) declared.emplace_back(from_[id].name, from_[id].type);
    outputs = to_.call_unknown(node.target, std::move(given), std::move(declared));
  }
  if (outputs.size() != node.outputs.size()) {
    throw Call(from_, node)
        .error("found " + std::to_string(outputs.size()) + " outputs after the rewrite, expected " +
               std::to_string(node.outputs.size()));
  }
  for (size_t i = 0; i < outputs.size(); ++i) {
    if (node.outputs[i] != no_value) fresh_[index(node.outputs[i])] = outputs[i];
  }
}

Graph Rebuild::finish() {
  std::vector<ValueId> outputs;
  for (const ValueId id : from_.outputs)
    outputs.push_back(id == no_value ? no_value : fresh_[index(id)]);
  return to_.finish(std::move(outputs));
}

}  // namespace opgauge
