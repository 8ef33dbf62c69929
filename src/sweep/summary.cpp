// SPDX-License-Identifier: Apache-2.0
#include "sweep/summary.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/statistics.hpp"
#include "measure/protocol_statistics.hpp"

namespace opgauge {
namespace {

std::optional<double> mean_of(const std::vector<SweepRow>& rows,
                              std::optional<double> SweepRow::*member) {
  std::vector<double> values;
  for (const SweepRow& row : rows) {
    if (row.*member) values.push_back(*(row.*member));
  }
  return values.empty() ? std::nullopt : std::optional(mean(values));
}

// Quiet latency of every other visit.
std::optional<double> quiet_of_half(const RowState& state, size_t parity) {
  std::vector<Visit> half;
  for (size_t i = parity; i < state.visits.size(); i += 2) half.push_back(state.visits[i]);
  const auto summary = summarize(half);
  return summary ? std::optional(summary->quiet.value) : std::nullopt;
}

void add_line(std::string& text, const char* label, const std::optional<double>& percent) {
  if (percent) text += fmt::format("  {:<42} {:.2f} %\n", label, *percent);
}

}  // namespace

bool SweepSummary::all_valid() const {
  const auto valid = verdicts.find("valid");
  return valid != verdicts.end() && valid->second == rows;
}

SweepSummary summarize_sweep(const std::vector<SweepRow>& rows, const RunContents& contents) {
  SweepSummary summary;
  summary.rows = rows.size();
  std::vector<double> widths, within, differences, slowdowns;
  for (size_t i = 0; i < rows.size(); ++i) {
    const SweepRow& row = rows[i];
    ++summary.verdicts[std::string(name_of(row.verdict))];
    if (row.verdict == Verdict::skipped || row.verdict == Verdict::failed)
      ++summary.reasons[row.reason];
    if (row.quiet_half_width_pct) widths.push_back(*row.quiet_half_width_pct);
    if (row.quiet_unsettled_pct) within.push_back(*row.quiet_unsettled_pct);
    if (!row.quiet_between_source.empty()) summary.between_sources.insert(row.quiet_between_source);
    if (row.machine_slowdown) slowdowns.push_back(*row.machine_slowdown);
    const auto even = quiet_of_half(contents.rows[i], 0), odd = quiet_of_half(contents.rows[i], 1);
    if (even && odd && *odd > 0) differences.push_back(100 * std::abs(*even / *odd - 1));
  }
  if (!widths.empty()) summary.median_half_width_pct = median(widths);
  if (!within.empty()) summary.median_within_pct = median(within);
  if (!differences.empty()) summary.half_run_difference_pct = mean(differences);
  if (!slowdowns.empty()) summary.slowest_machine_pct = 100 * (maximum(slowdowns) - 1);
  summary.quiet_mape_pct = mean_of(rows, &SweepRow::quiet_error_pct);
  summary.time_mape_pct = mean_of(rows, &SweepRow::time_error_pct);
  summary.memory_mape_pct = mean_of(rows, &SweepRow::memory_error_pct);
  summary.flops_mape_pct = mean_of(rows, &SweepRow::flops_error_pct);
  return summary;
}

std::string summary_text(const SweepSummary& summary) {
  std::string text = fmt::format("{} rows:", summary.rows);
  for (const auto& entry : enum_names<Verdict>) {
    const auto at = summary.verdicts.find(std::string(entry.name));
    if (at != summary.verdicts.end()) text += fmt::format(" {} {}", at->second, entry.name);
  }
  text += "\n";
  for (const auto& [reason, count] : summary.reasons)
    text += fmt::format("  {} x {}\n", count, reason);
  add_line(text, "quiet latency, left open by the rounds", summary.median_within_pct);
  add_line(text, "quiet latency, half-width for another run", summary.median_half_width_pct);
  for (const std::string& source : summary.between_sources) text += "    " + source + "\n";
  add_line(text, "noise floor, even against odd rounds", summary.half_run_difference_pct);
  add_line(text, "estimate against quiet latency, MAPE", summary.quiet_mape_pct);
  add_line(text, "estimate against typical latency, MAPE", summary.time_mape_pct);
  add_line(text, "estimated memory, MAPE", summary.memory_mape_pct);
  add_line(text, "counted FLOPs, MAPE", summary.flops_mape_pct);
  add_line(text, "machine slower than its best by up to", summary.slowest_machine_pct);
  return text;
}

}  // namespace opgauge
