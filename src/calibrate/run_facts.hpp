// SPDX-License-Identifier: Apache-2.0
// What stands beside a sweep's CSV: the run's JSON says which software ran, under which settings, and how far its own two
// halves differ. A CSV alone is enough for everything else.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>

#include "machine/machine.hpp"

namespace opgauge {

struct RunFacts {
  std::map<std::string, std::string> software;  // "libtorch" -> "2.13.0+cpu", "allocator" -> "resident", …
  std::optional<double> half_run_difference;    // MAPE of quiet latency, even against odd rounds
};
// Of the JSON with the CSV's name; empty if there is none. Throws Error if it is there and cannot be read.
RunFacts read_run_facts(const std::filesystem::path& csv);

// What must agree for a calibration to hold elsewhere: the hardware class's facts, and the software's.
std::map<std::string, std::string> calibration_fingerprint(const Machine& machine, const RunFacts& facts = {});

}  // namespace opgauge
