// SPDX-License-Identifier: Apache-2.0
// The least of few visits is not as low as the least of many: after ten visits it lies some 5 to 10 % above what forty
// give. How fast it falls is learnt from the two halves of a call's own visits, and the quiet times are carried on to the
// number of visits that validation uses.
//
//   quiet(n) ~ n^-g:   g = mean log2( sqrt(least of one half x least of the other) / least of all ),  by length of the call
#pragma once

#include <array>
#include <span>

#include "calibrate/observe.hpp"

namespace opgauge {

inline constexpr int reference_visits = 40;

class VisitBias {
 public:
  // No bias is found where the halves are unknown.
  explicit VisitBias(std::span<const Observation> observations);
  // What `quiet_s`, the least of `visits` visits, would be after reference_visits.
  double at_reference(double quiet_s, int visits) const;

 private:
  static constexpr size_t bins = 6;
  static size_t bin(double quiet_s);
  std::array<double, bins> exponents_{};
};

}  // namespace opgauge
