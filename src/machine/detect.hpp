// SPDX-License-Identifier: Apache-2.0
// Describes the machine that this process runs on: what is declared, and what is measured beside
// it.
#pragma once

#include <functional>
#include <string>

#include "machine/machine.hpp"
#include "machine/system_files.hpp"

namespace opgauge {

// The name of a record: "Intel(R) Xeon(R) CPU @ 2.20GHz 4c" -> "intel-xeon-cpu-2.20ghz-4c".
std::string record_name(std::string text);

struct DetectOptions {
  std::string name;      // "" makes one of the CPU's model and the number of cores
  double budget_s = 20;  // of measuring
  std::function<void(const std::string&)> progress = [](const std::string&) {};  // one line each
};

// Runs for about `budget_s`. The result passes check_machine.
Machine detect_machine(const SystemFiles& system, const DetectOptions& options);

// The same without measuring, in milliseconds: no bandwidths, no compute. What this host declares,
// to compare with.
Machine declared_machine(const SystemFiles& system);

}  // namespace opgauge
