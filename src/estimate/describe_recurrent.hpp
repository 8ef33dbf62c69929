// SPDX-License-Identifier: Apache-2.0
// Steps, rows and gates of a recurrent layer or of a single cell, and the weights that each step reads again.
#pragma once

#include "estimate/case_facts.hpp"

namespace opgauge {

void describe_recurrent(const Graph& graph, const Node& node, double l2_bytes, CaseFacts& facts);

}  // namespace opgauge
