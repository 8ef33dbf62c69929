// SPDX-License-Identifier: Apache-2.0
// What calibrating, validating and observing share: a device, its surroundings, and the state of the machine meanwhile.
#pragma once

#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <vector>

#include "calibrate/observe.hpp"
#include "measure/device.hpp"
#include "measure/probe.hpp"

namespace opgauge {

// `--device --threads --allocator --seed` and what they open.
struct ExecutionOptions {
  std::string device = "cpu", allocator = "resident";
  ExecutionSettings settings;
  void declare(CLI::App& app);
  ExecutionSettings read() const;
};

// Observes networks with the speed probe before each visit; `quiet_probe` is `quiet_speed` of its readings.
struct ObservedSet {
  std::vector<Observation> networks;
  std::vector<std::string> failures;
  MachineSpeed quiet_probe;
  double elapsed_s = 0;
};
ObservedSet observe_with_probes(Device& device, std::span<const DesignedNetwork> networks, ObserveOptions options,
                                const std::string& title);

}  // namespace opgauge
