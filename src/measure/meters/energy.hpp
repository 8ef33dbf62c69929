// SPDX-License-Identifier: Apache-2.0
// Energy of one inference: loops of at least a second between idle pauses, in which the meter's
// baseline is read.
//
//   idle 1 s | loop 1 s | idle 1 s | loop 1 s | idle 1 s | loop 1 s | idle 1 s
//
// The baseline of a loop is the mean of the pauses beside it, so a slow drift (a fan, a warming
// package) cancels. The interval is Student's over the loops, widened by what the meter's update
// period leaves open. Reported beside each other: energy above idle, and total energy.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "base/fields.hpp"
#include "measure/clock.hpp"
#include "measure/meters/power_meter.hpp"

namespace opgauge {

struct EnergyOptions {
  double loop_s = 1;  // at least; an inference that has begun is finished
  double idle_s = 1;
  int loops = 3;  // at least 2
};

struct EnergyMeasurement {
  std::optional<double> energy_j;      // of one inference, above idle
  std::optional<double> energy_low_j;  // 95 % interval of energy_j
  std::optional<double> energy_high_j;
  std::optional<double> total_energy_j;  // of one inference, with what idling would have used
  std::optional<double> idle_w;          // mean of the pauses
  std::optional<double> active_w;        // mean within the loops, idle included
  int64_t inferences = 0;
  double measured_s = 0;  // within the loops
  std::string meter;      // "" if there is none
  std::string reason;     // why values are null or not resolved, "" if all is well

  static constexpr auto fields() {
    using E = EnergyMeasurement;
    return std::make_tuple(
        field("energy_j", &E::energy_j, "J", "one inference, above idle"),
        field("energy_low_j", &E::energy_low_j, "J", "95 % interval, lower end"),
        field("energy_high_j", &E::energy_high_j, "J", "95 % interval, upper end"),
        field("total_energy_j", &E::total_energy_j, "J", "one inference, idle included"),
        field("idle_w", &E::idle_w, "W", "power without work"),
        field("active_w", &E::active_w, "W", "power within the loops"),
        field("inferences", &E::inferences, "", "inferences measured"),
        field("measured_s", &E::measured_s, "s", "time within the loops"),
        field("meter", &E::meter, "", "kind of meter and what it sums"),
        field("reason", &E::reason, "", "why a value is missing"));
  }
};

// Runs `inference` again and again. No meter, or one that vanishes meanwhile: a record with nulls
// and the reason, never an exception (what `inference` throws passes through).
EnergyMeasurement measure_energy(PowerMeterSearch& search, Clock& clock,
                                 const std::function<void()>& inference,
                                 const EnergyOptions& options = EnergyOptions());

}  // namespace opgauge
