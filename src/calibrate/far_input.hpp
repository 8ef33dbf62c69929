// SPDX-License-Identifier: Apache-2.0
// Calls of a designed network that are measured but not fitted: those that only move bytes, of a large input of the network
// that no call before them has touched. Such bytes lie where the networks visited in between left them, in memory, while
// models find what they move in a cache. And the call that stands for the rest of a model (Block::surround). The design counts such a call among no class's cases, the fit takes none.
#pragma once

#include <span>
#include <vector>

#include "estimate/case_facts.hpp"
#include "graph/graph.hpp"

namespace opgauge {

// The call that stands for the rest of a model.
bool is_surroundings(const CaseFacts& facts, double l2_bytes);

// One flag a node; `facts` are the nodes' (facts_of). Large is more than a quarter of `l2_bytes`.
std::vector<bool> reads_far_input(const Graph& graph, std::span<const CaseFacts> facts, double l2_bytes);

}  // namespace opgauge
