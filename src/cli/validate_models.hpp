// SPDX-License-Identifier: Apache-2.0
// `opgauge validate MODEL…`: predict, write and hash; then measure in fresh processes; then score everything.
#pragma once

#include <CLI/CLI.hpp>
#include <filesystem>
#include <string>
#include <vector>

#include "calibrate/validate.hpp"
#include "cli/command.hpp"
#include "cli/validation_models.hpp"

namespace opgauge {

struct ValidateModels {
  std::vector<std::string> models;
  std::string calibration, machine, folder = "results/validation", budget = "10m", device = "cpu", cases, predict_budget, precision = "fp32";
  int visits = 40, processes = 4;
  bool rescore = false, shared_cases = false, channels_last = false;
  double max_mape = 0, min_coverage = 0;  // percent; 0: not asked
  OutputOptions output;

  void declare(CLI::App& app);  // everything but `models`, `--machine` and `--max-mape`
  int run();

 private:
  int predict_with_budgets(const std::vector<ValidationModel>& chosen, const std::filesystem::path& calibration_file, int threads,
                           std::vector<ModelPrediction>& predictions, std::vector<std::string>& failures) const;
};

}  // namespace opgauge
