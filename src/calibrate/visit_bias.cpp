// SPDX-License-Identifier: Apache-2.0
#include "calibrate/visit_bias.hpp"

#include <algorithm>
#include <cmath>

namespace opgauge {
namespace {

constexpr double most = 0.3;  // of one call: a half that was disturbed at every visit says no more

}  // namespace

constexpr double enough_calls = 20;  // of one length

// Below 3 us, 10 us, 30 us, 100 us, 1 ms, 5 ms, and above.
size_t VisitBias::bin(double quiet_s) {
  constexpr std::array<double, bins - 1> limits{3e-6, 1e-5, 3e-5, 1e-4, 1e-3, 5e-3};
  return static_cast<size_t>(std::ranges::upper_bound(limits, quiet_s) - limits.begin());
}

VisitBias::VisitBias(std::span<const Observation> observations) {
  for (const Observation& one : observations) learn(one.quiet_node_s, one.half_node_s[0], one.half_node_s[1]);
}

void VisitBias::learn(std::span<const double> quiet_s, std::span<const double> first_half_s, std::span<const double> second_half_s) {
  if (first_half_s.size() != quiet_s.size() || second_half_s.size() != quiet_s.size()) return;
  for (size_t n = 0; n < quiet_s.size(); ++n) {
    if (!(quiet_s[n] > 0)) continue;
    const double half_s = std::sqrt(first_half_s[n] * second_half_s[n]);
    const size_t at = bin(quiet_s[n]);
    sums_[at] += std::min(most, std::log2(half_s / quiet_s[n]));
    ++counts_[at];
  }
}

double VisitBias::at_reference(double quiet_s, int visits) const {
  if (visits < 1) return quiet_s;
  size_t at = bin(quiet_s);
  while (at > 0 && counts_[at] < enough_calls) --at;  // few calls are so long: as the next shorter ones
  const double exponent = counts_[at] > 0 ? sums_[at] / counts_[at] : 0;
  return quiet_s * std::pow(static_cast<double>(visits) / reference_visits, exponent);
}

}  // namespace opgauge
