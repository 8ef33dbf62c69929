// SPDX-License-Identifier: Apache-2.0
// Learning what the physical model leaves unexplained: per fitted class a Gaussian process on log(measured / model) over
// the coordinates of estimate/residual_coordinate.hpp (Rasmussen & Williams 2006, chapters 2 and 5). Whether it is kept is
// decided by the caller's cross-validation alone.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "estimate/case_facts.hpp"
#include "machine/op_residual.hpp"

namespace opgauge {

struct ResidualOptions {
  size_t least_cases = 30;       // fewer tell nothing beyond the physical model
  size_t most_points = 300;      // that a residual keeps of its cases, spread out
  size_t evidence_points = 120;  // cases by which lengths and noise are chosen
  double limit = 0.5;            // most that a residual corrects, in log
  double believed = 1;           // part of the correction that is applied: less where it is used on calls of another kind than learnt from
  double least_gain = 0.05;      // of the mean held-out |log error|
  double least_deviations = 1.5; // the gain in standard errors of itself
  uint64_t seed = 1;
};

// One measured call beside its physical prediction.
struct ResidualCase {
  std::string key;       // fitted class that predicts it
  const CaseFacts* facts = nullptr;
  double log_error = 0;  // log(measured / physical)
  double weight = 1;     // > 0; of a case that tells less, below 1
};

// One for every class with enough cases: lengths, signal and noise at the largest marginal likelihood, then the weights.
// Same cases and options, same result.
std::vector<ClassResidual> fit_residuals(std::span<const ResidualCase> cases, const ResidualOptions& options);
// The same with the lengths, signal and noise of `like`: what cross-validation fits to a part of the cases.
std::vector<ClassResidual> solve_residuals(std::span<const ClassResidual> like, std::span<const ResidualCase> cases,
                                           const ResidualOptions& options);

// One call that neither the physical model nor the residual had seen.
struct ResidualTrial {
  std::string key;
  size_t group = 0;               // network; errors within one are not independent
  double before = 0, after = 0;   // log(measured / predicted) without and with the residual
  double weight = 1;
};
// Erases from `residuals` all but those whose gain in mean |log error| is at least `least_gain` of it and more than
// `least_deviations` standard errors (over groups); sets their error_before and error_after.
void keep_gaining(std::vector<ClassResidual>& residuals, std::span<const ResidualTrial> trials, const ResidualOptions& options);

}  // namespace opgauge
