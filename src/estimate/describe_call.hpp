// SPDX-License-Identifier: Apache-2.0
// The part of a call's facts that depends on the kind of its op: the geometry of a convolution, the m, n, k of a product, the
// rows of a reduction, the runs of a copy, and which of ATen's kernels takes it. Rules name the place in ATen that they follow.
#pragma once

#include "estimate/case_facts.hpp"

namespace opgauge {

// `facts` has what every op has: name, family, dtype, bytes, elements, layout.
void describe_call(const Graph& graph, const Node& node, const CostConditions& conditions, CaseFacts& facts);

}  // namespace opgauge
