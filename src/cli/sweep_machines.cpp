// SPDX-License-Identifier: Apache-2.0
#include "cli/sweep_machines.hpp"

#include <algorithm>

namespace opgauge {

SweepMachines::SweepMachines(const MachineOptions& options, const std::vector<std::string>& devices)
    : options_(options) {
  const bool on_cpu = std::ranges::find(devices, "cpu") != devices.end();
  for (const std::string& device : devices) {
    if (device == "cpu") continue;
    MachineOptions own = options;
    if (on_cpu) own.machine.clear();
    try {
      accelerator_ = own.read(device);
    } catch (const Error&) {
      if (!own.machine.empty()) throw;
    }
  }
  if (on_cpu || !accelerator_) cpu_ = options.read();
}

const Calibration* SweepMachines::calibration_for(const Machine& machine,
                                                  const CalibrationUse& use) const {
  const auto key = std::tuple(machine.name, use.threads.value_or(0), use.precision);
  auto at = calibrations_.find(key);
  if (at == calibrations_.end())
    at = calibrations_.emplace(key, options_.read_calibration(machine, use)).first;
  return at->second ? &at->second->calibration : nullptr;
}

EstimateBasis SweepMachines::basis(const std::string& estimator) const {
  return {.machine = first(),
          .accelerator = accelerator_ ? &*accelerator_ : nullptr,
          .calibration_for = [this](const Machine& machine, const CalibrationUse& use) {
            return calibration_for(machine, use);
          },
          .estimator = estimator};
}

}  // namespace opgauge
