// SPDX-License-Identifier: Apache-2.0
// From observations to the op-level model: fit each class along the tree, cross-validate over networks, learn how errors
// add up, set the interval factor by split conformal prediction on the held-out networks.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "calibrate/observe.hpp"
#include "estimate/op_predictor.hpp"

namespace opgauge {

struct OpFitOptions {
  CostConditions conditions;
  int folds = 5;
  uint64_t seed = 1;
  double prior_cases = 3;      // weight of the parent's prediction, in cases
  double center_cases = 0.5;   // weight of the parent's coefficients, in cases
  double half_weight_s = 2e-5; // a call of this time counts half: shorter ones are mostly clock and dispatch
};

// One call, held out or in the fit.
struct FittedCase {
  size_t network = 0, node = 0;
  size_t cost_class = 0;
  std::string key, variant_key;
  double measured_s = 0;
  double held_out_s = 0;  // predicted by a model that never saw this network
};

struct OpFitResult {
  OpModel model;
  std::vector<FittedCase> cases;
  std::vector<double> network_measured_s, network_held_out_s;
};

// Throws Error if there are no observations. Same observations and options, same result.
OpFitResult fit_op_model(std::span<const Observation> observations, const OpFitOptions& options);

}  // namespace opgauge
