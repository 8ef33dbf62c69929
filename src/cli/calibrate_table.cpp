// SPDX-License-Identifier: Apache-2.0
#include "cli/calibrate_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <iostream>

#include "base/csv.hpp"
#include "base/units.hpp"
#include "calibrate/table_fit.hpp"
#include "cli/calendar.hpp"
#include "cli/calibrate_design.hpp"
#include "cli/residual_text.hpp"
#include "machine/calibration.hpp"
#include "machine/machine_files.hpp"

namespace opgauge {
namespace {

std::string coefficients_of(const OpModel& model, const std::string& key) {
  const auto fit = std::ranges::find(model.classes, key, &ClassFit::key);
  std::string text;
  if (fit == model.classes.end()) return text;
  for (const FeatureCoefficient& one : fit->coefficients) {
    if (one.value_s <= 0) continue;
    text += fmt::format("{}{} {:.3g}", text.empty() ? "" : ", ", one.feature, one.value_s);
    if (one.standard_error_s) text += fmt::format(" +-{:.1g}", *one.standard_error_s);
  }
  return text;
}

void print_fit(const TableFit& fit) {
  Table table{{"cost class", "rows", "trained", "MAPE %", "median %", "p90 %", "within 10 %", "physical MAPE %", "coefficients (s per unit, +- standard error)"}, {}};
  const auto percent = [](double value) { return fmt::format("{:.1f}", 100 * value); };
  for (const TableClass& one : fit.classes) {
    const bool scored = one.rest.count > 0;
    table.rows.push_back({one.key, std::to_string(one.rows), std::to_string(one.trained), scored ? percent(one.rest.mape) : "", scored ? percent(one.rest.median) : "",
                          scored ? percent(one.rest.p90) : "", scored ? fmt::format("{:.0f}", 100 * one.rest.within_10) : "",
                          scored ? percent(one.rest_physical.mape) : "", coefficients_of(fit.fit.model, one.key)});
  }
  std::cout << to_text(table) << "\n" << residual_text(fit.fit.model);
  if (fit.rest.count == 0) {
    std::cout << "every row was learnt from, none is left to score\n";
    return;
  }
  std::cout << fmt::format("{} rows that were not learnt from: MAPE {}, median {}, p90 {}, bias {:+.1f} %, within 10 % {}\n", fit.rest.count,
                           format_percent(fit.rest.mape), format_percent(fit.rest.median), format_percent(fit.rest.p90), 100 * fit.rest.bias,
                           format_percent(fit.rest.within_10, 0));
}

}  // namespace

void CalibrationFromTable::declare(CLI::App& app) {
  app.add_option("--table", file, "fit timings of single ops that were measured elsewhere: a CSV, its columns named by --map")->type_name("FILE");
  app.add_option("--map", map,
                 "what the columns of --table are, as in m=M,n=N,k=K,dtype=dtype,latency_s=latency_ms*1e-3; quantities: m, n, k, batch, dtype, op "
                 "(linear, mm or bmm), or case for case texts of any op")
      ->type_name("NAME=COLUMN,…");
  app.add_option("--train", train, "rows of --table to learn from, spread over the shapes; the others are scored")
      ->capture_default_str()
      ->check(CLI::Range(size_t{10}, size_t{5000}));
}

int CalibrationFromTable::run(const MachineOptions& machine, const ExecutionSettings& settings, const std::string& output) const {
  if (map.empty()) throw Error("--table", "found no --map, expected what its columns are, as in --map m=M,n=N,k=K,latency_s=ms*1e-3");
  TableFitOptions options;
  options.train = train;
  options.seed = settings.seed;
  options.conditions.threads = settings.threads;
  Calibration calibration;
  calibration.machine = std::filesystem::path(file).stem().string();
  if (!machine.machine.empty()) {
    const Machine record = machine.read();
    options.conditions = conditions_of(record, settings.threads);
    calibration.machine = record.name;
  }
  const TimingTable table = read_timing_table(file, map);
  TableFit fit = fit_table(table, options);
  calibration.created_at = utc_timestamp();
  calibration.statistic = "table";
  calibration.data = fmt::format("{} of {} rows of {}, seed {}", fit.training.size(), table.rows.size(), file, options.seed);
  calibration.fingerprint = {{"threads", std::to_string(settings.threads)}};
  calibration.op_model = fit.fit.model;
  if (output == "-") {
    emit("-", encode(calibration).dump(1) + "\n");
    return 0;
  }
  print_fit(fit);
  const std::filesystem::path path = output.empty() ? write_calibration(calibration_home(), calibration) : std::filesystem::path(output);
  if (!output.empty()) write_json(path, encode(calibration));
  std::cout << "written: " << path.string() << "\n";
  return 0;
}

}  // namespace opgauge
