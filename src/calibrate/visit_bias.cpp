// SPDX-License-Identifier: Apache-2.0
#include "calibrate/visit_bias.hpp"

#include <algorithm>
#include <cmath>

namespace opgauge {
namespace {

constexpr double most = 0.2;         // of one call: a half that was disturbed at every visit says no more
constexpr double enough_calls = 20;  // of one length

// What is left above the quiet time after `visits`. The exponent: 960 networks visited 28 times in 330 s on a guest with
// neighbours; what 8 visits, and 4 in the time of 8, say of the least of all 28 (docs/accuracy.md).
double left_after(double visits) { return std::pow(visits, -0.4); }

}  // namespace

// Below 3 us, 10 us, 30 us, 100 us, 1 ms, 5 ms, and above.
size_t VisitBias::bin(double quiet_s) {
  constexpr std::array<double, bins - 1> limits{3e-6, 1e-5, 3e-5, 1e-4, 1e-3, 5e-3};
  return static_cast<size_t>(std::ranges::upper_bound(limits, quiet_s) - limits.begin());
}

VisitBias::VisitBias(std::span<const Observation> observations) {
  for (const Observation& one : observations) learn(one.quiet_node_s, one.half_node_s[0], one.half_node_s[1], one.visits);
}

void VisitBias::learn(std::span<const double> quiet_s, std::span<const double> first_half_s, std::span<const double> second_half_s, int visits) {
  if (visits < 2 || first_half_s.size() != quiet_s.size() || second_half_s.size() != quiet_s.size()) return;
  const double fall = left_after(0.5 * visits) - left_after(visits);
  for (size_t n = 0; n < quiet_s.size(); ++n) {
    if (!(quiet_s[n] > 0)) continue;
    const double half_s = std::sqrt(first_half_s[n] * second_half_s[n]);
    const size_t at = bin(quiet_s[n]);
    sums_[at] += std::min(most, std::log(half_s / quiet_s[n])) / fall;
    ++counts_[at];
  }
}

double VisitBias::at_reference(double quiet_s, int visits) const {
  if (visits < 1) return quiet_s;
  size_t at = bin(quiet_s);
  while (at > 0 && counts_[at] < enough_calls) --at;  // few calls are so long: as the next shorter ones
  const double excess = counts_[at] > 0 ? sums_[at] / counts_[at] : 0;
  return quiet_s * std::exp(excess * (left_after(reference_visits) - left_after(visits)));
}

}  // namespace opgauge
