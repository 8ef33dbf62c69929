// SPDX-License-Identifier: Apache-2.0
#include "cli/machine_choice.hpp"

#include "machine/machine_files.hpp"

namespace opgauge {

void MachineOptions::declare(CLI::App& app) {
  app.add_option("--machine", machine,
                 "machine record, by file or name; default: the newest that fits this host")
      ->type_name("FILE|NAME");
  app.add_option("--calibration", calibration,
                 "calibration to estimate with, or none; default: the machine's newest")
      ->type_name("FILE|none");
}

Machine MachineOptions::read(const std::string& device) const {
  return find_machine(machine, MachineFolders::standard(), SystemFiles(), device);
}

std::optional<StoredCalibration> MachineOptions::read_calibration(const Machine& of,
                                                                  const CalibrationUse& use) const {
  if (calibration == "none") return std::nullopt;
  if (!calibration.empty())
    return StoredCalibration{calibration, opgauge::read_calibration(calibration)};
  return newest_calibration(calibration_roots(), of.name, use);
}

}  // namespace opgauge
