// SPDX-License-Identifier: Apache-2.0
// Groups nodes into regions that run as one kernel. Every node is in exactly one region.
//
// eager: each node by itself. fused: a matrix product or convolution together with what compilers
// put behind it in the same kernel, in this order and each at most once: norm, residual add,
// activation. A node joins only if it is the only reader of the value before it and that value is
// no graph output. Not modelled: fusion of chains of pointwise ops without a product in front, of
// attention, or across views.
#pragma once

#include <cstddef>
#include <vector>

#include "estimate/estimate.hpp"
#include "graph/graph.hpp"

namespace opgauge {

struct Region {
  std::vector<size_t> nodes;  // in execution order, the leading one first
};

// Regions in the order of their first nodes.
std::vector<Region> partition(const Graph& graph, PartitionMode mode);

// What the region moves and computes: the sum over its nodes, less the values that never leave it.
// Throws Error for an op outside the table, unless `allow_unknown`: such a node then counts as
// nothing.
Work work_of(const Graph& graph, const Region& region, bool allow_unknown = false);

}  // namespace opgauge
