// SPDX-License-Identifier: Apache-2.0
#include "cli/machine_choice.hpp"

#include "machine/machine_files.hpp"

namespace opgauge {

void MachineOptions::declare(CLI::App& app) {
  app.add_option("--machine", machine, "machine record; default: the newest under machines/")
      ->type_name("FILE");
  app.add_option("--calibration", calibration,
                 "calibration to estimate with, or none; default: the machine's newest")
      ->type_name("FILE|none");
}

Machine MachineOptions::read() const { return find_machine(machine); }

std::optional<StoredCalibration> MachineOptions::read_calibration(const Machine& of) const {
  if (calibration == "none") return std::nullopt;
  if (!calibration.empty())
    return StoredCalibration{calibration, opgauge::read_calibration(calibration)};
  return newest_calibration(calibration_roots(), of.name);
}

}  // namespace opgauge
