// SPDX-License-Identifier: Apache-2.0
// The rows of norms, softmax, reductions, sorts and selections, and whether they lie together in memory.
#pragma once

#include "estimate/case_facts.hpp"

namespace opgauge {

// Norms, softmax, reductions.
void describe_rows(const Graph& graph, const Node& node, CaseFacts& facts);
void describe_sort(const Graph& graph, const Node& node, CaseFacts& facts);

}  // namespace opgauge
