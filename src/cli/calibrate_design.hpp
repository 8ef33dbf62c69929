// SPDX-License-Identifier: Apache-2.0
// `opgauge calibrate` without --from: the designed networks, measured and fitted.
#pragma once

#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "cli/observe.hpp"
#include "machine/machine.hpp"

namespace opgauge {

// What of the machine's record the cost features depend on.
CostConditions conditions_of(const Machine& machine, int threads);
// Whether the record knows where the last cache ends. It does not if what it took for that cache was no quicker than main memory:
// where neighbours hold most of it, the bandwidth falls so early that the end is not seen.
bool tells_last_cache(const Machine& machine);

struct DesignedCalibration {
  ExecutionOptions execution;
  std::string budget = "60s", precision = "fp32", machine, output, keep, resume, refit, cases;
  int networks = 1040, visits = 40;
  bool dry_run = false, cross_validate = false;

  void declare(CLI::App& app);  // not `--machine` and `--output`, which other ways to calibrate share
  int run();
};

}  // namespace opgauge
