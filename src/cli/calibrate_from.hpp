// SPDX-License-Identifier: Apache-2.0
// `opgauge calibrate --from results/mlp`: the roofline's coefficients, fitted to a sweep that was
// measured before.
#pragma once

#include <string>
#include <vector>

#include "cli/command.hpp"
#include "cli/machine_choice.hpp"

namespace opgauge {

struct CalibrationFromResults {
  std::vector<std::string> results;
  void declare(CLI::App& app);  // not what all ways to calibrate share: machine and output
  // `output`: a file, or "" for a dated one where calibrations are kept.
  int run(const MachineOptions& machine, const std::string& output) const;
};

}  // namespace opgauge
