// SPDX-License-Identifier: Apache-2.0
// The table of estimators: each is one rule for the time of a region; everything around it
// (partition, mapping, memory, energy, totals) is the same pipeline for all.
#pragma once

#include <functional>
#include <span>
#include <string_view>

#include "estimate/map.hpp"
#include "estimate/predict.hpp"

namespace opgauge {

// Sets latency_s, its terms and the bottleneck of one region.
using RegionTimer = std::function<void(const Region&, const RegionLoad&, RegionEstimate&)>;

struct Estimator {
  std::string_view name;
  std::string_view summary;
  bool from_ceilings;  // its times are work over the machine's ceilings: without one there is no estimate
  // Makes the rule for one graph, and says in `total` which coefficients it uses, and the interval if calls alone
  // decide it. Arguments outlive the rule.
  RegionTimer (*prepare)(const Graph&, const Rates&, const Machine&, const EstimateOptions&,
                         Estimate& total);
  // Sets an interval that follows from the totals; nullptr: there is none.
  void (*finish)(const EstimateOptions&, Estimate& total);
};

std::span<const Estimator> estimators();
const Estimator& find_estimator(std::string_view name);  // Error with the nearest name

}  // namespace opgauge
