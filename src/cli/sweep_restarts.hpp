// SPDX-License-Identifier: Apache-2.0
// Fresh processes that measure some rows of a sweep again: half of them before it and half after
// it, each an ordinary run of its own in DIR/process-1, DIR/process-2, … The spread between them is
// what a single run cannot know of itself (sweep/between_runs.hpp).
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "cli/sweep_options.hpp"
#include "sweep/run.hpp"

namespace opgauge {

struct Restarts {
  int processes = 0;
  std::vector<size_t> rows;        // of the plan, chosen at random
  std::optional<double> budget_s;  // of each process, where the sweep has one
  std::string why_none;            // where there is no process

  int before() const { return processes / 2; }  // of them, before the sweep itself
};
// Throws Error: a negative number.
Restarts plan_restarts(const SweepOptions& options, const Plan& plan);

// Runs process `number` (from 1) unless it has finished before. false: it was interrupted. One that
// fails is said on standard error and leaves the sweep as it is.
bool run_restart(const SweepOptions& options, const Restarts& restarts,
                 const std::filesystem::path& folder, int number);

// Every DIR/process-N that holds a run.
std::vector<RunContents> read_restarts(const std::filesystem::path& folder);

// Keeps the rows of these numbers. Throws Error: no such row, or the same twice.
Plan only_rows(const Plan& plan, const std::vector<size_t>& rows);

}  // namespace opgauge
