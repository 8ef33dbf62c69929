// SPDX-License-Identifier: Apache-2.0
#include "graph/builder.hpp"

#include <cctype>

namespace opgauge {

GraphBuilder::GraphBuilder(std::string name) { graph_.name = std::move(name); }

std::string GraphBuilder::unique_name(std::string wished) {
  if (wished.empty()) wished = "v";
  for (char& c : wished) {
    if (!std::isalnum(static_cast<unsigned char>(c))) c = '_';
  }
  if (std::isdigit(static_cast<unsigned char>(wished[0]))) wished.insert(0, "v");
  std::string name = wished;
  for (size_t i = graph_.values.size(); !names_.insert(name).second; ++i) {
    name = wished + "_" + std::to_string(i);
  }
  return name;
}

ValueId GraphBuilder::add_value(std::string name, TensorType type, Role role, std::string source,
                                ValueId shares) {
  type.check();
  Value value;
  value.name = unique_name(std::move(name));
  value.type = std::move(type);
  value.role = role;
  value.source = std::move(source);
  value.storage = shares == no_value ? graph_.storages++ : graph_[shares].storage;
  graph_.values.push_back(std::move(value));
  return ValueId(static_cast<int32_t>(graph_.values.size() - 1));
}

ValueId GraphBuilder::input(std::string name, TensorType type) {
  const ValueId id = add_value(std::move(name), std::move(type), Role::input, "", no_value);
  graph_.inputs.push_back(id);
  return id;
}
ValueId GraphBuilder::parameter(std::string source, TensorType type, ValueId shares) {
  return add_value("p_" + source, std::move(type), Role::parameter, source, shares);
}
ValueId GraphBuilder::buffer(std::string source, TensorType type, ValueId shares) {
  return add_value("b_" + source, std::move(type), Role::buffer, source, shares);
}
ValueId GraphBuilder::constant(std::string source, TensorType type, ValueId shares) {
  return add_value("c_" + source, std::move(type), Role::constant, source, shares);
}

ValueId GraphBuilder::declare(std::string name, TensorType type, Role role, std::string source,
                              ValueId shares) {
  OPGAUGE_CHECK(role != Role::intermediate, "intermediate values are made by calls");
  const ValueId id = add_value(std::move(name), std::move(type), role, std::move(source), shares);
  if (role == Role::input) graph_.inputs.push_back(id);
  return id;
}

void GraphBuilder::set_origin(std::string module, std::string where) {
  module_ = std::move(module);
  where_ = std::move(where);
}

Node GraphBuilder::make_node(std::string_view target, std::vector<Given> given) {
  Node node;
  node.op = find_op(target);
  node.target = target;
  node.module = module_;
  node.where = where_;
  if (!node.op) throw Call(graph_, node).error("op is not in the op table");
  std::vector<std::pair<std::string, Argument>> pairs;
  pairs.reserve(given.size());
  for (Given& one : given) pairs.emplace_back(std::move(one.name), std::move(one.value));
  try {
    node.arguments = normalize(*node.op, std::move(pairs));
  } catch (const Error& error) {
    throw Call(graph_, node).error(error.message());
  }
  return node;
}

void GraphBuilder::add_outputs(Node& node, Role role, const std::vector<std::string>& names) {
  std::vector<Result> results = node.op->infer(Call(graph_, node));
  for (size_t i = 0; i < results.size(); ++i) {
    std::string name = i < names.size() ? names[i] : "";
    if (name == "_") {
      node.outputs.push_back(no_value);
      continue;
    }
    if (name.empty()) {
      name = node.op->schema->target;
      name = name.substr(name.find("::") + 2);
      name = name.substr(0, name.find('.'));
    }
    node.outputs.push_back(
        add_value(std::move(name), std::move(results[i].type), role, "", results[i].shares));
    graph_[node.outputs.back()].storage_bytes = results[i].storage_bytes;
  }
}

std::vector<ValueId> GraphBuilder::call_all(std::string_view target, std::vector<Given> given,
                                            std::vector<std::string> names) {
  Node node = make_node(target, std::move(given));
  add_outputs(node, Role::intermediate, names);
  graph_.nodes.push_back(std::move(node));
  return graph_.nodes.back().outputs;
}

std::vector<ValueId> GraphBuilder::call_all_once(std::string_view target, std::vector<Given> given,
                                                 std::vector<std::string> names) {
  Node node = make_node(target, std::move(given));
  for_each_operand(node, [&](ValueId id) {
    const Role role = graph_[id].role;
    if (role == Role::input || role == Role::intermediate) {
      throw Call(graph_, node).error("%" + graph_[id].name + " is not known before the first run");
    }
  });
  add_outputs(node, Role::constant, names);
  graph_.preparation.push_back(std::move(node));
  return graph_.preparation.back().outputs;
}

ValueId GraphBuilder::call_once(std::string_view target, std::vector<Given> given,
                                std::string name) {
  return call_all_once(target, std::move(given), {std::move(name)}).front();
}

ValueId GraphBuilder::call(std::string_view target, std::vector<Given> given, std::string name) {
  const std::vector<ValueId> outputs = call_all(target, std::move(given), {std::move(name)});
  return outputs.empty() ? no_value : outputs.front();
}

namespace {

// Without a schema None and the empty list have one form each, so that the text form can give it back.
Argument one_form(Argument value) {
  if (const auto* ref = std::get_if<ValueRef>(&value); ref && ref->id == no_value) return std::monostate();
  const auto is_empty = [&]<class T>(const T* list) { return list && list->empty(); };
  if (is_empty(std::get_if<ValueList>(&value)) || is_empty(std::get_if<std::vector<bool>>(&value)) ||
      is_empty(std::get_if<std::vector<double>>(&value))) {
    return Dims{};
  }
  return value;
}

}  // namespace

std::vector<ValueId> GraphBuilder::call_unknown(
    std::string target, std::vector<Given> given,
    std::vector<std::pair<std::string, TensorType>> outputs) {
  Node node;
  node.target = std::move(target);
  node.module = module_;
  node.where = where_;
  for (Given& one : given) {
    node.argument_names.push_back(std::move(one.name));
    node.arguments.push_back(one_form(std::move(one.value)));
  }
  for (auto& [name, type] : outputs) {
    if (name == "_") {
      node.outputs.push_back(no_value);
      continue;
    }
    node.outputs.push_back(add_value(name, std::move(type), Role::intermediate, "", no_value));
  }
  graph_.nodes.push_back(std::move(node));
  return graph_.nodes.back().outputs;
}

Graph GraphBuilder::finish(std::vector<ValueId> outputs) {
  graph_.outputs = std::move(outputs);
  return std::move(graph_);
}

void verify(const Graph& graph) {
  std::unordered_set<std::string_view> names;
  std::vector<bool> defined(graph.values.size(), false);
  for (size_t i = 0; i < graph.values.size(); ++i) {
    const Value& value = graph.values[i];
    if (!names.insert(value.name).second) throw Error("%" + value.name, "two values have this name");
    if (value.storage < 0 || value.storage >= graph.storages) {
      throw Error("%" + value.name, "storage is out of range");
    }
    if (value.role != Role::intermediate) defined[i] = true;
  }
  const auto known = [&](ValueId id) { return index(id) < graph.values.size(); };
  for (const Node& node : graph.nodes) {
    const Call call(graph, node);
    for_each_operand(node, [&](ValueId id) {
      if (!known(id)) throw call.error("operand is out of range");
      if (!defined[index(id)]) throw call.error("%" + graph[id].name + " is read before it is written");
    });
    if (node.op) {
      const std::vector<Result> results = node.op->infer(call);
      if (results.size() != node.outputs.size()) {
        throw call.error("found " + std::to_string(node.outputs.size()) + " outputs, expected " +
                         std::to_string(results.size()));
      }
      for (size_t i = 0; i < results.size(); ++i) {
        const ValueId id = node.outputs[i];
        if (id == no_value) continue;
        if (!(graph[id].type == results[i].type)) {
          throw call.error("type of %" + graph[id].name + " is not what inference gives");
        }
        if (results[i].shares != no_value && graph[id].storage != graph[results[i].shares].storage) {
          throw call.error("%" + graph[id].name + " should share the storage of %" +
                           graph[results[i].shares].name);
        }
      }
    }
    for (const ValueId id : node.outputs) {
      if (id == no_value) continue;
      if (!known(id)) throw call.error("output is out of range");
      if (defined[index(id)]) throw call.error("%" + graph[id].name + " is written twice");
      defined[index(id)] = true;
    }
  }
  for (const ValueId id : graph.outputs) {
    if (id != no_value && (!known(id) || !defined[index(id)])) {
      throw Error("return", "an output is not defined");
    }
  }
}

}  // namespace opgauge
