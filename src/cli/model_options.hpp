// SPDX-License-Identifier: Apache-2.0
// The options by which commands name a model: `MODEL --batch 8 --dim s0=8 --precision bf16
// --channels-last`.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "sweep/model_source.hpp"

namespace opgauge {

struct ModelOptions {
  std::string model;
  int64_t batch = 0;  // 0: not given
  std::vector<std::string> dims;
  std::string precision = "fp32";
  bool channels_last = false;

  void declare(CLI::App& app);
  // The model in the precision and memory order that was asked for. Throws Error.
  ModelSource load() const;
};

}  // namespace opgauge
