// SPDX-License-Identifier: Apache-2.0
#include "graph/liveness.hpp"

#include <algorithm>

#include "graph/op_table.hpp"

namespace opgauge {
namespace {

constexpr int64_t never = -1;          // no node touches this storage
constexpr int64_t always = INT64_MAX;  // it outlives the run

// For each storage, the node after which it is freed.
std::vector<int64_t> deaths(const Graph& graph) {
  std::vector<int64_t> death(static_cast<size_t>(graph.storages), never);
  const auto storage = [&](ValueId id) { return static_cast<size_t>(graph[id].storage); };
  for (size_t i = 0; i < graph.nodes.size(); ++i) {
    const auto touch = [&](ValueId id) { death[storage(id)] = static_cast<int64_t>(i); };
    for_each_operand(graph.nodes[i], touch);
    for (const ValueId id : graph.nodes[i].outputs) {
      if (id != no_value) touch(id);
    }
  }
  for (const ValueId id : graph.outputs) {
    if (id != no_value) death[storage(id)] = always;
  }
  for (const Value& value : graph.values) {
    if (value.role != Role::intermediate) death[static_cast<size_t>(value.storage)] = always;
  }
  return death;
}

// Storages that nothing but the preparation reads: dropped once it has run.
std::vector<bool> only_for_preparation(const Graph& graph) {
  std::vector<bool> only(static_cast<size_t>(graph.storages), false);
  const auto set = [&](ValueId id, bool value) {
    only[static_cast<size_t>(graph[id].storage)] = value;
  };
  for (const Node& node : graph.preparation) {
    for_each_operand(node, [&](ValueId id) { set(id, true); });
  }
  for (const Node& node : graph.nodes) {
    for_each_operand(node, [&](ValueId id) { set(id, false); });
  }
  for (const ValueId id : graph.outputs) {
    if (id != no_value) set(id, false);
  }
  return only;
}

// Bytes of a node's results that have no value in the graph: allocated with the others, freed right
// after the node.
int64_t unnamed_output_bytes(const Graph& graph, const Node& node) {
  bool any = false;
  for (const ValueId id : node.outputs) any = any || id == no_value;
  if (!any || !node.op) return 0;
  int64_t bytes = 0;
  const std::vector<Result> results = node.op->infer(Call(graph, node));
  for (size_t i = 0; i < results.size() && i < node.outputs.size(); ++i) {
    if (node.outputs[i] == no_value && results[i].shares == no_value)
      bytes += std::max(results[i].type.storage_bytes(), results[i].storage_bytes);
  }
  return bytes;
}

}  // namespace

std::vector<std::vector<ValueId>> last_uses(const Graph& graph) {
  const std::vector<int64_t> death = deaths(graph);
  std::vector<std::vector<ValueId>> dying(graph.nodes.size());
  std::vector<bool> listed(death.size(), false);
  for (size_t i = 0; i < graph.values.size(); ++i) {
    const auto storage = static_cast<size_t>(graph.values[i].storage);
    if (death[storage] == never || death[storage] == always || listed[storage]) continue;
    listed[storage] = true;
    dying[static_cast<size_t>(death[storage])].push_back(ValueId(static_cast<int32_t>(i)));
  }
  return dying;
}

namespace {

// Bytes of each storage: what the first value on it was allocated with.
std::vector<int64_t> storage_bytes(const Graph& graph) {
  std::vector<int64_t> bytes(static_cast<size_t>(graph.storages), 0);
  std::vector<bool> seen(static_cast<size_t>(graph.storages), false);
  for (const Value& value : graph.values) {
    const auto storage = static_cast<size_t>(value.storage);
    if (seen[storage]) continue;
    seen[storage] = true;
    bytes[storage] =
        std::max(value.type.storage_bytes() + value.type.offset * size_bytes(value.type.dtype),
                 value.storage_bytes);
  }
  return bytes;
}

}  // namespace

std::vector<int64_t> live_bytes(const Graph& graph) {
  const std::vector<int64_t> bytes = storage_bytes(graph);
  const std::vector<std::vector<ValueId>> dying = last_uses(graph);
  std::vector<bool> born(static_cast<size_t>(graph.storages), false);
  for (const Value& value : graph.values) {
    if (value.role != Role::intermediate) born[static_cast<size_t>(value.storage)] = true;
  }
  std::vector<int64_t> during;
  int64_t live = 0;
  for (size_t i = 0; i < graph.nodes.size(); ++i) {
    const Node& node = graph.nodes[i];
    for (const ValueId id : node.outputs) {
      if (id == no_value) continue;
      const auto storage = static_cast<size_t>(graph[id].storage);
      if (born[storage]) continue;
      born[storage] = true;
      live += bytes[storage];
    }
    during.push_back(live + scratch_bytes_of(graph, node) + unnamed_output_bytes(graph, node));
    for (const ValueId id : dying[i]) live -= bytes[static_cast<size_t>(graph[id].storage)];
  }
  return during;
}

MemoryPlan plan_memory(const Graph& graph) {
  MemoryPlan plan;
  const std::vector<int64_t> bytes = storage_bytes(graph);
  const std::vector<bool> dropped = only_for_preparation(graph);
  std::vector<bool> seen(static_cast<size_t>(graph.storages), false);
  for (const Value& value : graph.values) {
    const auto storage = static_cast<size_t>(value.storage);
    if (seen[storage]) continue;
    seen[storage] = true;
    if (value.role == Role::input) {
      plan.input_bytes += bytes[storage];
    } else if (value.role != Role::intermediate && !dropped[storage]) {
      plan.parameter_bytes += bytes[storage];
    }
  }
  const std::vector<int64_t> live = live_bytes(graph);
  for (size_t i = 0; i < live.size(); ++i) {
    if (live[i] <= plan.peak_intermediate_bytes) continue;
    plan.peak_intermediate_bytes = live[i];
    plan.peak_node = i;
  }
  return plan;
}

int64_t looked_up_bytes(const Graph& graph, const Node& node) {
  if (!node.op || node.outputs.empty() || node.outputs[0] == no_value) return 0;
  const TensorType& y = graph[node.outputs[0]].type;
  if (!node.target.starts_with("aten::embedding_bag")) return y.bytes();
  return Call(graph, node).tensor("indices").numel() * y.sizes[1] * size_bytes(y.dtype);
}

int64_t touched_bytes(const Graph& graph) {
  int64_t bytes = plan_memory(graph).peak_live_bytes();
  struct Table {
    int64_t bytes = 0, looked_up = 0;
    bool read = false;  // whole, by another op
  };
  std::vector<Table> tables(static_cast<size_t>(graph.storages));
  for (const Node& node : graph.nodes) {
    bool first = node.op && node.op->family == OpFamily::indexing && !node.outputs.empty() && node.outputs[0] != no_value;
    for_each_operand(node, [&](ValueId id) {
      const Value& value = graph[id];
      Table& table = tables[static_cast<size_t>(value.storage)];
      if (first && value.role != Role::intermediate && value.role != Role::input) {
        table.bytes = value.type.storage_bytes();
        table.looked_up += looked_up_bytes(graph, node);
      } else {
        table.read = true;
      }
      first = false;
    });
  }
  for (const Table& table : tables) {
    if (!table.read) bytes -= std::max<int64_t>(0, table.bytes - table.looked_up);
  }
  return bytes;
}

}  // namespace opgauge
