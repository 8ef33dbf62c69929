// SPDX-License-Identifier: Apache-2.0
// This program in a process of its own: what a measurement is worth shows only between processes.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace opgauge {

// Runs this program with other arguments and waits for its exit code (128 + the signal that ended
// it). A caught interruption is passed on; the child does not outlive this process, not even a kill
// -9. What it says goes to `log`, or where this process says things. Throws Error if it cannot be
// started.
int run_again(const std::vector<std::string>& arguments, const std::filesystem::path& log = {});

}  // namespace opgauge
