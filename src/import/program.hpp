// SPDX-License-Identifier: Apache-2.0
// The texts of an exported program, wherever they come from, and the way from them to a graph.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "import/pt2.hpp"

namespace opgauge {

struct ProgramText {
  std::string name;                               // of the graph
  std::string model;                              // model.json
  std::optional<std::string> weights, constants;  // the configs of weights and of constants
  std::string weights_absent_reason;              // why there are none, if both are absent
  std::function<StoredTensor(std::string_view record)> map;
};

// Errors name the node and its source line where there is one.
ImportedModel read_program(const ProgramText& text, const ImportOptions& options);

}  // namespace opgauge
