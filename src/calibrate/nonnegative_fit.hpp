// SPDX-License-Identifier: Apache-2.0
// Robust non-negative fit of one class: minimise, over least <= c <= most,
//
//   sum_i w_i huber((phi_i . c - t_i) / sqrt(t_i p_i)) + prior
//
// by iterated reweighting, p_i being the last pass's prediction: (p - t) / sqrt(t p) is the logarithm of p / t to second
// order, and each pass is a convex quadratic that NLopt solves within the bounds. The prior is a set of pseudo-cases: the
// parent's prediction for the same calls, with a small total weight and the same robust loss, so that a class with few
// cases follows its parent and a class with many forgets it, however far the parent is off.
#pragma once

#include <Eigen/Core>
#include <vector>

namespace opgauge {

// Where a coefficient is drawn to.
struct Draw {
  double to = 0;
  double weight = 0;  // of the squared distance, in cases; 0: it is not drawn
  double unit = 0;    // of the distance, in units of the coefficient; 0: what makes up the mean case
};

struct FitProblem {
  Eigen::MatrixXd features;      // cases x features, each >= 0
  Eigen::VectorXd seconds;       // > 0
  Eigen::VectorXd weights;       // >= 0
  Eigen::MatrixXd prior_features;  // pseudo-cases, may have no rows
  Eigen::VectorXd prior_seconds;
  Eigen::VectorXd prior_weights; // of each pseudo-case, in cases
  Eigen::VectorXd least;         // lower bound of each coefficient, >= 0; empty: 0
  Eigen::VectorXd most;          // upper bound of each coefficient; empty: none
  std::vector<Draw> drawn;       // one for each coefficient; empty: none is drawn
};

struct FitResult {
  Eigen::VectorXd coefficients;
  Eigen::VectorXd standard_errors;  // NaN where the coefficient is at 0 or not identified
  double residual_sd = 0;           // robust, in log
  bool converged = false;
};

FitResult fit_nonnegative(const FitProblem& problem);

}  // namespace opgauge
