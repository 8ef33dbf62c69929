// SPDX-License-Identifier: Apache-2.0
#include "cli/sweep_restarts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <iostream>
#include <random>
#include <set>

#include "cli/interruption.hpp"
#include "cli/run_again.hpp"

namespace opgauge {
namespace {

namespace fs = std::filesystem;

constexpr int usual_restarts = 2;
constexpr size_t least_rows = 8;
constexpr double least_budget_s = 60;   // below it there is time for the rows alone
constexpr double budget_share = 0.125;  // of the sweep's budget, for each process

fs::path folder_of(const fs::path& run, int number) {
  return run / fmt::format("process-{}", number);
}

// How many of the rows, in this order, a process may measure: what fits between two rounds costs
// nothing, and beyond that a fifth of the sweep, but not less than `least_rows`.
size_t affordable(const std::vector<size_t>& rows, const Plan& plan,
                  const ProtocolSettings& protocol) {
  const auto visit_s = [&](size_t row) {
    const auto& estimate = plan.prospects[row].estimate;
    return protocol.visit_s + protocol.visit_warm_up_s + (estimate ? 3 * estimate->latency_s : 0);
  };
  double whole_s = 0, some_s = 0;
  for (const size_t row : rows) whole_s += visit_s(row);
  const double limit_s = std::max(protocol.round_interval_s, whole_s / 5);
  size_t count = 0;
  while (count < rows.size() && (count < least_rows || some_s + visit_s(rows[count]) <= limit_s))
    some_s += visit_s(rows[count++]);
  return count;
}

bool has_journal(const fs::path& folder) {
  std::error_code failed;
  return fs::exists(folder / "journal.jsonl", failed);
}

bool finished(const fs::path& folder) {
  if (!has_journal(folder)) return false;
  const RunContents run = read_run(folder);
  return std::all_of(run.rows.begin(), run.rows.end(),
                     [](const RowState& row) { return row.outcome.has_value(); });
}

}  // namespace

Restarts plan_restarts(const SweepOptions& options, const Plan& plan) {
  Restarts restarts;
  const ProtocolSettings protocol = options.protocol();
  const bool short_of_time = protocol.budget_s && *protocol.budget_s < least_budget_s;
  const bool none = options.quick || short_of_time;
  restarts.processes = options.restarts.value_or(none ? 0 : usual_restarts);
  for (size_t i = 0; i < plan.configurations.size(); ++i) {
    if (plan.prospects[i].unbuildable.empty()) restarts.rows.push_back(i);
  }
  std::mt19937_64 random(options.seed);
  for (size_t i = restarts.rows.size(); i > 1; --i)
    std::swap(restarts.rows[i - 1], restarts.rows[random() % i]);
  restarts.rows.resize(std::min(affordable(restarts.rows, plan, protocol),
                                static_cast<size_t>(options.restart_rows)));
  std::sort(restarts.rows.begin(), restarts.rows.end());
  if (restarts.rows.empty()) restarts.processes = 0;
  if (protocol.budget_s) restarts.budget_s = budget_share * *protocol.budget_s;
  if (restarts.processes == 0) {
    restarts.why_none = options.restarts        ? "no fresh process was asked for"
                        : options.quick         ? "a quick sweep starts no fresh process"
                        : short_of_time         ? "the time budget leaves none for a fresh process"
                                                : "no row can be measured";
  } else {
    restarts.why_none = "no fresh process measured a row";
  }
  return restarts;
}

bool run_restart(const SweepOptions& options, const Restarts& restarts, const fs::path& folder,
                 int number) {
  const fs::path into = folder_of(folder, number);
  if (finished(into)) return true;
  std::error_code failed;
  fs::create_directories(into, failed);
  const int code = run_again(
      options.words_for(restarts.rows, into.string(), restarts.budget_s), into / "log.txt");
  if (interrupted() || code == 130 || code == 128 + SIGTERM) return false;
  if (code != 0 && code != 3) {
    std::cerr << fmt::format("fresh process {} ended with {}: see {}\n", number, code,
                             (into / "log.txt").string());
  }
  return true;
}

std::vector<RunContents> read_restarts(const fs::path& folder) {
  std::vector<RunContents> runs;
  for (int number = 1; has_journal(folder_of(folder, number)); ++number)
    runs.push_back(read_run(folder_of(folder, number)));
  return runs;
}

Plan only_rows(const Plan& plan, const std::vector<size_t>& rows) {
  Plan kept;
  kept.outside_scenario = plan.outside_scenario;
  kept.notes = plan.notes;
  const std::set<size_t> numbers(rows.begin(), rows.end());
  if (numbers.size() != rows.size()) throw Error("--rows", "found a number twice, expected once");
  for (const size_t row : numbers) {
    if (row >= plan.configurations.size()) {
      throw Error("--rows", fmt::format("found {}, expected less than {}", row,
                                        plan.configurations.size()));
    }
    kept.configurations.push_back(plan.configurations[row]);
    kept.prospects.push_back(plan.prospects[row]);
    kept.solved += plan.configurations[row].solved;
  }
  return kept;
}

}  // namespace opgauge
