// SPDX-License-Identifier: Apache-2.0
#include "estimate/unforeseen.hpp"

#include "estimate/node_arguments.hpp"
#include "graph/liveness.hpp"

namespace opgauge {
namespace {

// A branch predictor learns the same mask by heart, run after run, unless it is long: half of one of so many elements.
constexpr double learnt_elements = 12000;

}  // namespace

void set_unforeseen(const Graph& graph, std::vector<CaseFacts>& all) {
  std::vector<bool> hangs(graph.values.size(), false);
  for (size_t i = 0; i < graph.values.size(); ++i) {
    const Value& value = graph.values[i];
    hangs[i] = (value.role == Role::input || value.role == Role::parameter) && is_floating(value.type.dtype);
  }
  for (size_t n = 0; n < graph.nodes.size(); ++n) {
    const Node& node = graph.nodes[n];
    CaseFacts& facts = all[n];
    if (facts.family == OpFamily::factory) continue;  // sizes alone
    bool any = false;
    for_each_operand(node, [&](ValueId id) { any = any || hangs[index(id)]; });
    for (const ValueId id : node.outputs) {
      if (id != no_value) hangs[index(id)] = any;
    }
    for (const char* name : {"condition", "mask"}) {
      const Argument* mask = facts.name == "where" || facts.name == "masked_fill" ? find_argument(node, name) : nullptr;
      const auto* given = mask ? std::get_if<ValueRef>(mask) : nullptr;
      if (given && given->id != no_value && hangs[index(given->id)]) facts.unforeseen_elements = facts.output_elements * beyond(facts.output_elements, learnt_elements);
    }
  }
}

}  // namespace opgauge
