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

  // The given file; else the newest record under ./machines, then under
  // $XDG_DATA_HOME/opgauge/machines (else
  // ~/.local/share). Throws Error that says how to make one.
  Machine read() const;
  // The given file; else the newest of that machine; nullopt if there is none or `none` was given.
  std::optional<StoredCalibration> read_calibration(const Machine& machine) const;
};

}  // namespace opgauge
