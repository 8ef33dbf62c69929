// SPDX-License-Identifier: Apache-2.0
#include "sweep/drift.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/statistics.hpp"

namespace opgauge {
namespace {

// Of many readings the tenth part is quiet, whatever the neighbours do; their least alone would be
// luck.
constexpr double quiet_share = 0.1;
// Logarithms beyond this are bursts, not the slow drift that is looked for.
constexpr double burst = 0.3;

struct Readings {
  std::vector<double> compute_s, memory_s;
  void add(const RowState& row) {
    for (const Visit& visit : row.visits) {
      if (!visit.probe || !(visit.probe->compute_s > 0) || !(visit.probe->memory_s > 0)) continue;
      compute_s.push_back(visit.probe->compute_s);
      memory_s.push_back(visit.probe->memory_s);
    }
  }
  bool empty() const { return compute_s.empty(); }
};

// Logarithm of s between two pairs of readings.
double log_slowness(double compute_s, double memory_s, double to_compute_s, double to_memory_s) {
  return 0.5 * (std::log(compute_s / to_compute_s) + std::log(memory_s / to_memory_s));
}

}  // namespace

std::string Drift::source() const {
  return fmt::format("probes against {}, exponent {:.2f} of {} visits", reference, exponent,
                     visits);
}

std::optional<Drift> drift_of(std::span<const RowState> rows,
                              const std::optional<ProbeReference>& reference) {
  Readings all;
  for (const RowState& row : rows) all.add(row);
  if (all.empty()) return std::nullopt;
  Drift drift;
  drift.quiet_compute_s = quantile(all.compute_s, quiet_share);
  drift.quiet_memory_s = quantile(all.memory_s, quiet_share);
  drift.reference = "this run's own quiet readings";
  if (reference) {
    drift.reference = reference->source;
    drift.run_slowness =
        std::exp(log_slowness(minimum(all.compute_s), minimum(all.memory_s), reference->compute_s,
                              reference->memory_s));
  }
  double products = 0, squares = 0;
  for (const RowState& row : rows) {
    std::vector<double> slowness, times;
    for (const Visit& visit : row.visits) {
      if (visit.pairs == 0 || !visit.probe || !(visit.probe->compute_s > 0) ||
          !(visit.probe->memory_s > 0))
        continue;
      double sum_s = 0;
      for (const double node_s : visit.node_s) sum_s += node_s;
      slowness.push_back(log_slowness(visit.probe->compute_s, visit.probe->memory_s,
                                      drift.quiet_compute_s, drift.quiet_memory_s));
      times.push_back(std::log(sum_s));
    }
    if (times.size() < 4) continue;
    const double slowness_center = median(slowness), time_center = median(times);
    for (size_t i = 0; i < times.size(); ++i) {
      const double x = slowness[i] - slowness_center, y = times[i] - time_center;
      if (std::abs(x) > burst || std::abs(y) > burst) continue;
      products += x * y;
      squares += x * x;
      ++drift.visits;
    }
  }
  drift.exponent = squares > 0 ? std::clamp(products / squares, 0.0, 1.0) : 0;
  return drift;
}

std::optional<double> drift_factor(const Drift& drift, const RowState& row) {
  Readings readings;
  readings.add(row);
  if (readings.empty()) return std::nullopt;
  const double own = log_slowness(quantile(readings.compute_s, quiet_share),
                                  quantile(readings.memory_s, quiet_share), drift.quiet_compute_s,
                                  drift.quiet_memory_s);
  return std::exp(drift.exponent * (own + std::log(drift.run_slowness)));
}

}  // namespace opgauge
