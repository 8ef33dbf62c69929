// SPDX-License-Identifier: Apache-2.0
// Predicting with the op-level model (machine/op_model.hpp). Equations: docs/model.md.
//
//   t(call)  = sum_j c_j phi_j(call) x residual                    class coefficients, c_j >= 0; estimate/op_residual.hpp
//   sd^2(T)  = sum_class (tau_class sum_ops t)^2 + sum_ops (sigma_class t)^2 + (floor T)^2
//   interval = T exp(+- q sd(T) / T)                               q from held-out networks (split conformal)
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "estimate/cost_class.hpp"
#include "estimate/op_residual.hpp"
#include "machine/op_model.hpp"

namespace opgauge {

// What of the calibration the features depend on.
inline CostConditions conditions_of(const OpModel& model) {
  return {model.threads, model.l2_bytes, model.l3_bytes};
}

struct OpPrediction {
  std::string key;         // cost class used
  double latency_s = 0;
  double physical_s = 0;   // before the residual of the class
  double call_s = 0;       // of it, the constant of one call
  double common_sd = 0, own_sd = 0;
  std::string extrapolated;  // "" or why the call lies outside what was calibrated
};

// Looks classes up by key; borrows the model.
class OpPredictor {
 public:
  explicit OpPredictor(const OpModel& model);
  OpPrediction predict(const CaseFacts& facts) const;

  // Latency with a 90 % interval of a sum of predicted calls.
  struct Total {
    double latency_s = 0, low_s = 0, high_s = 0;
  };
  Total total(const std::vector<OpPrediction>& calls) const;

 private:
  const ClassFit* find(const std::string& key) const;
  const OpModel& model_;
  std::unordered_map<std::string, const ClassFit*> by_key_;
  std::unordered_map<std::string, ResidualCorrector> residuals_;
};

}  // namespace opgauge
