// SPDX-License-Identifier: Apache-2.0
#include "estimate/op_predictor.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include "estimate/thin_class_bound.hpp"

namespace opgauge {
namespace {

constexpr double least_call_s = 3e-8;   // two readings of the clock
constexpr double far_factor = 4;        // beyond this multiple of the largest case a call is extrapolated
constexpr double far_sd = 0.35;         // log error added for a call outside the calibrated region
constexpr int enough_cases = 8;

}  // namespace

OpPredictor::OpPredictor(const OpModel& model) : model_(model) {
  for (const ClassFit& fit : model.classes) by_key_.emplace(fit.key, &fit);
  for (const ClassResidual& residual : model.residuals) residuals_.emplace(residual.key, residual);
}

const ClassFit* OpPredictor::find(const std::string& key) const {
  const auto at = by_key_.find(key);
  return at == by_key_.end() ? nullptr : at->second;
}

OpPrediction OpPredictor::predict(const CaseFacts& facts) const {
  const auto& classes = cost_classes();
  OpPrediction out;
  size_t at = cost_class_of(facts);
  const std::string wanted(classes[at].name);
  std::string suffix = dtype_suffix(facts.dtype);
  const ClassFit* fit = find(cost_variant_key(facts));
  // The variant, the class, its ancestors; the same again in f32 if the dtype was never calibrated.
  while (!fit) {
    fit = find(std::string(classes[at].name) + suffix);
    if (fit) break;
    if (!classes[at].parent.empty()) {
      at = static_cast<size_t>(find_cost_class(classes[at].parent));
    } else if (!suffix.empty()) {
      suffix.clear();
      at = cost_class_of(facts);
    } else {
      throw Error("calibration", "found no fitted class for " + std::string(facts.name) + ", expected at least \"any\"");
    }
  }
  out.key = fit->key;
  const std::vector<double> values = feature_values(classes[at], facts);
  const bool own_class = classes[at].name == wanted && suffix == dtype_suffix(facts.dtype);
  double worst = 0;
  std::string_view worst_feature;
  for (const FeatureCoefficient& coefficient : fit->coefficients) {
    for (size_t i = 0; i < classes[at].features.size(); ++i) {
      const CostFeature& feature = cost_features()[classes[at].features[i]];
      if (feature.name != coefficient.feature) continue;
      out.latency_s += coefficient.value_s * values[i];
      if (feature.name == "call") out.call_s = coefficient.value_s;
      if (coefficient.seen_high > 0 && values[i] / coefficient.seen_high > worst) {
        worst = values[i] / coefficient.seen_high;
        worst_feature = feature.name;
      }
    }
  }
  if (!own_class || fit->cases < bounded_cases) {
    out.latency_s = bounded_seconds(out.latency_s, *fit, facts, [this](const std::string& key) { return find(key); });
  }
  out.latency_s = std::max(out.latency_s, least_call_s);
  out.physical_s = out.latency_s;
  out.common_sd = fit->common_sd;
  out.own_sd = fit->own_sd;
  // What a parent's cases taught says nothing of another class.
  if (const auto residual = own_class ? residuals_.find(fit->key) : residuals_.end(); residual != residuals_.end()) {
    const Correction correction = residual->second.at(facts);
    out.latency_s *= std::exp(correction.log_factor);
    out.own_sd = std::hypot(out.own_sd, residual->second.signal_sd() * std::sqrt(correction.unexplained));
  }
  if (!own_class || fit->cases < enough_cases) {
    out.extrapolated = wanted + dtype_suffix(facts.dtype) + ": " +
                       (own_class ? "only " + std::to_string(fit->cases) + " calibrated cases"
                                  : "not calibrated, estimated as " + fit->key);
  } else if (worst > far_factor) {
    out.extrapolated = fit->key + ": " + std::string(worst_feature) + " is " +
                       std::to_string(static_cast<int>(std::lround(worst))) + " times the largest calibrated";
  }
  if (!out.extrapolated.empty()) out.common_sd = std::hypot(out.common_sd, far_sd);
  return out;
}

OpPredictor::Total OpPredictor::total(const std::vector<OpPrediction>& calls) const {
  Total out;
  struct Sums {
    double latency_s = 0, common_s = 0;
  };
  std::map<std::string, Sums> by_class;
  double variance = 0;
  for (const OpPrediction& call : calls) {
    out.latency_s += call.latency_s;
    by_class[call.key].common_s += call.latency_s * call.common_sd;
    variance += std::pow(call.latency_s * call.own_sd, 2);
  }
  for (const auto& [key, sums] : by_class) variance += sums.common_s * sums.common_s;
  if (out.latency_s <= 0) return out;
  const double sd = std::hypot(std::sqrt(variance) / out.latency_s, model_.floor_sd);
  out.low_s = out.latency_s * std::exp(-model_.interval_factor * sd);
  out.high_s = out.latency_s * std::exp(model_.interval_factor * sd);
  return out;
}

}  // namespace opgauge
