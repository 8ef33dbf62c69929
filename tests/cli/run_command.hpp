// SPDX-License-Identifier: Apache-2.0
// Runs the program as a user would, for tests of commands.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/wait.h>

#include <cstdio>
#include <filesystem>
#include <string>

#include "base/json.hpp"
#include "scratch_folder.hpp"

namespace opgauge {

struct CommandResult {
  int code = -1;
  std::string out, err;
};

// A folder of its own, removed at the end, that is also where calibrations are kept.
class CommandTest : public testing::Test {
 protected:
  CommandResult run(const std::string& arguments, const std::string& environment = "") const {
    const std::string err = folder_ / "stderr";
    const std::string command = "cd " + folder_.path().string() + " && env OPGAUGE_CALIBRATIONS=" +
                                (folder_ / "calibrations").string() + " " + environment + " " +
                                OPGAUGE_PROGRAM + " " + arguments + " 2> " + err;
    CommandResult result;
    FILE* pipe = ::popen(command.c_str(), "r");
    if (!pipe) throw Error("popen", "cannot start a shell");
    char buffer[4096];
    while (const size_t count = std::fread(buffer, 1, sizeof buffer, pipe))
      result.out.append(buffer, count);
    const int status = ::pclose(pipe);
    result.code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    result.err = read_file(err);
    return result;
  }
  std::string source(const std::string& path) const {
    return std::string(OPGAUGE_SOURCE_DIR) + "/" + path;
  }
  const ScratchFolder folder_;
};

}  // namespace opgauge
