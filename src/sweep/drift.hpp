// SPDX-License-Identifier: Apache-2.0
// What the speed probes beside every visit say about a row: how much slower the machine was than at
// a reference, and the quiet latency as it would have been there. Reported beside the raw value,
// never put in its place.
//
//   slowness  s = sqrt(compute probe / its reference x memory probe / its reference)
//   corrected   = quiet / s^e
//
// s of a row has two factors: its own quiet readings (tenth part) over those of all visits of the
// run, and the run's fastest readings over those of the reference, where there is one. The exponent
// e is how strongly rows followed the probes in this very run: slope, through each row's median, of
// the logarithm of a visit's time over that of its slowness, held within 0 and 1.
#pragma once

#include <optional>
#include <span>
#include <string>

#include "measure/probe.hpp"
#include "measure/protocol_rounds.hpp"

namespace opgauge {

// The fastest readings of the same probes in an earlier, longer run on the same machine.
struct ProbeReference {
  double compute_s = 0, memory_s = 0;
  std::string source;  // "the calibration of 2026-11-25"
};

struct Drift {
  double quiet_compute_s = 0, quiet_memory_s = 0;  // tenth part of the run's readings
  double run_slowness = 1;                         // of the run against the reference
  std::string reference;                           // what it is compared with
  double exponent = 0;
  int visits = 0;  // that the exponent comes from
  std::string source() const;
};
// nullopt: the run has no readings. Without a reference only the drift within it is known.
std::optional<Drift> drift_of(std::span<const RowState> rows,
                              const std::optional<ProbeReference>& reference);

// s^e of a row; nullopt without readings.
std::optional<double> drift_factor(const Drift& drift, const RowState& row);

}  // namespace opgauge
