// SPDX-License-Identifier: Apache-2.0
// `opgauge validate MODEL…`: predict, write and hash; then measure in fresh processes; then score everything.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "cli/command.hpp"

namespace opgauge {

struct ValidateModels {
  std::vector<std::string> models;
  std::string calibration, machine, folder = "results/validation", budget = "10m", device = "cpu", cases;
  int visits = 40, processes = 4;
  bool rescore = false;
  double max_mape = 0, min_coverage = 0;  // percent; 0: not asked
  OutputOptions output;

  void declare(CLI::App& app);  // everything but `models`, `--machine` and `--max-mape`
  int run();
};

}  // namespace opgauge
