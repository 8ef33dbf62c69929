// SPDX-License-Identifier: Apache-2.0
// How far predictions of calls are off, and how their errors add up in a model: learnt from held-out predictions.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "estimate/op_predictor.hpp"

namespace opgauge {

// One call that the model predicting it has never seen.
struct HeldOutError {
  size_t network = 0;
  std::string key, variant_key;  // cost class
  double relative = 0;           // predicted / measured - 1
  double log_error = 0;          // log(measured / predicted)
  double weight = 1;             // as in the fit: calls that are mostly clock count little
  CallPlace place{};
};

// Sets held_out_error, held_out_bias, common_sd and own_sd of every class that has errors, and the range over which errors
// of a class go together. Equations: docs/model.md, "Error of a sum".
void learn_spread(std::span<const HeldOutError> errors, OpModel& model);

}  // namespace opgauge
