// SPDX-License-Identifier: Apache-2.0
// What a fitted class says of a call, held within `most_departure` of what its nearest ancestor with
// enough cases says (calibrate/thin_class.hpp). The
// larger of rising functions is rising: more work still never costs less.
#pragma once

#include <algorithm>

#include "estimate/cost_class.hpp"
#include "machine/op_model.hpp"

namespace opgauge {

inline constexpr double least_bounded_s = 1e-9;

// `find`: key -> const ClassFit*, nullptr if there is none.
template <class Find>
double bounded_seconds(const ClassFit& fit, const CaseFacts& facts, const Find& find) {
  double seconds = 0;
  for (const FeatureCoefficient& one : fit.coefficients) {
    if (one.value_s > 0) seconds += one.value_s * cost_features()[cost_feature(one.feature)].value(facts);
  }
  if (fit.most_departure) {
    const ClassFit* relative = find(fit.parent);
    while (relative && relative->most_departure) relative = find(relative->parent);
    if (relative) {
      const double around = bounded_seconds(*relative, facts, find);
      seconds = std::clamp(seconds, around / *fit.most_departure, around * *fit.most_departure);
    }
  }
  return std::max(seconds, least_bounded_s);
}

}  // namespace opgauge
