// SPDX-License-Identifier: Apache-2.0
#include "calibrate/roofline_cases.hpp"

#include <algorithm>
#include <random>
#include <set>

#include "estimate/predict.hpp"
#include "graph/liveness.hpp"
#include "graph/rewrite.hpp"
#include "sweep/model_source.hpp"

namespace opgauge {

Graph graph_of(const ResultRow& row) {
  if (row.graph.empty()) {
    throw Error(
        "row " + std::to_string(row.row),
        "the columns do not say which graph it is, expected `graph` or an MLP's dimensions");
  }
  if (row.device != "cpu") throw Error(row.device, "the machine's record is of its CPU");
  ModelBindings bindings;
  const bool is_case = row.graph.find("::") != std::string::npos;
  if (!is_case) bindings.batch = row.batch_size;
  const Graph graph = load_model(row.graph, bindings).graph;
  return to_precision(row.channels_last ? to_channels_last(graph) : graph, row.precision);
}

namespace {

FitCase case_of(const ResultRow& row, const Rates& rates) {
  const Graph graph = graph_of(row);
  FitCase one;
  one.group = row.architecture;
  one.measured_s = *row.latency_s();
  one.loads = map_regions(graph, partition(graph, PartitionMode::eager), rates,
                          static_cast<double>(plan_memory(graph).peak_live_bytes()));
  return one;
}

}  // namespace

FitGroups make_fit_groups(std::span<const ResultRow> rows, const Machine& machine) {
  FitGroups result;
  std::map<int, Rates> rates;
  for (const ResultRow& row : rows) {
    if (!row.latency_s()) {
      result.left_out["no latency was measured"].push_back(row.row);
      continue;
    }
    try {
      const auto precision = parse_enum<Precision>("precision", "precision", row.precision);
      const Rates& at = rates.try_emplace(row.threads, machine, row.threads).first->second;
      FitCase one = case_of(row, at);
      auto group = std::ranges::find_if(result.groups, [&](const FitGroup& g) {
        return g.precision == precision && g.threads == row.threads;
      });
      if (group == result.groups.end()) {
        group = result.groups.insert(group, FitGroup{precision, row.threads, {}, {}});
      }
      group->rows.push_back(&row);
      group->cases.push_back(std::move(one));
    } catch (const Error& error) {
      result.left_out[error.what()].push_back(row.row);
    }
  }
  std::ranges::sort(result.groups, {},
                    [](const FitGroup& g) { return std::pair(g.precision, g.threads); });
  return result;
}

Calibration calibrate_roofline(std::span<const ResultRow> rows, const Machine& machine,
                               const Calibration* before) {
  const FitGroups fit_groups = make_fit_groups(rows, machine);
  if (fit_groups.groups.empty()) {
    const std::string why =
        fit_groups.left_out.empty() ? "" : ": " + fit_groups.left_out.begin()->first;
    throw Error("calibrate", "found no row that can be fitted" + why + ", expected measured rows");
  }
  Calibration calibration;
  calibration.machine = machine.name;
  const bool quiet = std::ranges::all_of(fit_groups.groups, [](const FitGroup& group) {
    return std::ranges::all_of(group.rows,
                               [](const ResultRow* row) { return row->quiet_s.has_value(); });
  });
  calibration.statistic = quiet ? "quiet" : "typical";
  for (const FitGroup& group : fit_groups.groups) {
    const Rates rates(machine, group.threads);
    CoefficientSet start;
    if (before) start = coefficients_of(*before, machine, group.threads);
    calibration.roofline.push_back(
        fit_roofline(group.precision, rates, group.cases, start[group.precision]));
  }
  return calibration;
}

std::optional<Estimate> estimate_row(const ResultRow& row, const Machine& machine,
                                     const Calibration* calibration, std::string& why_not) {
  try {
    EstimateOptions options;
    options.threads = row.threads;
    options.calibration = calibration;
    options.with_regions = false;
    return predict(graph_of(row), machine, options);
  } catch (const Error& error) {
    why_not = error.what();
    return std::nullopt;
  }
}

Halves split_architectures(std::span<const ResultRow> rows, uint64_t seed) {
  std::set<std::string> names;
  for (const ResultRow& row : rows) names.insert(row.architecture);
  std::vector<std::string> order(names.begin(), names.end());
  std::mt19937_64 random(seed);
  for (size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[random() % i]);
  std::set<std::string> first;
  for (size_t i = 0; i < order.size(); i += 2) first.insert(order[i]);
  Halves halves;
  for (const ResultRow& row : rows)
    (first.contains(row.architecture) ? halves.first : halves.second).push_back(row);
  return halves;
}

}  // namespace opgauge
