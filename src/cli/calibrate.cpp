// SPDX-License-Identifier: Apache-2.0
// `opgauge calibrate`: one command, several sources of measurements; each source is a file of its own.
#include "cli/calibrate_design.hpp"
#include "cli/commands.hpp"

namespace opgauge {

void declare_calibrate(CLI::App& app, Run& run) {
  auto designed = std::make_shared<DesignedCalibration>();
  designed->declare(app);
  app.add_option("--machine", designed->machine, "machine file or name")->type_name("FILE");
  app.add_option("-o,--output", designed->output, "calibration file; calibrations/<machine>/<date>.json if not given")->type_name("FILE");
  run = [designed] { return designed->run(); };
}

}  // namespace opgauge
