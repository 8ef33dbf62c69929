// SPDX-License-Identifier: Apache-2.0
// A class that has few cases, or that stands in for another class, is believed only within `most_departure` of what the
// root class says (calibrate/thin_class.hpp). The larger of rising functions is rising: more work still never costs less.
#pragma once

#include <algorithm>

#include "estimate/cost_class.hpp"
#include "machine/op_model.hpp"

namespace opgauge {

inline constexpr int thin_cases = 15;     // a class with fewer is bounded closely
inline constexpr int bounded_cases = 60;  // … and one with fewer than these so much more loosely:
inline constexpr double looser = 4;
// The root class is within a factor of two of launch + roofline: what leans on few cases stays within four.
inline constexpr double largest_thin_departure = 1.85;

inline double class_seconds(const ClassFit& fit, const CaseFacts& facts) {
  double seconds = 0;
  for (const FeatureCoefficient& one : fit.coefficients) {
    if (one.value_s > 0) seconds += one.value_s * cost_features()[cost_feature(one.feature)].value(facts);
  }
  return seconds;
}

// `find`: key -> const ClassFit*, nullptr if there is none.
template <class Find>
const ClassFit* root_of(const ClassFit& fit, const Find& find) {
  const ClassFit* at = &fit;
  while (at && !at->parent.empty()) at = find(at->parent);
  return at == &fit ? nullptr : at;
}

// `seconds` is what `fit` says of the call; `own_class`: the call is of the class that was fitted.
template <class Find>
double bounded_seconds(double seconds, const ClassFit& fit, bool own_class, const CaseFacts& facts, const Find& find) {
  if (own_class && fit.cases >= bounded_cases) return seconds;
  const ClassFit* root = fit.most_departure ? root_of(fit, find) : nullptr;
  if (!root) return seconds;
  const double around = class_seconds(*root, facts);
  const bool thin = !own_class || fit.cases < thin_cases;
  const double departure = thin ? std::min(*fit.most_departure, largest_thin_departure) : *fit.most_departure * looser;
  return std::clamp(seconds, around / departure, around * departure);
}

}  // namespace opgauge
