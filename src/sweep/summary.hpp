// SPDX-License-Identifier: Apache-2.0
// What a sweep came to, in a few lines.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "sweep/record.hpp"
#include "sweep/run_folder.hpp"

namespace opgauge {

struct SweepSummary {
  size_t rows = 0;
  std::map<std::string, size_t> verdicts;       // name -> rows
  std::map<std::string, size_t> reasons;        // of skipped and failed rows
  // Of quiet latency, median over rows that were measured: between runs included, and what the rounds leave open.
  std::optional<double> median_half_width_pct, median_within_pct;
  std::set<std::string> between_sources;
  std::optional<double>
      half_run_difference_pct;  // MAPE of quiet latency: even against odd rounds of the same run
  std::optional<double> quiet_mape_pct, time_mape_pct;  // of the estimates
  std::optional<double> memory_mape_pct, flops_mape_pct;
  std::optional<double> slowest_machine_pct;  // largest median probe over the fastest, minus 1

  bool all_valid() const;
};

SweepSummary summarize_sweep(const std::vector<SweepRow>& rows, const RunContents& contents);
std::string summary_text(const SweepSummary& summary);  // lines, each ending in a newline

}  // namespace opgauge
