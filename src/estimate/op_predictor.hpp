// SPDX-License-Identifier: Apache-2.0
// Predicting with the op-level model (machine/op_model.hpp). Equations: docs/model.md.
//
//   t(call)  = s sum_j c_j phi_j(call) x residual                  class coefficients, c_j >= 0; estimate/op_residual.hpp
//   sd^2(T)  = sum_class [ (tau sum_i t_i)^2 + sigma^2 sum_ij t_i t_j exp(-d_ij / range) ] + (floor T)^2
//   interval = T exp(+- q sd(T) / T)                               q from held-out networks (split conformal)
//
// s is the sum of held-out calls of the class over the sum of their predictions: the fit is near the median, and a sum consists
// of means, which the few calls that take much longer raise. tau is the error that all calls of a class share in a model, sigma the error of one shape; shapes that are near each
// other (d: distance of log sizes) share most of theirs.
#pragma once

#include <array>
#include <string>
#include <unordered_map>
#include <vector>

#include "estimate/cost_class.hpp"
#include "estimate/op_residual.hpp"
#include "machine/op_model.hpp"

namespace opgauge {

// What of the calibration the features depend on.
inline CostConditions conditions_of(const OpModel& model) {
  return {model.threads, model.vector_lanes, model.blas_tiles, model.l2_bytes, model.weight_l2_multiple, model.l3_bytes, model.fill_bytes_per_s};
}

// Where a call lies among those of its class: log2 of its FLOPs and of the bytes of input, weights and output.
using CallPlace = std::array<double, 4>;
CallPlace place_of(const CaseFacts& facts);
double distance(const CallPlace& a, const CallPlace& b);

struct OpPrediction {
  std::string key;         // cost class used
  double latency_s = 0;
  double physical_s = 0;   // before the residual of the class
  double call_s = 0;       // of it, the constant of one call
  double memory_s = 0;     // of latency_s, what main memory makes
  double common_sd = 0, own_sd = 0;
  CallPlace place{};
  std::string extrapolated;  // "" or why the call lies outside what was calibrated
};

// Latency with a 90 % interval.
struct LatencyInterval {
  double latency_s = 0, low_s = 0, high_s = 0;
};

// Of a sum of predicted calls, what main memory makes, s.
double main_memory_s(const std::vector<OpPrediction>& calls);
// Variance of the error of a sum of predicted calls, s^2.
double error_variance_s2(const std::vector<OpPrediction>& calls, const OpModel& model);
// How many shapes decide a sum: (sum t)^2 / sum t^2 over the classes and shapes of its calls, at least 1.
double deciding_shapes(const std::vector<OpPrediction>& calls);
// The interval of a model's latency whose error has that variance. A sum that one call decides errs as far as calls do; the more
// shapes decide it, the nearer it is to what holds composites of networks.
LatencyInterval interval_around(double latency_s, double variance_s2, double shapes, const OpModel& model);

// Looks classes up by key; borrows the model.
class OpPredictor {
 public:
  explicit OpPredictor(const OpModel& model);
  OpPrediction predict(const CaseFacts& facts) const;

  // Of a sum of predicted calls.
  using Total = LatencyInterval;
  Total total(const std::vector<OpPrediction>& calls) const;
  // The same of one call by itself.
  Total interval(const OpPrediction& call) const;

 private:
  const ClassFit* find(const std::string& key) const;
  const OpModel& model_;
  std::unordered_map<std::string, const ClassFit*> by_key_;
  std::unordered_map<std::string, ResidualCorrector> residuals_;
};

}  // namespace opgauge
