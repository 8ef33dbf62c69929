// SPDX-License-Identifier: Apache-2.0
#include "measure/precision.hpp"

#include <algorithm>

#include "graph/rebuild.hpp"

namespace opgauge {

Ranges observe_ranges(Device& device, const Graph& graph, const std::vector<ValueId>& values,
                      const StoredTensors& stored, const StoredTensors& inputs) {
  Rebuild copy(graph);
  std::vector<ValueId> extremes;
  std::vector<std::string> names;
  // At once, before anything overwrites the value in place.
  const auto observe = [&](ValueId id) {
    if (std::find(values.begin(), values.end(), id) == values.end()) return;
    names.push_back(graph[id].name);
    extremes.push_back(copy.builder().call("aten::amin", {{"self", copy[id]}}));
    extremes.push_back(copy.builder().call("aten::amax", {{"self", copy[id]}}));
  };
  copy.declare([](ValueId, const Value& value) { return value.type; });
  for (const ValueId id : graph.inputs) observe(id);
  for (const Node& node : graph.nodes) {
    copy.copy(node);
    for (const ValueId id : node.outputs) {
      if (id != no_value) observe(id);
    }
  }
  const Graph observed = copy.builder().finish(extremes);
  const auto elements = device.prepare(observed, stored, inputs)->outputs();
  Ranges ranges;
  for (size_t i = 0; i < names.size(); ++i) {
    ranges[names[i]] = {elements[2 * i].at(0), elements[2 * i + 1].at(0)};
  }
  return ranges;
}

Graph in_precision(Device& device, const Graph& graph, std::string_view precision,
                   const StoredTensors& stored, const StoredTensors& inputs) {
  if (precision != "int8") return to_precision(graph, precision);
  const Graph full = to_precision(graph, "fp32");
  return to_int8(full, observe_ranges(device, full, ranges_wanted(full), stored, inputs),
                 device.int8_activation_levels());
}

StoredTensors with_types(const Graph& graph, StoredTensors stored) {
  for (const Value& value : graph.values) {
    const auto at = stored.find(value.role == Role::input ? value.name : value.source);
    if (value.role == Role::intermediate || at == stored.end() || at->second.type) continue;
    at->second.type = value.type;
  }
  return stored;
}

}  // namespace opgauge
