// SPDX-License-Identifier: Apache-2.0
#include "estimate/node_arguments.hpp"

#include "graph/op_table.hpp"

namespace opgauge {

const Argument* find_argument(const Node& node, std::string_view name) {
  if (!node.op) return nullptr;
  const int at = node.op->schema->index(name);
  return at < 0 ? nullptr : &node.arguments[static_cast<size_t>(at)];
}

const TensorType* tensor_argument(const Graph& graph, const Node& node, std::initializer_list<std::string_view> names) {
  for (const std::string_view name : names) {
    const Argument* argument = find_argument(node, name);
    if (!argument) continue;
    const auto* ref = std::get_if<ValueRef>(argument);
    if (ref && ref->id != no_value) return &graph[ref->id].type;
  }
  return nullptr;
}

Dims ints_argument(const Node& node, std::string_view name) {
  const Argument* argument = find_argument(node, name);
  if (!argument) return {};
  if (const auto* list = std::get_if<Dims>(argument)) return *list;
  if (const auto* one = std::get_if<int64_t>(argument)) return {*one};
  return {};
}

bool flag_argument(const Node& node, std::string_view name) {
  const Argument* argument = find_argument(node, name);
  const auto* flag = argument ? std::get_if<bool>(argument) : nullptr;
  return flag && *flag;
}

int64_t at_or(const Dims& dims, size_t i, int64_t otherwise) {
  if (dims.empty()) return otherwise;
  return i < dims.size() ? dims[i] : dims.back();
}

}  // namespace opgauge
