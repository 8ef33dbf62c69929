// SPDX-License-Identifier: Apache-2.0
// The geometry of a convolution, and whether oneDNN or ATen's own product takes it.
#pragma once

#include "estimate/case_facts.hpp"

namespace opgauge {

void describe_convolution(const Graph& graph, const Node& node, double l2_bytes, CaseFacts& facts);

}  // namespace opgauge
