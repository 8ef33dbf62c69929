// SPDX-License-Identifier: Apache-2.0
#include "estimate/roofline.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace opgauge {
namespace {

// Applies one coefficient of a record. Unknown names are an Error: a calibration never
// half-applies.
void apply(const Coefficient& from, const Machine& machine, RooflineCoefficients& to) {
  if (from.name == "efficiency_factor") {
    to.efficiency_factor = from.value;
  } else if (from.name == "launch_s") {
    to.launch_s = from.value;
  } else if (from.name == "view_s") {
    to.view_s = from.value;
  } else if (from.name == "tail_rows") {
    to.tail_rows = from.value;
  } else if (from.name == "memory_bottleneck_factor") {
    for (size_t i = 0; i < std::min(machine.levels.size(), max_levels); ++i) {
      if (from.level.empty() || machine.levels[i].name == from.level) {
        to.memory_bottleneck_factor[i] = from.value;
      }
    }
  } else {
    throw unknown_name(
        "calibration", "coefficient", from.name,
        {"efficiency_factor", "memory_bottleneck_factor", "launch_s", "view_s", "tail_rows"});
  }
}

}  // namespace

CoefficientSet coefficients_of(const Calibration& calibration, const Machine& machine,
                               int threads) {
  CoefficientSet set;
  set.source = "calibration " + calibration.machine + " " + calibration.created_at;
  for (size_t p = 0; p < precision_count; ++p) {
    const std::string_view name = name_of(static_cast<Precision>(p));
    const RooflineFit* best = nullptr;
    for (const RooflineFit& fit : calibration.roofline) {
      if (fit.precision != name) continue;
      if (!best || std::abs(fit.threads - threads) < std::abs(best->threads - threads)) best = &fit;
    }
    if (!best) continue;
    RooflineCoefficients& to = set.by_precision[p];
    to.source = Source::measured;
    for (const Coefficient& one : best->coefficients) apply(one, machine, to);
    set.interval_ratio[p] = best->interval_ratio;
    if (best->threads != threads) {
      set.notes.push_back(std::string(name) + " was calibrated on " +
                          std::to_string(best->threads) + " threads, used for " +
                          std::to_string(threads));
    }
  }
  return set;
}

}  // namespace opgauge
