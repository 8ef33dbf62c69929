// SPDX-License-Identifier: Apache-2.0
#include "graph/abridge.hpp"

#include "graph/rebuild.hpp"

namespace opgauge {
namespace {

// Indices, masks and lengths follow rules that random elements do not keep.
void keep_makers_of_whole_numbers(const Graph& graph, std::vector<bool>& keep) {
  std::vector<int64_t> made_by(graph.values.size(), -1);
  for (size_t n = 0; n < graph.nodes.size(); ++n) {
    for (const ValueId id : graph.nodes[n].outputs) {
      if (id != no_value) made_by[index(id)] = static_cast<int64_t>(n);
    }
  }
  for (size_t n = graph.nodes.size(); n-- > 0;) {
    if (!keep[n]) continue;
    for_each_operand(graph.nodes[n], [&](ValueId id) {
      const bool whole = !is_floating(graph[id].type.dtype);
      if (whole && made_by[index(id)] >= 0) keep[static_cast<size_t>(made_by[index(id)])] = true;
    });
  }
}

// A view of an input reaches no further than its own elements.
TensorType standing_alone(TensorType type) {
  type.offset = 0;
  return type;
}

}  // namespace

Abridged abridge(const Graph& graph, std::vector<bool> keep) {
  OPGAUGE_CHECK(keep.size() == graph.nodes.size(), "one mark per node");
  keep_makers_of_whole_numbers(graph, keep);

  std::vector<bool> read(graph.values.size(), false);
  for (const Node& node : graph.preparation)
    for_each_operand(node, [&](ValueId id) { read[index(id)] = true; });
  for (size_t n = 0; n < keep.size(); ++n) {
    if (keep[n]) for_each_operand(graph.nodes[n], [&](ValueId id) { read[index(id)] = true; });
  }

  // The same graph without what nothing reads any more: Rebuild declares every value that is left.
  Graph needed = graph;
  for (size_t i = 0; i < needed.values.size(); ++i) {
    if (!read[i]) needed.values[i].role = Role::intermediate;
  }
  Rebuild copy(needed);
  copy.declare([](ValueId, const Value& value) { return value.type; });

  Abridged out;
  for (size_t n = 0; n < keep.size(); ++n) {
    if (!keep[n]) continue;
    const Node& node = graph.nodes[n];
    for_each_operand(node, [&](ValueId id) {
      if (copy[id] != no_value) return;
      copy[id] = copy.builder().input(graph[id].name, standing_alone(graph[id].type));
    });
    copy.copy(node);
    out.node.push_back(n);
  }
  out.graph = copy.builder().finish({});
  return out;
}

}  // namespace opgauge
