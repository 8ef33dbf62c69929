// SPDX-License-Identifier: Apache-2.0
// The roofline's equation, once, for estimating (double) and for fitting (dual numbers). See
// roofline.hpp.
#pragma once

#include "estimate/map.hpp"
#include "estimate/roofline.hpp"

namespace opgauge {

template <class T>
struct LatencyTerms {
  T launch_s, compute_s, memory_s;
  T latency_s() const { return launch_s + (compute_s > memory_s ? compute_s : memory_s); }
};

template <class T>
LatencyTerms<T> latency_terms(const RegionLoad& load, const RooflineTerms<T>& by) {
  LatencyTerms<T> terms;
  terms.launch_s = T(load.calls) * by.launch_s + T(load.views) * by.view_s;
  terms.compute_s = (T(load.compute_s) + T(load.row_s) * by.tail_rows) / by.efficiency_factor;
  terms.memory_s = T(0);
  for (size_t i = 0; i < max_levels; ++i) {
    if (load.level_s[i] > 0) terms.memory_s += T(load.level_s[i]) / by.memory_bottleneck_factor[i];
  }
  return terms;
}

// FLOP/B above which arithmetic bounds a large product whose bytes come out of `level`: the fitted
// ridge point.
inline double ridge_flops_per_byte(const Rates& rates, const RooflineTerms<double>& by,
                                   Precision precision, size_t level) {
  const auto& peak = rates.multiply_add[static_cast<size_t>(precision)];
  return peak.value_or(0) * by.efficiency_factor /
         (rates.levels[level].bytes_per_s * by.memory_bottleneck_factor[level]);
}

}  // namespace opgauge
