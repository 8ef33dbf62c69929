// SPDX-License-Identifier: Apache-2.0
#include "calibrate/far_input.hpp"

namespace opgauge {

bool is_surroundings(const CaseFacts& facts, double l2_bytes) {
  return facts.family == OpFamily::reduction && facts.input_bytes == 0 && facts.weight_bytes > l2_bytes;
}

std::vector<bool> reads_far_input(const Graph& graph, std::span<const CaseFacts> facts, double l2_bytes) {
  std::vector<bool> far(graph.nodes.size(), false), touched(static_cast<size_t>(graph.storages), false);
  for (size_t n = 0; n < graph.nodes.size(); ++n) {
    if (facts[n].is_view) continue;
    bool untouched = false;
    for_each_operand(graph.nodes[n], [&](ValueId id) {
      const Value& value = graph[id];
      const auto storage = static_cast<size_t>(value.storage);
      untouched = untouched || (value.role == Role::input && !touched[storage]);
      touched[storage] = true;
    });
    const OpFamily family = facts[n].family;
    const bool moves = family == OpFamily::pointwise || family == OpFamily::normalization || family == OpFamily::softmax ||
                       family == OpFamily::reduction || family == OpFamily::copy || family == OpFamily::pool;
    far[n] = is_surroundings(facts[n], l2_bytes) || (untouched && moves && facts[n].input_bytes > l2_bytes / 4);
  }
  return far;
}

}  // namespace opgauge
