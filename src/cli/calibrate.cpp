// SPDX-License-Identifier: Apache-2.0
// `opgauge calibrate`: one command, several sources of measurements; each source is a file of its
// own.
#include <memory>

#include "cli/calibrate_design.hpp"
#include "cli/calibrate_from.hpp"
#include "cli/calibrate_table.hpp"
#include "cli/commands.hpp"

namespace opgauge {

void declare_calibrate(CLI::App& app, Run& run) {
  auto designed = std::make_shared<DesignedCalibration>();
  auto from = std::make_shared<CalibrationFromResults>();
  auto table = std::make_shared<CalibrationFromTable>();
  auto machine = std::make_shared<MachineOptions>();
  designed->declare(app);
  from->declare(app);
  table->declare(app);
  machine->declare(app);
  app.add_option("-o,--output", designed->output,
                 "calibration file; calibrations/<machine>/<date>.json if not given")
      ->type_name("FILE");
  run = [=] {
    if (!from->results.empty()) return from->run(*machine, designed->output);
    if (!table->file.empty()) return table->run(*machine, designed->execution.read(), designed->output);
    if (!table->map.empty()) throw Error("--map", "found no --table, expected the CSV whose columns it names");
    designed->machine = machine->machine;
    return designed->run();
  };
}

}  // namespace opgauge
