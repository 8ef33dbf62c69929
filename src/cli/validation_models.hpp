// SPDX-License-Identifier: Apache-2.0
// Which models are validated: specs and files on the command line, or lists of them in JSON files such as
// data/validation/development.json: {"models": ["resnet18", "resnet18@4", "exported/a.pt2"]}. `@4` is batch 4; paths are
// looked for beside the list, then in $OPGAUGE_EXPORTED.
#pragma once

#include <string>
#include <vector>

#include "sweep/model_source.hpp"

namespace opgauge {

struct ValidationModel {
  std::string name;  // as written
  std::string text;  // without the batch, path resolved
  ModelBindings bindings;
  std::string precision = "fp32";
  bool channels_last = false;
  ModelSource load() const;  // rewritten to the precision and layout
};
std::vector<ValidationModel> validation_models(const std::vector<std::string>& given, const std::string& precision = "fp32",
                                               bool channels_last = false);

}  // namespace opgauge
