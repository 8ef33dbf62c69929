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
constexpr double far_sd = 0.35;         // log error added for a call outside the calibrated region ...
constexpr double least_far_share = 0.2; // ... or so much of it, if little of its time comes from what is outside
// Log error added for an op that is in a class by our word alone, none of its calls having been measured. Chosen by hand
// from what such calls of all validation lists were off by: docs/accuracy.md.
constexpr double unseen_op_sd = 0.6;
constexpr int enough_cases = 8;

}  // namespace

CallPlace place_of(const CaseFacts& facts) {
  const auto log = [](double value) { return std::log2(1 + value); };
  return {log(facts.flops), log(facts.input_bytes), log(facts.weight_bytes), log(facts.output_bytes)};
}

double distance(const CallPlace& a, const CallPlace& b) {
  double sum = 0;
  for (size_t i = 0; i < a.size(); ++i) sum += (a[i] - b[i]) * (a[i] - b[i]);
  return std::sqrt(sum);
}

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
  out.place = place_of(facts);
  const std::vector<double> values = feature_values(classes[at], facts);
  const bool own_class = classes[at].name == wanted && suffix == dtype_suffix(facts.dtype);
  double worst = 0, outside_s = 0, memory_s = 0;
  std::string_view worst_feature;
  for (const FeatureCoefficient& coefficient : fit->coefficients) {
    for (size_t i = 0; i < classes[at].features.size(); ++i) {
      const CostFeature& feature = cost_features()[classes[at].features[i]];
      if (feature.name != coefficient.feature) continue;
      out.latency_s += coefficient.value_s * values[i];
      if (feature.from_memory) memory_s += coefficient.value_s * values[i];
      if (feature.name == "call") out.call_s = coefficient.value_s;
      if (coefficient.seen_high > 0 && values[i] > far_factor * coefficient.seen_high) outside_s += coefficient.value_s * values[i];
      if (coefficient.seen_high > 0 && values[i] / coefficient.seen_high > worst) {
        worst = values[i] / coefficient.seen_high;
        worst_feature = feature.name;
      }
    }
  }
  const double memory_share = out.latency_s > 0 ? memory_s / out.latency_s : 0;
  out.latency_s *= fit->sum_factor;
  out.call_s *= fit->sum_factor;
  outside_s *= fit->sum_factor;
  out.latency_s = bounded_seconds(out.latency_s, *fit, own_class, facts, [this](const std::string& key) { return find(key); });
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
  out.memory_s = memory_share * out.latency_s;
  double added_sd = 0;
  if (!own_class || fit->cases < enough_cases) {
    out.extrapolated = wanted + dtype_suffix(facts.dtype) + ": " +
                       (own_class ? "only " + std::to_string(fit->cases) + " calibrated cases"
                                  : "not calibrated, estimated as " + fit->key);
    added_sd = far_sd;
  } else if (!fit->ops.empty() && std::ranges::find(fit->ops, facts.name) == fit->ops.end()) {
    out.extrapolated = fit->key + ": no " + std::string(facts.name) + " among its " + std::to_string(fit->cases) + " calibrated cases";
    added_sd = unseen_op_sd;
  } else if (worst > far_factor) {
    out.extrapolated = fit->key + ": " + std::string(worst_feature) + " is " +
                       std::to_string(static_cast<int>(std::lround(worst))) + " times the largest calibrated";
    added_sd = far_sd * std::clamp(outside_s / out.physical_s, least_far_share, 1.0);
  }
  out.common_sd = std::hypot(out.common_sd, added_sd);
  return out;
}

namespace {

// Calls of one class and one shape are off together.
struct Shape {
  CallPlace place;
  double own_s;
};
struct ClassSum {
  double common_s = 0;
  std::vector<Shape> shapes;
};

}  // namespace

double error_variance_s2(const std::vector<OpPrediction>& calls, const OpModel& model) {
  std::map<std::string_view, ClassSum> by_class;
  for (const OpPrediction& call : calls) {
    ClassSum& sum = by_class[call.key];
    sum.common_s += call.latency_s * call.common_sd;
    const auto same = std::ranges::find(sum.shapes, call.place, &Shape::place);
    if (same == sum.shapes.end()) {
      sum.shapes.push_back({call.place, call.latency_s * call.own_sd});
    } else {
      same->own_s += call.latency_s * call.own_sd;
    }
  }
  double variance = 0;
  for (const auto& [key, sum] : by_class) {
    variance += sum.common_s * sum.common_s;
    for (size_t i = 0; i < sum.shapes.size(); ++i) {
      variance += sum.shapes[i].own_s * sum.shapes[i].own_s;
      for (size_t j = 0; j < i; ++j) {
        variance += 2 * sum.shapes[i].own_s * sum.shapes[j].own_s *
                    std::exp(-distance(sum.shapes[i].place, sum.shapes[j].place) / model.error_range);
      }
    }
  }
  return variance;
}

double deciding_shapes(const std::vector<OpPrediction>& calls) {
  std::map<std::pair<std::string_view, CallPlace>, double> of_shape_s;
  double sum_s = 0, squares_s2 = 0;
  for (const OpPrediction& call : calls) {
    of_shape_s[{call.key, call.place}] += call.latency_s;
    sum_s += call.latency_s;
  }
  for (const auto& [shape, s] : of_shape_s) squares_s2 += s * s;
  return squares_s2 > 0 ? sum_s * sum_s / squares_s2 : 1;
}

LatencyInterval interval_around(double latency_s, double variance_s2, double shapes, const OpModel& model) {
  if (latency_s <= 0) return {};
  const double factor = model.interval_factor + std::max(0.0, model.call_interval_factor - model.interval_factor) / std::sqrt(shapes);
  const double ratio = std::exp(factor * std::hypot(std::sqrt(variance_s2) / latency_s, model.floor_sd));
  return {latency_s, latency_s / ratio, latency_s * ratio};
}

double main_memory_s(const std::vector<OpPrediction>& calls) {
  double sum_s = 0;
  for (const OpPrediction& call : calls) sum_s += call.memory_s;
  return sum_s;
}

OpPredictor::Total OpPredictor::total(const std::vector<OpPrediction>& calls) const {
  double latency_s = 0;
  for (const OpPrediction& call : calls) latency_s += call.latency_s;
  return interval_around(latency_s, error_variance_s2(calls, model_), deciding_shapes(calls), model_);
}

OpPredictor::Total OpPredictor::interval(const OpPrediction& call) const {
  const double sd = std::hypot(call.common_sd, call.own_sd, model_.floor_sd);
  return {call.latency_s, call.latency_s * std::exp(-model_.call_interval_factor * sd), call.latency_s * std::exp(model_.call_interval_factor * sd)};
}

}  // namespace opgauge
