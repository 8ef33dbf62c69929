// SPDX-License-Identifier: Apache-2.0
// Where the memory lay that a call's results are written to. Freed memory is taken again, so small results mostly find theirs
// in a cache, while an image's first results after a long run were last touched a whole run ago: every line is fetched from
// memory before it is written, and written back later. The heap is played through for two runs, as an allocator that keeps
// its memory does it: best fit, neighbours joined (glibc malloc with `--allocator resident`).
#pragma once

#include <span>
#include <vector>

#include "graph/graph.hpp"

namespace opgauge {

// For each node the bytes of its results, weighted by `beyond` of what was moved since their memory was last touched against
// `capacity_bytes`. `moved_bytes`: what each node reads and writes.
std::vector<double> cold_result_bytes(const Graph& graph, std::span<const double> moved_bytes, double capacity_bytes);

}  // namespace opgauge
