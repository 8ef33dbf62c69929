// SPDX-License-Identifier: Apache-2.0
// One graph, run again and again for a given time with a clock reading at each node: every sample is
// kept. Between passes a speed probe is read now and then. For a few seconds of measuring; what is
// to be compared over hours goes through rounds (measure/protocol_rounds.hpp).
#pragma once

#include <functional>
#include <span>
#include <vector>

#include "measure/device.hpp"
#include "measure/protocol_visit.hpp"

namespace opgauge {

struct PassSettings {
  double budget_s = 2;           // of the clock, warm-up and probes included
  int warm_up = 2;               // passes before the first sample
  int least = 3;                 // passes, however long they take
  int most = 4000;
  double probe_interval_s = 0.02;
  size_t evict_bytes = 0;        // read between two passes, so that they find nothing in the caches
  std::function<bool()> interrupted;  // asked between passes; may be empty
};

struct Passes {
  size_t nodes = 0;
  std::vector<std::vector<double>> node_s;  // a row per pass
  MachineSpeed quiet_probe;                 // `quiet_speed` of its readings; zero without a probe
  double elapsed_s = 0;
  int clock_faults = 0;                     // passes left out: a time that is not a number or negative
};

// Errors of the executable pass through.
Passes run_passes(Executable& executable, size_t nodes, const PassSettings& settings,
                  const Surroundings& around);

}  // namespace opgauge
