// SPDX-License-Identifier: Apache-2.0
// What leaving a memory level costs. Time per FLOP and per byte depend on the batch size more than
// on the level, so levels are compared at equal batch sizes: the median over rows of one batch
// size, relative to the first level's, and the geometric mean of that over the batch sizes that
// both levels have.
#include <algorithm>
#include <cmath>
#include <map>

#include "base/statistics.hpp"
#include "report/analyze.hpp"

namespace opgauge {
namespace {

// Nearest first; a name that is none of these sorts behind.
int depth_of(const std::string& scenario) {
  static const std::vector<std::string> order = {"L1_fit", "L2_fit", "L3_fit", "L4_fit",
                                                 "DRAM_spill"};
  return static_cast<int>(std::ranges::find(order, scenario) - order.begin());
}

struct Group {
  std::vector<const ResultRow*> rows;
  std::map<int64_t, std::vector<double>> s_per_flop, s_per_byte;  // by batch size
};

using ByBatch = std::map<int64_t, std::vector<double>>;

std::optional<double> slowdown(const ByBatch& of, const ByBatch& first,
                               std::vector<int64_t>* batches) {
  double log_sum = 0;
  int count = 0;
  for (const auto& [batch, values] : of) {
    const auto at = first.find(batch);
    if (at == first.end()) continue;
    log_sum += std::log(median(values) / median(at->second));
    ++count;
    if (batches) batches->push_back(batch);
  }
  if (count == 0) return std::nullopt;
  return std::exp(log_sum / count);
}

}  // namespace

std::vector<TransitionFinding> find_transitions(const Results& results) {
  // precision, threads -> depth, scenario -> rows
  std::map<std::pair<std::string, int>, std::map<std::pair<int, std::string>, Group>> settings;
  for (const ResultRow& row : results.rows) {
    if (row.scenario.empty() || !row.latency_s() || !row.working_set_bytes) continue;
    Group& group = settings[{row.precision, row.threads}][{depth_of(row.scenario), row.scenario}];
    group.rows.push_back(&row);
    const std::optional<double> flops = row.flops ? row.flops : row.analytical_flops;
    if (flops && *flops > 0) group.s_per_flop[row.batch_size].push_back(*row.latency_s() / *flops);
    if (*row.working_set_bytes > 0) {
      group.s_per_byte[row.batch_size].push_back(*row.latency_s() / *row.working_set_bytes);
    }
  }
  std::vector<TransitionFinding> found;
  for (const auto& [setting, groups] : settings) {
    if (groups.size() < 2) continue;
    const Group& first = groups.begin()->second;
    for (const auto& [scenario, group] : groups) {
      TransitionFinding one;
      one.precision = setting.first;
      one.threads = setting.second;
      one.scenario = scenario.second;
      one.rows = static_cast<int>(group.rows.size());
      one.working_set_low_bytes = one.working_set_high_bytes = *group.rows[0]->working_set_bytes;
      for (const ResultRow* row : group.rows) {
        one.working_set_low_bytes = std::min(one.working_set_low_bytes, *row->working_set_bytes);
        one.working_set_high_bytes = std::max(one.working_set_high_bytes, *row->working_set_bytes);
        const auto& at = row->arithmetic_intensity;
        if (!at) continue;
        one.intensity_low = std::min(one.intensity_low.value_or(*at), *at);
        one.intensity_high = std::max(one.intensity_high.value_or(*at), *at);
      }
      one.slowdown_per_flop = slowdown(group.s_per_flop, first.s_per_flop, &one.batch_sizes);
      one.slowdown_per_byte = slowdown(group.s_per_byte, first.s_per_byte, nullptr);
      found.push_back(std::move(one));
    }
  }
  return found;
}

}  // namespace opgauge
