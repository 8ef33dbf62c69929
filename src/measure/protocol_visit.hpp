// SPDX-License-Identifier: Apache-2.0
// One visit to one row: warm up, then pairs of a run with a clock at each node and a run without.
#pragma once

#include <functional>
#include <optional>

#include "measure/clock.hpp"
#include "measure/device.hpp"
#include "measure/protocol.hpp"

namespace opgauge {

// What a visit looks at beside the row itself. Empty functions: not looked at.
struct Surroundings {
  Clock& clock;
  std::function<MachineSpeed()> probe;  // fixed work: how fast the machine is now
  std::function<Snapshot()> snapshot;   // what the operating system has counted so far
};

// Sums up the steps of a clock that may jump backwards (those count as nothing).
class ElapsedTime {
 public:
  explicit ElapsedTime(Clock& clock) : clock_(clock), last_s_(clock.now_s()) {}
  double read_s();

 private:
  Clock& clock_;
  double last_s_;
  double total_s_ = 0;
};

// `fresh`: the executable has not run yet in this process, warm up until two windows of runs agree.
// The caller fills in round and at_s. Errors of the executable pass through.
// `end_to_end`: each timed run is followed by a run without clocks.
// `least_runs`: of a visit, of a model whose runs take less than 3 ms.
Visit visit_row(Executable& executable, size_t nodes, int least_runs, bool fresh, bool end_to_end,
                const ProtocolSettings& settings, const Surroundings& around);

}  // namespace opgauge
