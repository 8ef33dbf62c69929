// SPDX-License-Identifier: Apache-2.0
// The options by which commands name a model: `MODEL --batch 8 --dim s0=8 --precision bf16
// --channels-last`.
#pragma once

#include <CLI/CLI.hpp>
#include <map>
#include <string>
#include <vector>

#include "sweep/model_source.hpp"

namespace opgauge {

// {"s0=8", "x.1=8"} -> sizes by name. Throws Error for another form or a name given twice.
std::map<std::string, int64_t> parse_dims(const std::vector<std::string>& texts);

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
