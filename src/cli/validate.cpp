// SPDX-License-Identifier: Apache-2.0
// `opgauge validate`: how far predictions are from measurements.
#include "cli/commands.hpp"
#include "cli/validate_models.hpp"

namespace opgauge {

void declare_validate(CLI::App& app, Run& run) {
  auto models = std::make_shared<ValidateModels>();
  app.add_option("models", models->models, "specs, files, or lists of them (*.json)")->required();
  models->declare(app);
  app.add_option("--machine", models->machine, "machine file or name")->type_name("FILE");
  app.add_option("--max-mape", models->max_mape, "exit 1 if the error exceeds this many percent")->check(CLI::Range(0.0, 10000.0));
  run = [models] { return models->run(); };
}

}  // namespace opgauge
