// SPDX-License-Identifier: Apache-2.0
// Cases that this machine has timed, kept so that the next model profits: one folder for each kind
// of machine and software, one append-only file of checksummed lines in it.
//
//   $XDG_DATA_HOME/opgauge/cases/<class>-<sum of the fingerprint>/cases.jsonl
//
// The first line says what the times hold for; every other line is a TimedCase. A line that a crash
// left half written is dropped; damage in the middle, another version or another fingerprint is an
// Error. Processes that append at once wait for each other.
#pragma once

#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "machine/timed_case.hpp"

namespace opgauge {

// What times hold for: "class" (machine/fingerprint.hpp), "libtorch", "device", "threads",
// "allocator", "precision", "flush_denormal".
using CaseConditions = std::map<std::string, std::string>;
// Those of a larger list of facts that a case database is kept apart by.
CaseConditions case_conditions(const std::map<std::string, std::string>& facts);

// $OPGAUGE_CASES, else $XDG_DATA_HOME/opgauge/cases (else ~/.local/share/…).
std::filesystem::path case_home();
// With what they do not say (a calibration that does not know its LibTorch) filled in from the newest
// database under `home` that agrees with what they do say; as they are if there is none.
CaseConditions completed(const std::filesystem::path& home, const CaseConditions& conditions);
// The file for these conditions under a home.
std::filesystem::path case_file(const std::filesystem::path& home, const CaseConditions& conditions);

// Empty if there is no such file yet. Reads without locking.
std::vector<TimedCase> read_timed_cases(const std::filesystem::path& home,
                                        const CaseConditions& conditions);
// Makes folder and file if needed. On return the lines are on the disk.
void append_timed_cases(const std::filesystem::path& home, const CaseConditions& conditions,
                        std::span<const TimedCase> cases);

}  // namespace opgauge
