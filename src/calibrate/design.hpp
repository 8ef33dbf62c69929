// SPDX-License-Identifier: Apache-2.0
// Which networks calibration runs. Many candidates are drawn from the archetypes; the ones that fill the most unseen
// cells of (cost class x shape) for their running time are kept, until every class has enough cases and the time for
// one pass over all networks is used up.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "estimate/case_facts.hpp"
#include "graph/graph.hpp"

namespace opgauge {

// A guess of what a call takes, for spreading the time of a calibration, never for results.
struct SpeedGuess {
  double call_s, flops_per_s, bytes_per_s;
};
inline constexpr SpeedGuess core_speed{2e-6, 5e10, 1e10}, card_speed{8e-6, 1e13, 1e12};

struct DesignOptions {
  uint64_t seed = 1;
  int networks = 1040;
  int candidates_each = 24;       // drawn for every network that may be kept
  int least_cases = 50;           // of each cost class that the archetypes can produce
  double pass_s = 1.6;            // guessed time of one pass over all kept networks
  CostConditions conditions;
  SpeedGuess speed = core_speed;
  std::string precision = "fp32"; // of the networks (to_precision); those with an op that it lacks are left out
  int64_t most_samples = 1;       // batches are up to so many times as large: what fills a core leaves a card idle
};

struct DesignedNetwork {
  std::string archetype;
  Graph graph;
  double guess_s = 0;  // by `speed`; only for spreading the time
};

struct Design {
  std::vector<DesignedNetwork> networks;
  int drawn = 0;
  int refused = 0;                  // candidates that the op table refused
  std::vector<std::string> reasons; // distinct, at most 20
};

Design make_design(const DesignOptions& options);

// Cases of each cost-class key in a set of networks, those that the fit leaves out (calibrate/far_input.hpp) not counted.
std::vector<std::pair<std::string, int>> count_cases(const Design& design, const CostConditions& conditions);

}  // namespace opgauge
