// SPDX-License-Identifier: Apache-2.0
#include "calibrate/visit_bias.hpp"

#include <algorithm>
#include <cmath>

namespace opgauge {
namespace {

constexpr double most = 0.3;  // of one call: a half that was disturbed at every visit says no more

}  // namespace

// Below 3 us, 10 us, 30 us, 100 us, 1 ms, and above.
size_t VisitBias::bin(double quiet_s) {
  constexpr std::array<double, bins - 1> limits{3e-6, 1e-5, 3e-5, 1e-4, 1e-3};
  return static_cast<size_t>(std::ranges::upper_bound(limits, quiet_s) - limits.begin());
}

VisitBias::VisitBias(std::span<const Observation> observations) {
  std::array<double, bins> sums{}, counts{};
  for (const Observation& one : observations) {
    if (one.half_node_s[1].empty()) continue;
    for (size_t n = 0; n < one.quiet_node_s.size(); ++n) {
      if (!(one.quiet_node_s[n] > 0)) continue;
      const double half_s = std::sqrt(one.half_node_s[0][n] * one.half_node_s[1][n]);
      const size_t at = bin(one.quiet_node_s[n]);
      sums[at] += std::min(most, std::log2(half_s / one.quiet_node_s[n]));
      ++counts[at];
    }
  }
  for (size_t i = 0; i < bins; ++i) exponents_[i] = counts[i] > 0 ? sums[i] / counts[i] : 0;
}

double VisitBias::at_reference(double quiet_s, int visits) const {
  if (visits < 1) return quiet_s;
  return quiet_s * std::pow(static_cast<double>(visits) / reference_visits, exponents_[bin(quiet_s)]);
}

}  // namespace opgauge
