// SPDX-License-Identifier: Apache-2.0
// `opgauge calibrate` without --from: the designed networks, measured and fitted.
#pragma once

#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "calibrate/machine_conditions.hpp"
#include "cli/observe.hpp"
#include "machine/machine.hpp"

namespace opgauge {

struct DesignedCalibration {
  ExecutionOptions execution;
  std::string budget = "60s", precision = "fp32", machine, output, keep, resume, refit, cases;
  int networks = 1040, visits = 40;
  bool dry_run = false, cross_validate = false;

  void declare(CLI::App& app);  // not `--machine` and `--output`, which other ways to calibrate share
  int run();
};

}  // namespace opgauge
