// SPDX-License-Identifier: Apache-2.0
#include "sweep/shard.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <numeric>

#include "graph/op_table.hpp"

namespace opgauge {
namespace {

std::optional<int> whole_number(std::string_view text) {
  int value = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (code != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// Where a scheduler says which task this is. `first` and `step`: an array may begin anywhere.
struct Scheduler {
  const char* name;
  const char* index;
  const char* count;
  const char* first;
  const char* step;
};
constexpr auto schedulers = std::to_array<Scheduler>({
    {"Slurm array", "SLURM_ARRAY_TASK_ID", "SLURM_ARRAY_TASK_COUNT", "SLURM_ARRAY_TASK_MIN",
     "SLURM_ARRAY_TASK_STEP"},
    {"Open MPI", "OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE", nullptr, nullptr},
    {"Slurm step", "SLURM_PROCID", "SLURM_NTASKS", nullptr, nullptr},
    {"Kubernetes Indexed Job", "JOB_COMPLETION_INDEX", "OPGAUGE_SHARDS", nullptr, nullptr},
});

Shard checked(const std::string& where, int index, int count) {
  if (count < 1 || index < 0 || index >= count) {
    throw Error(where, fmt::format("found shard {} of {}, expected 0 to {}", index, count,
                                   std::max(0, count - 1)));
  }
  return {index, count};
}

Shard from_environment(const Environment& environment) {
  for (const Scheduler& scheduler : schedulers) {
    const auto number = [&](const char* name, std::optional<int> fallback) -> std::optional<int> {
      const auto text = name ? environment(name) : std::nullopt;
      if (!text || text->empty()) return fallback;
      const auto value = whole_number(*text);
      if (!value) throw Error(name, "found \"" + *text + "\", expected a whole number");
      return value;
    };
    const auto index = number(scheduler.index, std::nullopt);
    if (!index) continue;
    const auto count = number(scheduler.count, std::nullopt);
    if (!count) {
      throw Error(scheduler.count, std::string("is not set beside ") + scheduler.index + " (" +
                                       scheduler.name +
                                       "), expected the number of tasks; or give --shard i/n");
    }
    const int first = number(scheduler.first, 0).value(), step = number(scheduler.step, 1).value();
    if (step < 1 || (*index - first) % step != 0) {
      throw Error(
          scheduler.index,
          fmt::format("found {} in an array from {} in steps of {}, expected one of its steps",
                      *index, first, step));
    }
    return checked(scheduler.index, (*index - first) / step, *count);
  }
  throw Error(
      "--shard auto",
      "found no task number of Slurm, Open MPI or Kubernetes, expected one, or --shard i/n");
}

// A machine of round numbers: only the proportions between configurations matter.
constexpr double nominal_macs_per_s = 2e10, nominal_bytes_per_s = 1e10, nominal_call_s = 2e-6,
                 visit_s = 4e-3;
constexpr double runs_per_visit = 4, visits = 26;

}  // namespace

std::optional<std::string> environment_variable(const char* name) {
  const char* value = std::getenv(name);
  return value ? std::optional<std::string>(value) : std::nullopt;
}

Shard parse_shard(const std::string& text, const Environment& environment) {
  if (text == "auto") return from_environment(environment);
  const size_t slash = text.find('/');
  const auto index = whole_number(std::string_view(text).substr(0, slash));
  const auto count = slash == std::string::npos
                         ? std::nullopt
                         : whole_number(std::string_view(text).substr(slash + 1));
  if (!index || !count) {
    throw Error("--shard",
                "found \"" + text + "\", expected i/n with i from 0, for instance 0/4, or auto");
  }
  return checked("--shard " + text, *index, *count);
}

std::optional<Shard> scheduled_shard(const Environment& environment) {
  for (const Scheduler& scheduler : schedulers) {
    const auto index = environment(scheduler.index), count = environment(scheduler.count);
    if (!index || index->empty() || !count || count->empty()) continue;
    const Shard shard = from_environment(environment);
    return shard.count > 1 ? std::optional(shard) : std::nullopt;
  }
  return std::nullopt;
}

double nominal_cost_s(const Configuration& configuration) {
  double run_s = 0;
  try {
    const Graph graph = build_graph(configuration);
    for (const Node& node : graph.nodes) {
      const Work work = work_of(graph, node);
      run_s += nominal_call_s + static_cast<double>(work.macs) / nominal_macs_per_s +
               static_cast<double>(work.bytes()) / nominal_bytes_per_s;
    }
  } catch (const Error&) {
    return 0;  // it fails at once, wherever it is
  }
  return visits * std::max(visit_s, runs_per_visit * run_s);
}

std::vector<int> split_by_cost(const std::vector<double>& costs, int shards) {
  std::vector<size_t> order(costs.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return costs[a] > costs[b]; });
  std::vector<double> load(static_cast<size_t>(shards), 0);
  std::vector<size_t> rows(static_cast<size_t>(shards), 0);
  std::vector<int> shard(costs.size());
  for (const size_t i : order) {
    size_t best = 0;
    for (size_t s = 1; s < load.size(); ++s) {
      if (load[s] < load[best] || (load[s] == load[best] && rows[s] < rows[best])) best = s;
    }
    load[best] += costs[i];
    ++rows[best];
    shard[i] = static_cast<int>(best);
  }
  return shard;
}

Grid shard_of(const Grid& grid, const Shard& shard) {
  std::vector<double> costs;
  for (const Configuration& one : grid.configurations) costs.push_back(nominal_cost_s(one));
  const std::vector<int> shards = split_by_cost(costs, shard.count);
  Grid part = grid;
  part.configurations.clear();
  for (size_t i = 0; i < shards.size(); ++i) {
    if (shards[i] == shard.index) part.configurations.push_back(grid.configurations[i]);
  }
  part.in_other_shards = grid.configurations.size() - part.configurations.size();
  return part;
}

}  // namespace opgauge
