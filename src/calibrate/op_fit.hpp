// SPDX-License-Identifier: Apache-2.0
// From observations to the op-level model: fit each class along the tree, cross-validate over networks, learn how errors
// add up, set the interval factor by split conformal prediction on the held-out networks.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "base/statistics.hpp"
#include "calibrate/observe.hpp"
#include "calibrate/residual.hpp"
#include "estimate/op_predictor.hpp"

namespace opgauge {

struct OpFitOptions {
  CostConditions conditions;
  int folds = 5;
  uint64_t seed = 1;
  double prior_cases = 3;      // weight of the parent's prediction, in cases ...
  double far_prior_cases = 4;  // ... and of its prediction for calls thirty times as large
  double half_believed_log_error = 0.1;  // of the parent on the class's own cases (median), with which these count half
  double center_cases = 0.1;   // weight of the parent's coefficients, in cases
  double pooled_cases = 0.2;   // weight of what all classes say of a byte from memory, in cases that consist of it
  double half_weight_s = 2e-5; // a call of this time counts half: shorter ones are mostly clock and dispatch
  // A model is off by less than a composite of networks: it has more classes, and shapes that repeat. Measured on the
  // development set, where nine in ten models were within 0.4 to 0.6 of what held nine in ten composites.
  double model_over_composite = 0.65;
  // Exponent of the factor by which a class's sums exceed its predictions. Held-out networks share the day: models' sums exceed
  // theirs by less.
  double sum_belief = 1;
  bool with_residuals = true;  // learn what the classes leave unexplained, keep it where it helps
  ResidualOptions residuals;
};

// One call, held out or in the fit.
struct FittedCase {
  size_t network = 0, node = 0;
  size_t cost_class = 0;
  std::string key, variant_key;
  double measured_s = 0;
  double held_out_s = 0;  // predicted by a model that never saw this network
  std::string residual_key = {};      // fitted class of that prediction
  double held_out_physical_s = 0;     // the same without the residual of the class
};

struct OpFitResult {
  OpModel model;
  std::vector<FittedCase> cases;
  std::vector<double> network_measured_s, network_held_out_s;  // sums over the cases of a network; 0 if it has none

  std::vector<std::vector<size_t>> nodes_of_networks() const;  // that are cases
  ErrorSummary network_errors() const;                         // held out, over the networks that have cases
};

// Throws Error if there are no observations. Same observations and options, same result.
OpFitResult fit_op_model(std::span<const Observation> observations, const OpFitOptions& options);

// The physical fits alone, without cross-validation, intervals and residuals, of the calls for which `use` holds: what
// leave-one-out scoring repeats. `path_to`: a key ("linear@bf16"); only its ancestors are fitted. No classes if no call is used.
OpModel fit_classes(std::span<const Observation> observations, const OpFitOptions& options,
                    const std::function<bool(size_t network, const CaseFacts& facts)>& use, const std::string& path_to = "");

}  // namespace opgauge
