// SPDX-License-Identifier: Apache-2.0
// How slow the machine is while something else is measured for a few seconds: networks of the calibration, of known quiet time, are
// run beside it (machine/reference_network.hpp).
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "calibrate/observe.hpp"
#include "machine/reference_network.hpp"
#include "measure/clock.hpp"
#include "measure/device.hpp"

namespace opgauge {

// A few short networks whose visits agree, each with another kind of work: convolutions, products, what moves bytes. May be empty.
std::vector<ReferenceNetwork> choose_references(std::span<const Observation> observations);

// The logarithm of what the references took over their quiet times.
struct Slowness {
  double log_factor = 0;  // median over the references
  double log_sd = 0;      // of the median, as they differ
};

class ReferenceRuns {
 public:
  // Prepares them. A reference that cannot be read or run is left out: another version may lack its op.
  ReferenceRuns(Device& device, std::span<const ReferenceNetwork> references);
  // Runs each for a millisecond or two, unless the last time was less than `interval_s` ago.
  void run(Clock& clock);
  // By the least time of each call over all runs; nullopt below two references, or if they ran less than `least_turns` times.
  std::optional<Slowness> slowness() const;

 private:
  struct Reference {
    std::unique_ptr<Executable> executable;
    std::vector<double> least_s, now_s;  // of its calls
    double quiet_s = 0;
  };
  std::vector<Reference> references_;
  double last_s_ = 0;
  int turns_ = 0;
};

}  // namespace opgauge
