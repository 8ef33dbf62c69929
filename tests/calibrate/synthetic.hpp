// SPDX-License-Identifier: Apache-2.0
// Observations without a device: designed networks whose calls take the time of known coefficients, so that tests know
// what a fit should find.
#pragma once

#include <string_view>
#include <vector>

#include "calibrate/observe.hpp"
#include "calibrate/random.hpp"
#include "estimate/cost_class.hpp"

namespace opgauge {

// A machine of the tests: so many seconds per FLOP, byte and call; each cost class is quicker or slower by a factor of
// its own between 0.6 and 1.7.
struct SyntheticMachine {
  double call_s = 2e-6, flop_s = 1.5e-11, byte_s = 5e-11;
  // Launch and roofline as a sum, without the class's factor.
  double reference_s(const CaseFacts& facts) const;
  // What the call takes: reference x factor of its class.
  double true_s(const CaseFacts& facts) const;
};

struct SyntheticNoise {
  double noise = 0;      // standard deviation in log
  double outliers = 0;   // share of calls that take 4 to 20 times as long
  uint64_t seed = 1;
};

// The built-in design, made small.
std::vector<DesignedNetwork> small_design(int networks = 150, uint64_t seed = 7);
std::vector<Observation> synthetic_observations(const std::vector<DesignedNetwork>& networks, const CostConditions& conditions,
                                                const SyntheticMachine& machine, const SyntheticNoise& disturbance);
// A standard normal number.
double gaussian(Random& random);

}  // namespace opgauge
