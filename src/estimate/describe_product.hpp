// SPDX-License-Identifier: Apache-2.0
// The m, n, k of matrix products and attention, what of their operands is copied first, and which kernel takes them.
#pragma once

#include "estimate/case_facts.hpp"

namespace opgauge {

void describe_matmul(const Graph& graph, const Node& node, double l2_bytes, CaseFacts& facts);
void describe_attention(const Graph& graph, const Node& node, CaseFacts& facts);

}  // namespace opgauge
