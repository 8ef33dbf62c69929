// SPDX-License-Identifier: Apache-2.0
// The least of few visits is not as low as the least of many: after ten visits it lies some 5 to 10 % above what forty
// give. How fast it falls is learnt from the two halves of a call's own visits, and the quiet times are carried on to the
// number of visits that validation uses.
//
//   log quiet(n) = log quiet(forever) + c n^-0.4      c = mean of h / ((n / 2)^-0.4 - n^-0.4),  by length of the call
//   h = log( sqrt(least of one half x least of the other) / least of all n visits )
#pragma once

#include <array>
#include <span>

#include "calibrate/observe.hpp"

namespace opgauge {

inline constexpr int reference_visits = 40;

class VisitBias {
 public:
  VisitBias() = default;
  explicit VisitBias(std::span<const Observation> observations);
  // One network: the least of all `visits` per call, and of every second one from the first and from the second. Nothing is
  // learnt where the halves are unknown (empty).
  void learn(std::span<const double> quiet_s, std::span<const double> first_half_s, std::span<const double> second_half_s, int visits);
  // What `quiet_s`, the least of `visits` visits, would be after reference_visits.
  double at_reference(double quiet_s, int visits) const;

 private:
  static constexpr size_t bins = 7;
  static size_t bin(double quiet_s);
  std::array<double, bins> sums_{}, counts_{};
};

}  // namespace opgauge
