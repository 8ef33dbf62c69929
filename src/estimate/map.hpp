// SPDX-License-Identifier: Apache-2.0
// Maps regions onto a machine: what each would cost at the machine's own measured rates, before any
// derate.
//
// Arithmetic: multiply-adds run at the ceiling of their dtype, all other arithmetic at half the f32
// ceiling (no fused multiply-add; PyTorch computes pointwise ops of half types in f32).
//
// Memory: an operand comes out of the nearest level that still holds it. How far it is follows from
// its reuse distance: the bytes that were touched since it was touched last, in repeated inference
// (parameters: since the inference before). A level of capacity C serves all of a distance D <= C,
// none of D >= 2 C, and linearly less between (caches do not replace strictly oldest-first).
// Results are written at the distance of the region's own working set. Not modelled: conflict
// misses, prefetching, traffic of a blocked product that reads an operand more than once.
#pragma once

#include <array>
#include <vector>

#include "estimate/partition.hpp"
#include "estimate/roofline.hpp"
#include "graph/graph.hpp"
#include "machine/machine.hpp"

namespace opgauge {

// A machine's rates on a number of threads. Throws Error: threads < 1, no or too many levels, a
// level without bandwidth, no f32 ceiling.
struct Rates {
  struct Level {
    std::string name;
    double capacity_bytes = 0;
    double bytes_per_s = 0;
  };
  Rates(const Machine& machine, int threads);

  std::string machine;
  int threads;
  std::vector<Level> levels;                                        // nearest first
  std::array<std::optional<double>, precision_count> multiply_add;  // FLOP/s by precision
  std::optional<double> f64;                                        // FLOP/s
  double other_per_s;                                               // other operations
};

struct RegionLoad {
  Precision precision = Precision::fp32;
  int calls = 0;  // that do something
  int views = 0;  // that only make a view
  Work work;
  double working_set_bytes = 0;  // distinct operands and results
  double compute_s = 0;          // at the ceiling
  double row_s = 0;              // one more row per core of its product, at the ceiling
  std::array<double, max_levels> level_bytes{};
  std::array<double, max_levels> level_s{};  // at the measured bandwidths
};

// The dtype that a node's arithmetic runs in, and its cost class is fitted for: that of its first tensor operand (of int8
// products the activations), without one that of its result.
Dtype arithmetic_dtype(const Graph& graph, const Node& node);

// Loads in the order of the regions. Errors: an op outside the table (unless allow_unknown), no
// ceiling for a dtype that multiply-adds run in.
std::vector<RegionLoad> map_regions(const Graph& graph, const std::vector<Region>& regions,
                                    const Rates& rates, double footprint_bytes,
                                    bool allow_unknown = false);

// Share of an access at reuse distance `distance_bytes` that each level serves; sums to 1.
std::array<double, max_levels> level_shares(const Rates& rates, double distance_bytes);

}  // namespace opgauge
