// SPDX-License-Identifier: Apache-2.0
#include "cli/calibrate_from.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <filesystem>
#include <iostream>

#include "base/csv.hpp"
#include "base/units.hpp"
#include "calibrate/roofline_cases.hpp"
#include "calibrate/run_facts.hpp"

namespace opgauge {
namespace {

void print_fit(const RooflineFit& fit, const std::string& statistic) {
  Table table;
  table.columns = {"coefficient", "level", "value", "standard error", "note"};
  for (const Coefficient& one : fit.coefficients) {
    table.rows.push_back({one.name, one.level, fmt::format("{:.4g}", one.value),
                          one.standard_error ? fmt::format("{:.2g}", *one.standard_error) : "",
                          one.identified ? "" : "not identified: " + one.note});
  }
  std::cout << fmt::format("{} on {} thread{}: {} configurations of {} architectures, {} latency\n",
                           fit.precision, fit.threads, fit.threads == 1 ? "" : "s",
                           fit.configurations, fit.groups, statistic)
            << to_text(table) << "MAPE: " << format_percent(fit.assumed_mape.value_or(0))
            << " before, " << format_percent(fit.fit_mape.value_or(0)) << " fitted, "
            << (fit.held_out_mape ? format_percent(*fit.held_out_mape) + " held out"
                                  : std::string("nothing to hold out: one architecture"))
            << "\n\n";
}

}  // namespace

void CalibrationFromResults::declare(CLI::App& app) {
  app.add_option("--from", results,
                 "fit the roofline to results of a sweep, a CSV or a run folder; may be repeated")
      ->type_name("FILE");
}

int CalibrationFromResults::run(const MachineOptions& machine_options,
                                const std::string& output) const {
  const Machine machine = machine_options.read();
  const auto before = machine_options.read_calibration(machine);
  std::vector<ResultRow> rows;
  RunFacts facts;
  std::string data;
  for (const std::string& path : results) {
    const Results one = read_results(path);
    rows.insert(rows.end(), one.rows.begin(), one.rows.end());
    facts.software.merge(read_run_facts(one.where).software);
    data += (data.empty() ? "" : ", ") + one.where;
  }
  Calibration calibration =
      calibrate_roofline(rows, machine, before ? &before->calibration : nullptr);
  calibration.created_at = fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::time(nullptr)));
  calibration.data = data;
  calibration.fingerprint = calibration_fingerprint(machine, facts);
  if (output == "-") {
    emit("-", encode(calibration).dump(1) + "\n");
    return 0;
  }
  for (const RooflineFit& fit : calibration.roofline) print_fit(fit, calibration.statistic);
  std::filesystem::path path = output;
  if (output.empty()) {
    path = write_calibration(calibration_home(), calibration);
  } else {
    write_json(path, encode(calibration));
  }
  std::cerr << "written to " << path.string() << "\n";
  return 0;
}

}  // namespace opgauge
