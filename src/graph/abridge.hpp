// SPDX-License-Identifier: Apache-2.0
// Some of a graph's nodes as a graph of their own, so that a few calls of a large model can run
// between their own neighbours without the rest.
#pragma once

#include <vector>

#include "graph/graph.hpp"

namespace opgauge {

struct Abridged {
  Graph graph;
  std::vector<size_t> node;  // for each of its nodes, the node of the original
};

// Keeps the nodes that `keep` marks (one place per node), in their order. What the others would have
// made becomes an input of the same dtype, sizes and strides; parameters, buffers and constants stay
// what they are, those that nothing reads are left out. Makers of whole numbers and truths are kept
// too, as far as kept nodes read them: indices must stay in range. Throws Error naming a node that
// does not take such an input.
Abridged abridge(const Graph& graph, std::vector<bool> keep);

}  // namespace opgauge
