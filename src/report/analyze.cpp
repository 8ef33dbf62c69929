// SPDX-License-Identifier: Apache-2.0
#include "report/analyze.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/statistics.hpp"
#include "calibrate/roofline_cases.hpp"
#include "estimate/latency.hpp"

namespace opgauge {
namespace {

using OptionalNumber = std::optional<double> ResultRow::*;

// Errors over the rows that have both values; nullopt if none has.
std::optional<ErrorFigures> error_figures(const std::string& quantity,
                                          const std::vector<const ResultRow*>& rows,
                                          OptionalNumber analytical, OptionalNumber empirical) {
  std::vector<double> predicted, truth;
  for (const ResultRow* row : rows) {
    if (!(row->*analytical) || !(row->*empirical)) continue;
    if (!(*(row->*analytical) > 0) || !(*(row->*empirical) > 0)) continue;
    predicted.push_back(*(row->*analytical));
    truth.push_back(*(row->*empirical));
  }
  if (truth.empty()) return std::nullopt;
  const ErrorSummary errors = summarize_errors(predicted, truth);
  return ErrorFigures{quantity,      errors.count, errors.mape, errors.bias,
                      errors.median, errors.p90,   errors.max,  errors.within_10};
}

std::vector<const ResultRow*> all_rows(const Results& results) {
  std::vector<const ResultRow*> rows;
  for (const ResultRow& row : results.rows) rows.push_back(&row);
  return rows;
}

bool any(const Results& results, OptionalNumber member) {
  return std::ranges::any_of(results.rows,
                             [&](const ResultRow& row) { return (row.*member).has_value(); });
}

std::optional<double> median_of(std::vector<double> values) {
  if (values.empty()) return std::nullopt;
  return median(values);
}

void find_noise_floor(const Results& results, const AnalysisInput& input,
                      FindingsSummary& summary) {
  if (!input.repeat) {
    summary.noise_floor = input.noise_floor;
    summary.noise_floor_source = input.noise_floor
                                     ? input.noise_floor_source
                                     : "one run only; a second run of the same sweep tells it";
    return;
  }
  std::map<std::string, double> again;
  for (const ResultRow& row : input.repeat->rows) {
    if (row.latency_s()) again[row.key()] = *row.latency_s();
  }
  std::vector<double> first, second;
  for (const ResultRow& row : results.rows) {
    const auto at = again.find(row.key());
    if (at == again.end() || !row.latency_s()) continue;
    first.push_back(*row.latency_s());
    second.push_back(at->second);
  }
  if (first.empty())
    throw Error(input.repeat->where,
                "found no configuration of " + results.where + ", expected the same sweep");
  summary.noise_floor = summarize_errors(second, first).mape;
  summary.noise_floor_source =
      fmt::format("{} rows measured again in {}", first.size(), input.repeat->where);
}

std::vector<PointFinding> find_points(const Results& results) {
  std::vector<PointFinding> points;
  for (const ResultRow& row : results.rows) {
    PointFinding point;
    point.row = row.row;
    point.name = row.key();
    point.model = row.model;
    point.precision = row.precision;
    point.bottleneck = row.bottleneck ? std::string(name_of(*row.bottleneck)) : "";
    point.scenario = row.scenario;
    point.verdict = row.verdict;
    point.threads = row.threads;
    point.batch_size = row.batch_size;
    point.quiet_s = row.quiet_s;
    point.typical_s = row.typical_s;
    point.half_width = row.half_width;
    point.analytical_s = row.analytical_s;
    point.flops = row.flops ? row.flops : row.analytical_flops;
    point.intensity = row.arithmetic_intensity;
    if (row.analytical_s && row.latency_s()) point.error = *row.analytical_s / *row.latency_s() - 1;
    points.push_back(std::move(point));
  }
  return points;
}

void note_what_is_missing(const Results& results, const AnalysisInput& input, Findings& findings) {
  const auto leave_out = [&](const char* section, std::string reason) {
    findings.left_out.push_back({section, std::move(reason)});
  };
  const auto needs = [&](const char* section, const char* column) {
    const bool absent = !results.has(column);
    leave_out(section,
              fmt::format("column {} is {}", column, absent ? "missing" : "empty in every row"));
  };
  if (!any(results, &ResultRow::analytical_s)) needs("Latency errors", "analytical_time_ms");
  if (!any(results, &ResultRow::quiet_s)) needs("Quiet latency", "empirical_quiet_ms");
  for (const auto& [empirical, analytical, name, section] :
       {std::tuple(&ResultRow::memory_bytes, &ResultRow::analytical_memory_bytes, "memory_mb",
                   "Memory errors"),
        std::tuple(&ResultRow::flops, &ResultRow::analytical_flops, "flops", "FLOP errors")}) {
    if (!any(results, empirical)) {
      needs(section, (std::string("empirical_") + name).c_str());
    } else if (!any(results, analytical)) {
      needs(section, (std::string("analytical_") + name).c_str());
    }
  }
  if (findings.bottlenecks.empty()) needs("Bottleneck analysis", "bottleneck");
  if (!input.machine) leave_out("Recommended updates", "no machine record was found");
  if (findings.transitions.empty()) {
    if (!results.has("scenario")) {
      needs("Memory scenario transitions", "scenario");
    } else {
      leave_out("Memory scenario transitions", "fewer than two scenarios have measured rows");
    }
  }
  if (findings.insights.empty()) leave_out("Insights", "too few rows to compare");
}

}  // namespace

FindingsSummary summarize(const Results& results, const AnalysisInput& input) {
  FindingsSummary summary;
  summary.configurations = static_cast<int>(results.rows.size());
  std::map<std::string, int> verdicts;
  std::set<std::string> architectures, coefficients;
  std::vector<double> widths, contention;
  int covered = 0, with_interval = 0;
  for (const ResultRow& row : results.rows) {
    summary.measured += row.latency_s().has_value();
    architectures.insert(row.architecture);
    if (!row.verdict.empty()) ++verdicts[row.verdict];
    if (!row.coefficients.empty()) coefficients.insert(row.coefficients);
    if (row.half_width) widths.push_back(*row.half_width);
    if (row.typical_s && row.quiet_s) contention.push_back(*row.typical_s / *row.quiet_s);
    if (row.latency_s() && row.analytical_low_s && row.analytical_high_s) {
      ++with_interval;
      covered +=
          *row.analytical_low_s <= *row.latency_s() && *row.latency_s() <= *row.analytical_high_s;
    }
  }
  summary.architectures = static_cast<int>(architectures.size());
  for (const auto& [verdict, rows] : verdicts) summary.verdicts.push_back({verdict, rows});
  summary.coefficients.assign(coefficients.begin(), coefficients.end());
  const std::vector<const ResultRow*> rows = all_rows(results);
  for (const auto& [quantity, analytical, empirical] :
       {std::tuple("quiet latency", &ResultRow::analytical_s, &ResultRow::quiet_s),
        std::tuple("typical latency", &ResultRow::analytical_s, &ResultRow::typical_s),
        std::tuple("memory", &ResultRow::analytical_memory_bytes, &ResultRow::memory_bytes),
        std::tuple("FLOPs", &ResultRow::analytical_flops, &ResultRow::flops)}) {
    if (auto figures = error_figures(quantity, rows, analytical, empirical)) {
      summary.errors.push_back(std::move(*figures));
    }
  }
  find_noise_floor(results, input, summary);
  summary.half_width = median_of(std::move(widths));
  summary.contention = median_of(std::move(contention));
  if (with_interval) summary.coverage = static_cast<double>(covered) / with_interval;
  return summary;
}

std::vector<BottleneckFinding> find_bottlenecks(const Results& results) {
  std::vector<BottleneckFinding> found;
  const bool quiet = any(results, &ResultRow::quiet_s);
  for (const auto& label : enum_names<Bottleneck>) {
    std::vector<const ResultRow*> rows;
    for (const ResultRow& row : results.rows) {
      if (row.bottleneck == label.value) rows.push_back(&row);
    }
    if (rows.empty()) continue;
    BottleneckFinding one;
    one.bottleneck = label.name;
    one.rows = static_cast<int>(rows.size());
    for (const ResultRow* row : rows) {
      const auto& at = row->arithmetic_intensity;
      if (!at) continue;
      one.intensity_low = std::min(one.intensity_low.value_or(*at), *at);
      one.intensity_high = std::max(one.intensity_high.value_or(*at), *at);
    }
    one.latency =
        error_figures(quiet ? "quiet latency" : "typical latency", rows, &ResultRow::analytical_s,
                      quiet ? &ResultRow::quiet_s : &ResultRow::typical_s);
    found.push_back(std::move(one));
  }
  return found;
}

std::vector<UpdateFinding> find_updates(const Results& results, const Machine& machine,
                                        const Calibration* before, std::vector<LeftOut>& left_out) {
  std::vector<UpdateFinding> found;
  const FitGroups groups = make_fit_groups(results.rows, machine);
  for (const auto& [reason, rows] : groups.left_out) {
    left_out.push_back(
        {"Recommended updates", fmt::format("{} rows take no part: {}", rows.size(), reason)});
  }
  for (const FitGroup& group : groups.groups) {
    const Rates rates(machine, group.threads);
    CoefficientSet set;
    if (before) set = coefficients_of(*before, machine, group.threads);
    const RooflineCoefficients& old = set[group.precision];
    UpdateFinding one;
    one.fit = fit_roofline(group.precision, rates, group.cases, old);
    RooflineTerms<double> fitted;
    for (Coefficient coefficient : one.fit.coefficients) {
      const double now = coefficient.value;
      coefficient.standard_error.reset();
      coefficient.note.clear();
      coefficient.source = old.source;
      if (coefficient.name == "efficiency_factor") {
        fitted.efficiency_factor = now;
        coefficient.value = old.efficiency_factor;
      } else if (coefficient.name == "launch_s") {
        coefficient.value = old.launch_s;
      } else if (coefficient.name == "view_s") {
        coefficient.value = old.view_s;
      } else if (coefficient.name == "tail_rows") {
        coefficient.value = old.tail_rows;
      } else {
        for (size_t i = 0; i < rates.levels.size(); ++i) {
          if (rates.levels[i].name != coefficient.level) continue;
          fitted.memory_bottleneck_factor[i] = now;
          coefficient.value = old.memory_bottleneck_factor[i];
        }
      }
      one.before.push_back(std::move(coefficient));
    }
    one.ceiling_flops_per_s = rates.multiply_add[static_cast<size_t>(group.precision)].value_or(0);
    for (size_t i = 0; i < rates.levels.size(); ++i) {
      one.levels.push_back(rates.levels[i].name);
      one.ridge_flops_per_byte.push_back(ridge_flops_per_byte(rates, fitted, group.precision, i));
      one.bandwidth_bytes_per_s.push_back(rates.levels[i].bytes_per_s);
    }
    found.push_back(std::move(one));
  }
  return found;
}

Findings analyze(const Results& results, const AnalysisInput& input) {
  Findings findings;
  findings.data = results.where;
  findings.missing_columns = results.missing;
  findings.statistic = any(results, &ResultRow::quiet_s) ? "quiet" : "typical";
  findings.summary = summarize(results, input);
  if (findings.summary.measured == 0) {
    throw Error(results.where, "found no row with a measured time, expected at least one");
  }
  findings.bottlenecks = find_bottlenecks(results);
  if (input.machine) {
    findings.machine = input.machine->name;
    findings.updates = find_updates(results, *input.machine, input.before, findings.left_out);
    findings.roofs = find_roofs(results, *input.machine, findings.updates);
  }
  findings.transitions = find_transitions(results);
  findings.insights = find_insights(results, findings.updates, findings.transitions);
  findings.points = find_points(results);
  std::set<std::string> families, devices;
  for (const ResultRow& row : results.rows) {
    families.insert(row.model.substr(0, row.model.find('_')));
    devices.insert(row.device);
  }
  const auto join = [](const std::set<std::string>& names) {
    std::string text;
    for (const std::string& name : names) {
      if (!name.empty()) text += (text.empty() ? "" : ", ") + name;
    }
    return text;
  };
  findings.title = "Calibration report: " + (join(families).empty() ? "" : join(families) + " ") +
                   "sweep on " + (findings.machine.empty() ? join(devices) : findings.machine);
  note_what_is_missing(results, input, findings);
  return findings;
}

}  // namespace opgauge
