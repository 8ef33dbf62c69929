// SPDX-License-Identifier: Apache-2.0
// Which machine record, and which calibration of it, a command works with.
#pragma once

#include <CLI/CLI.hpp>
#include <optional>
#include <string>

#include "machine/calibration.hpp"
#include "machine/machine.hpp"

namespace opgauge {

// `--machine FILE`, `--calibration FILE|none`.
struct MachineOptions {
  std::string machine, calibration;
  void declare(CLI::App& app);

  Machine read(const std::string& device = "cpu") const;  // as find_machine does
  // The given file; else the newest of that machine that fits `use`; nullopt if there is none or
  // `none` was given.
  std::optional<StoredCalibration> read_calibration(const Machine& machine,
                                                    const CalibrationUse& use = {}) const;
};

}  // namespace opgauge
