// SPDX-License-Identifier: Apache-2.0
// Runs the built program and keeps what it said.
#pragma once

#include <string>
#include <vector>

namespace opgauge {

struct ProgramRun {
  int code = -1;  // exit code; 128 + signal if it was killed
  std::string out, err;
};

// Arguments are passed as they are, no shell is between. `environment`: "NAME=value", added.
ProgramRun run_program(const std::vector<std::string>& arguments,
                       const std::vector<std::string>& environment = {});

}  // namespace opgauge
