// SPDX-License-Identifier: Apache-2.0
// When storages come to life and die, as the executor and LibTorch's CPU allocator do it: an output
// is allocated when its op runs, together with the op's scratch; a storage is freed after the last
// node that reads any value on it; graph outputs live to the end. Inputs, parameters, buffers and
// constants live throughout.
#pragma once

#include <cstdint>
#include <vector>

#include "graph/graph.hpp"

namespace opgauge {

struct MemoryPlan {
  int64_t parameter_bytes = 0;  // parameters, buffers and constants, each storage once
  int64_t input_bytes = 0;
  int64_t peak_intermediate_bytes = 0;  // highest sum of live intermediate storages and scratch
  size_t peak_node = 0;                 // the node during which that happens
  // Peak of everything live: parameters + inputs + intermediates.
  int64_t peak_live_bytes() const {
    return parameter_bytes + input_bytes + peak_intermediate_bytes;
  }
};

// For each node, the values whose storages die with it (one value per storage).
std::vector<std::vector<ValueId>> last_uses(const Graph& graph);
MemoryPlan plan_memory(const Graph& graph);
// Bytes of the rows that an indexing op reads of a table: of one that sums rows they are more than its results.
int64_t looked_up_bytes(const Graph& graph, const Node& node);
// Bytes that one run touches, and so what lies between two readings of a weight: the peak of everything
// live, since memory is used again within a run; of a table that is only looked up in, the rows read.
int64_t touched_bytes(const Graph& graph);
// For each node, the intermediate storages and scratch that are live while it runs, in bytes.
std::vector<int64_t> live_bytes(const Graph& graph);

}  // namespace opgauge
