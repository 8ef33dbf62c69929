// SPDX-License-Identifier: Apache-2.0
// The time of a graph of which some calls were measured. Equations: docs/model.md, "Measuring what
// matters".
//
// A call's log error is tau z + sigma e: z is shared by the calls of its class in this model, e is its
// own, both standard normal. Measured calls replace their prediction, and what they say of z moves the
// calls of their class that were not measured:
//
//   1 / var z = 1 + sum_k tau_k^2 / v_k,   E z = var z sum_k tau_k r_k / v_k,   v_k = sigma_k^2 + s_k^2
//
// over the measured cases k of the class, r = log(measured / predicted), s the measurement's own error.
// Measured errors are taken to be one error: a session's calls were all quiet or all disturbed.
// With one tau that is the shrinkage tau^2 / (tau^2 + v/n) of the mean of n residuals.
//
// A session whose sum is not the predicted one met a machine in another state or an unforeseen model: with M measured and P predicted
// for the same calls, p the standard deviation of log P and u = 0.35 log(contention) that of a session's state,
//
//   t_k = measured_k (M / P)^(-u^2 / (p^2 + u^2))
#pragma once

#include <vector>

#include "estimate/case_key.hpp"
#include "estimate/op_predictor.hpp"

namespace opgauge {

struct MeasuredSum {
  std::vector<OpPrediction> calls;  // with times and errors as they are now known
  std::vector<bool> measured;       // per call
  double measured_s = 0;            // the part of the sum that was measured
  int cases = 0, measured_cases = 0;
  OpPredictor::Total total;
};
// `calls`: predicted, one per node of the graph that `cases` are of.
MeasuredSum sum_measured(std::vector<OpPrediction> calls, const GraphCases& cases,
                         const CaseTimes& times, const OpModel& model);

}  // namespace opgauge
