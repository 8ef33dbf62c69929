// SPDX-License-Identifier: Apache-2.0
// Where a node of an exported program comes from: the module path and the source line of the user's
// model.
#pragma once

#include <string>

#include "import/json_reader.hpp"

namespace opgauge {

struct Origin {
  std::string module;  // "layer1.0.conv1", "" for the model itself or if not recorded
  std::string where;   // "resnet.py:92", "" if not recorded
};

// From a node's metadata: the last module of nn_module_stack, and the last frame of stack_trace
// that is not inside torch itself or in generated code (the last one at all if every frame is).
Origin origin_of(JsonObject node);

// The parts, from the recorded texts.
std::string module_from_stack(std::string_view nn_module_stack);
std::string line_from_trace(std::string_view stack_trace);

}  // namespace opgauge
