// SPDX-License-Identifier: Apache-2.0
// The estimates that are scored are, in this order of asking: `--halves` (calibrate on half of the
// architectures, score the other half), `--again` (estimates made now, with the newest or the given
// calibration), `--analytical FILE`, else those that stand in the results.
#include "cli/validate_sweep.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <iostream>

#include "base/csv.hpp"
#include "base/units.hpp"
#include "calibrate/roofline_cases.hpp"
#include "report/analyze.hpp"

namespace opgauge {
namespace {

void estimate_again(Results& results, const Machine& machine, const Calibration* calibration) {
  for (ResultRow& row : results.rows) {
    row.analytical_s = row.analytical_low_s = row.analytical_high_s = std::nullopt;
    row.analytical_memory_bytes = row.analytical_flops = std::nullopt;
    std::string why_not;
    const auto estimate = estimate_row(row, machine, calibration, why_not);
    if (!estimate) {
      std::cerr << "validate: row " << row.row << " has no estimate: " << why_not << "\n";
      continue;
    }
    row.analytical_s = estimate->latency_s;
    row.analytical_low_s = estimate->latency_low_s;
    row.analytical_high_s = estimate->latency_high_s;
    row.analytical_memory_bytes = static_cast<double>(estimate->memory_peak_bytes);
    row.analytical_flops = static_cast<double>(estimate->flops);
    row.bottleneck = estimate->bottleneck;
    row.coefficients = estimate->coefficients;
  }
}

const ErrorFigures& figures_of(const FindingsSummary& summary, const std::string& statistic,
                               const std::string& where) {
  for (const ErrorFigures& one : summary.errors) {
    if (one.quantity == statistic + " latency") return one;
  }
  throw Error(where, "found no row with both an estimate and a " + statistic +
                         " latency, expected at least one");
}

}  // namespace

bool is_sweep_results(const std::string& argument) {
  std::error_code failed;
  return argument.ends_with(".csv") || std::filesystem::is_directory(argument, failed);
}

void SweepValidation::declare(CLI::App& app) {
  app.add_option("--analytical", analytical,
                 "results: score these estimates instead of the file's own")
      ->type_name("FILE");
  app.add_option("--statistic", statistic, "results: quiet or typical latency")
      ->check(CLI::IsMember({"quiet", "typical"}));
  app.add_flag("--again", again,
               "results: estimate now, with the newest calibration or the given one");
  app.add_flag("--halves", halves,
               "results: calibrate on half of the architectures, score the other half");
}

int SweepValidation::run(const std::string& path, const MachineOptions& machine_options,
                         double max_mape_pct, const OutputOptions& output) const {
  Results results = read_results(path);
  std::string how = "estimates as they stand in " + results.where;
  if (halves || again) {
    const Machine machine = machine_options.read();
    auto stored = machine_options.read_calibration(machine);
    std::optional<Calibration> calibration;
    if (stored) calibration = std::move(stored->calibration);
    how = "estimated now with " +
          (stored ? stored->path.string() : std::string("assumed coefficients"));
    if (halves) {
      Halves split = split_architectures(results.rows);
      if (split.second.empty())
        throw Error(results.where, "found one architecture, expected at least two to halve");
      calibration = calibrate_roofline(split.first, machine, nullptr);
      how = fmt::format(
          "calibrated on {} rows of half of the architectures, scored on the {} rows of the other "
          "half",
          split.first.size(), split.second.size());
      results.rows = std::move(split.second);
    }
    estimate_again(results, machine, calibration ? &*calibration : nullptr);
  } else if (!analytical.empty()) {
    join_analytical(results, read_analytical(analytical));
    how = "estimates of " + analytical;
  }
  const FindingsSummary summary = summarize(results, {});
  const ErrorFigures& figures = figures_of(summary, statistic, results.where);
  const Table table = to_table(summary.errors);
  if (!output.json.empty()) emit(output.json, encode(summary).dump(1) + "\n");
  if (!output.csv.empty()) emit(output.csv, to_csv(table));
  if (!output.markdown.empty()) emit(output.markdown, to_markdown(table));
  if (!output.any()) {
    Table shown;
    shown.columns = {"quantity", "rows", "MAPE", "bias", "median", "p90", "max", "within 10 %"};
    for (const ErrorFigures& one : summary.errors) {
      shown.rows.push_back({one.quantity, std::to_string(one.rows), format_percent(one.mape, 2),
                            fmt::format("{:+.2f} %", 100 * one.bias), format_percent(one.median, 2),
                            format_percent(one.p90, 2), format_percent(one.max, 2),
                            format_percent(one.within_10, 0)});
    }
    std::cout << how << "\n" << to_text(shown);
  }
  if (max_mape_pct <= 0) return 0;
  const bool met = 100 * figures.mape <= max_mape_pct;
  std::cerr << fmt::format("validate: {} latency MAPE {:.2f} % is {} {:g} %\n", statistic,
                           100 * figures.mape, met ? "within" : "above", max_mape_pct);
  return met ? 0 : 1;
}

}  // namespace opgauge
