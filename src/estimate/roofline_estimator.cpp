// SPDX-License-Identifier: Apache-2.0
// The row "roofline" of the table of estimators.
#include "estimate/estimators.hpp"
#include "estimate/latency.hpp"

namespace opgauge {
namespace {

Bottleneck largest(const LatencyTerms<double>& terms) {
  if (terms.launch_s > terms.compute_s && terms.launch_s > terms.memory_s)
    return Bottleneck::launch;
  return terms.compute_s > terms.memory_s ? Bottleneck::compute : Bottleneck::memory;
}

}  // namespace

RegionTimer prepare_roofline(const Graph&, const Rates& rates, const Machine& machine,
                             const EstimateOptions& options, Estimate& total) {
  CoefficientSet set;
  if (options.calibration) set = coefficients_of(*options.calibration, machine, options.threads);
  total.coefficients = set.source;
  total.notes.insert(total.notes.end(), set.notes.begin(), set.notes.end());
  return [set = std::move(set), &rates](const Region&, const RegionLoad& load,
                                        RegionEstimate& region) {
    const RooflineCoefficients& by = set[load.precision];
    const LatencyTerms<double> terms = latency_terms(load, by);
    region.launch_s = terms.launch_s;
    region.compute_s = terms.compute_s;
    region.memory_s = terms.memory_s;
    region.latency_s = terms.latency_s();
    region.bottleneck = largest(terms);
    for (size_t i = 0; i < rates.levels.size(); ++i) {
      if (load.level_bytes[i] <= 0) continue;
      region.levels.push_back({rates.levels[i].name, load.level_bytes[i],
                               load.level_s[i] / by.memory_bottleneck_factor[i]});
    }
  };
}

// The interval is that of the precision which most of the multiply-adds run in.
void finish_roofline(const EstimateOptions& options, Estimate& total) {
  if (!options.calibration) return;
  for (const RooflineFit& fit : options.calibration->roofline) {
    if (fit.precision != total.precision || fit.threads != options.threads || !fit.interval_ratio)
      continue;
    total.latency_low_s = total.latency_s / *fit.interval_ratio;
    total.latency_high_s = total.latency_s * *fit.interval_ratio;
  }
}

}  // namespace opgauge
