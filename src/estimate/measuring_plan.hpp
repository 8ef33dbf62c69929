// SPDX-License-Identifier: Apache-2.0
// Which of a graph's cases to measure in a given time: those that take the most uncertainty out of the
// total for the time that measuring them takes, and the calls beside them that give them their
// context. Pure: it measures nothing.
#pragma once

#include <vector>

#include "estimate/measured_sum.hpp"

namespace opgauge {

struct MeasuringPlan {
  std::vector<size_t> cases;  // indices into GraphCases::cases, the most useful first
  std::vector<bool> keep;     // per node: runs while measuring
  std::vector<bool> scored;   // per node: its time counts for its case; the others only lead up to it
  bool whole = false;         // every node runs and is scored: the true context
  double pass_s = 0;          // predicted time of one pass over what is kept
  double model_s = 0;         // predicted time of the whole graph
  double budget_s = 0;        // time to measure for: less than was given if much is known already
};

struct PlanSettings {
  double budget_s = 2;
  int visits = 40;         // passes after which more say little
  int least_visits = 5;    // fewer are not worth measuring
  double whole_share = 0.5;  // run the whole graph if this part of its time is to be measured
  double enough_sd = 0.3;  // stop when what is left adds less than this part of the model's floor
};

// `sum`: what is known so far (cases in the database replaced). Empty `cases`: nothing is worth it.
MeasuringPlan plan_measuring(const Graph& graph, const GraphCases& cases, const MeasuredSum& sum,
                             const OpModel& model, const PlanSettings& settings);

}  // namespace opgauge
