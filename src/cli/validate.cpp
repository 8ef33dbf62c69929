// SPDX-License-Identifier: Apache-2.0
// `opgauge validate`: how far estimates are from measurements. Models are measured after they were
// predicted; a sweep's results are scored as they are. Each is a file of its own.
#include <memory>

#include "base/error.hpp"
#include "cli/commands.hpp"
#include "cli/validate_models.hpp"
#include "cli/validate_sweep.hpp"

namespace opgauge {

void declare_validate(CLI::App& app, Run& run) {
  auto models = std::make_shared<ValidateModels>();
  auto sweep = std::make_shared<SweepValidation>();
  app.add_option("models", models->models,
                 "specs, files, or lists of them (*.json); or the results of one sweep: a CSV or a "
                 "run folder")
      ->required();
  models->declare(app);
  sweep->declare(app);
  app.add_option("--machine", models->machine, "machine file or name")->type_name("FILE");
  app.add_option("--max-mape", models->max_mape, "exit 1 if the error exceeds this many percent")
      ->check(CLI::Range(0.0, 10000.0));
  run = [models, sweep] {
    const std::vector<std::string>& what = models->models;
    if (std::none_of(what.begin(), what.end(), is_sweep_results)) return models->run();
    if (what.size() != 1) {
      throw Error("validate", "found results beside other arguments, expected one CSV or run folder");
    }
    const MachineOptions machine{models->machine, models->calibration};
    return sweep->run(what.front(), machine, models->max_mape, models->output);
  };
}

}  // namespace opgauge
