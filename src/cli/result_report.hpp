// SPDX-License-Identifier: Apache-2.0
// The report that stands beside a sweep's result.
#pragma once

#include <filesystem>
#include <vector>

#include "cli/machine_choice.hpp"
#include "sweep/result_file.hpp"

namespace opgauge {

// <sweep>_report_<device>.md and .html in the folder, from the CSV that write_result wrote there:
// what `opgauge analyze` says about it. Returns their paths; none, and a line on standard error,
// where the result has nothing to report on (no row was measured).
std::vector<std::filesystem::path> write_report(const std::filesystem::path& folder,
                                                const SweepResult& result,
                                                const MachineOptions& options,
                                                const Machine* machine);

}  // namespace opgauge
