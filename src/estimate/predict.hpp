// SPDX-License-Identifier: Apache-2.0
// The estimator's pipeline, pure value to value:
//
//   graph (shapes are in it) -> partition -> map onto the machine -> latency, memory, energy ->
//   totals
//
//   Estimate e = predict(graph, machine, {.threads = 2});
//
// It opens no file and no library, and does the same for the same arguments.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "estimate/case_key.hpp"
#include "estimate/estimate.hpp"
#include "estimate/roofline.hpp"
#include "graph/graph.hpp"
#include "machine/machine.hpp"

namespace opgauge {

struct EstimateOptions {
  int threads = 1;
  PartitionMode mode = PartitionMode::eager;
  std::string estimator = "auto";  // a row of estimators(), or "auto": see fitting_estimator()
  const Calibration* calibration = nullptr;  // nullptr: assumed coefficients, labelled so
  const CaseTimes* case_times = nullptr;     // what this machine has timed; nullptr: nothing
  bool with_regions = true;                  // false: totals only, for many configurations a second
  bool with_text = true;                     // case texts in the regions
  bool allow_unknown = false;  // leave out ops outside the table, total is a lower bound
};

// "calibrated" where the calibration has an op-level model for this thread count and for the dtype of
// the graph's products; else "roofline".
std::string_view fitting_estimator(const Graph& graph, const EstimateOptions& options);

// Precision is a property of the graph: each region is timed by the dtype that its arithmetic runs
// in. Errors: an op outside the table, an unknown estimator, no ceiling for a dtype with
// multiply-adds, no bandwidths, threads < 1.
Estimate predict(const Graph& graph, const Machine& machine, const EstimateOptions& options = {});

}  // namespace opgauge
