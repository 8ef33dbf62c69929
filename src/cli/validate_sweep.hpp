// SPDX-License-Identifier: Apache-2.0
// `opgauge validate results/mlp --max-mape 10`: estimates of a sweep against its measurements.
#pragma once

#include <string>

#include "cli/command.hpp"
#include "cli/machine_choice.hpp"

namespace opgauge {

// Whether an argument of `validate` is a sweep's results and not a model.
bool is_sweep_results(const std::string& argument);

struct SweepValidation {
  std::string analytical, statistic = "quiet";
  bool again = false, halves = false;
  void declare(CLI::App& app);  // not what all ways to validate share: machine, --max-mape, output
  // Exit code 1 if `max_mape_pct` > 0 and the error is above it.
  int run(const std::string& results, const MachineOptions& machine, double max_mape_pct,
          const OutputOptions& output) const;
};

}  // namespace opgauge
