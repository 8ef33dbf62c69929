// SPDX-License-Identifier: Apache-2.0
#include "sweep/record.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/statistics.hpp"
#include "measure/protocol_statistics.hpp"

namespace opgauge {
namespace {

constexpr double ms_per_s = 1e3, mb_per_byte = 1e-6;

std::optional<double> error_pct(std::optional<double> empirical, std::optional<double> analytical) {
  if (!empirical || !analytical) return std::nullopt;
  if (*empirical == 0) return *analytical == 0 ? std::optional(0.0) : std::nullopt;
  return 100 * std::abs(*empirical - *analytical) / *empirical;
}

std::optional<double> number(const std::optional<int64_t>& value) {
  return value ? std::optional(static_cast<double>(*value)) : std::nullopt;
}

double time_of(const std::vector<int64_t>& nodes, const Summary& summary) {
  double sum_s = 0;
  for (const int64_t node : nodes) sum_s += summary.quiet_node_s.at(static_cast<size_t>(node));
  return sum_s;
}

// `half`: a fraction.
void set_interval(double half, SweepRow& row) {
  row.quiet_half_width_pct = 100 * half;
  row.empirical_quiet_low_ms = *row.empirical_quiet_ms * std::max(0.0, 1 - half);
  row.empirical_quiet_high_ms = *row.empirical_quiet_ms * (1 + half);
}

void add_measured(const RowState& state, double fastest_probe_s, SweepRow& row) {
  if (const auto summary = summarize(state.visits)) {
    row.rounds = summary->rounds;
    row.samples = summary->samples;
    row.empirical_time_ms = summary->typical.value * ms_per_s;
    row.empirical_time_low_ms = summary->typical.low * ms_per_s;
    row.empirical_time_high_ms = summary->typical.high * ms_per_s;
    row.empirical_quiet_ms = summary->quiet.value * ms_per_s;
    row.quiet_within_pct = summary->quiet.half_width() * 100;
    row.quiet_unsettled_pct = summary->unsettled_by * 100;
    set_interval(summary->unsettled_by, row);
    row.contention_factor = summary->contention;
    row.throughput_per_s = static_cast<double>(row.batch_size) / summary->typical.value;
    if (state.facts && !state.facts->int8_kernels.empty()) {
      row.int8_kernel_ms = time_of(state.facts->int8_kernels, *summary) * ms_per_s;
      row.int8_boundary_ms = time_of(state.facts->int8_boundaries, *summary) * ms_per_s;
    }
  }
  if (state.energy) {
    row.energy_j = state.energy->energy_j;
    row.energy_reason = state.energy->reason;
  }
  if (state.facts) {
    row.empirical_memory_mb =
        static_cast<double>(state.facts->held_bytes + state.facts->peak_intermediate_bytes) *
        mb_per_byte;
    row.empirical_flops = 2 * state.facts->macs;
  }
  if (state.outcome) {
    row.verdict = state.outcome->verdict;
    row.stop = state.outcome->stop;
    row.reason = state.outcome->reason;
  } else {
    row.verdict = Verdict::budget;
    row.reason = "not finished";
  }
  Disturbance total;
  std::vector<double> probes;
  for (const Visit& visit : state.visits) {
    total += visit.disturbance;
    row.clock_gaps += visit.clock_gaps;
    row.clock_faults += visit.clock_faults;
    if (visit.probe) probes.push_back(visit.probe->compute_s);
  }
  if (!state.visits.empty()) {
    row.steal_s = total.steal_s;
    row.involuntary_switches = total.involuntary_switches;
    row.throttled_s = total.throttled_s;
    row.thermal_events = total.thermal_events;
    for (const std::string& flag : total.flags())
      row.disturbances += (row.disturbances.empty() ? "" : "; ") + flag;
  }
  if (!probes.empty() && fastest_probe_s > 0)
    row.machine_slowdown = median(probes) / fastest_probe_s;
}

const std::vector<std::string> estimate_columns = {"device",
                                                   "precision",
                                                   "analytical_time_ms",
                                                   "analytical_memory_mb",
                                                   "analytical_flops",
                                                   "threads",
                                                   "scenario",
                                                   "working_set_bytes",
                                                   "arithmetic_intensity",
                                                   "bottleneck",
                                                   "analytical_low_ms",
                                                   "analytical_high_ms",
                                                   "estimator",
                                                   "coefficients",
                                                   "analytical_reason",
                                                   "analytical_energy_j",
                                                   "solved",
                                                   "graph"};

Table table_of(const std::vector<SweepRow>& rows, const std::vector<std::string>& axes,
               const std::vector<std::string>* only) {
  Table table;
  table.columns.push_back("model");
  std::vector<std::string> between;
  for (const std::string& axis : axes) {
    if (axis != "batch_size" && axis != "model") between.push_back(axis);
  }
  table.columns.insert(table.columns.end(), between.begin(), between.end());
  table.columns.push_back("batch_size");
  std::vector<std::string> names;
  add_columns<SweepRow>(names);
  const auto wanted = [&](const std::string& name) {
    return !only || std::find(only->begin(), only->end(), name) != only->end();
  };
  std::copy_if(names.begin(), names.end(), std::back_inserter(table.columns), wanted);
  for (const SweepRow& row : rows) {
    std::vector<std::string>& cells = table.rows.emplace_back();
    cells.push_back(row.model);
    for (const std::string& axis : between) {
      const auto at = row.parameters.find(axis);
      cells.push_back(at == row.parameters.end() ? "" : cell(*at));
    }
    cells.push_back(std::to_string(row.batch_size));
    std::vector<std::string> all;
    add_cells(all, row);
    for (size_t i = 0; i < names.size(); ++i) {
      if (wanted(names[i])) cells.push_back(all[i]);
    }
  }
  return table;
}

}  // namespace

SweepRow analytical_row(const Configuration& configuration, const Prospect& prospect) {
  SweepRow row;
  row.model = configuration.model;
  row.parameters = configuration.parameters;
  row.batch_size = prospect.batch_size.value_or(configuration.batch_size);
  row.device = configuration.device;
  row.precision = configuration.precision;
  row.threads = configuration.threads;
  row.solved = configuration.solved;
  row.graph = configuration.graph;
  row.scenario = prospect.scenario;
  row.reason = "not measured";
  row.analytical_reason = prospect.no_estimate;
  if (prospect.unbuildable.empty()) row.working_set_bytes = prospect.working_set_bytes;
  if (prospect.estimate) {
    const Estimate& estimate = *prospect.estimate;
    row.analytical_time_ms = estimate.latency_s * ms_per_s;
    if (estimate.latency_low_s) row.analytical_low_ms = *estimate.latency_low_s * ms_per_s;
    if (estimate.latency_high_s) row.analytical_high_ms = *estimate.latency_high_s * ms_per_s;
    row.analytical_memory_mb = static_cast<double>(estimate.memory_peak_bytes) * mb_per_byte;
    row.analytical_flops = estimate.flops;
    row.arithmetic_intensity = estimate.arithmetic_intensity();
    row.bottleneck = estimate.bottleneck;
    row.estimator = estimate.estimator;
    row.coefficients = estimate.coefficients;
    row.analytical_energy_j = estimate.energy_j;
  }
  return row;
}

SweepRow make_row(const Configuration& configuration, const Prospect& prospect,
                  const RowState& state, double fastest_probe_s) {
  SweepRow row = analytical_row(configuration, prospect);
  add_measured(state, fastest_probe_s, row);
  row.time_error_pct = error_pct(row.empirical_time_ms, row.analytical_time_ms);
  row.quiet_error_pct = error_pct(row.empirical_quiet_ms, row.analytical_time_ms);
  row.memory_error_pct = error_pct(row.empirical_memory_mb, row.analytical_memory_mb);
  row.flops_error_pct = error_pct(number(row.empirical_flops), number(row.analytical_flops));
  return row;
}

void add_between_runs(const BetweenRuns& between, double repeat_limit, SweepRow& row) {
  if (!row.empirical_quiet_ms || !row.quiet_within_pct) return;
  row.quiet_between_source = between.source;
  const double within = *row.quiet_within_pct / 100;
  const auto another = between.half_width(*row.quiet_unsettled_pct / 100);
  const double half = another.value_or(*row.quiet_unsettled_pct / 100);
  if (another)
    row.quiet_between_pct = 100 * std::sqrt(std::max(0.0, half * half - within * within));
  set_interval(half, row);
  if (row.verdict == Verdict::valid && half > repeat_limit) {
    row.verdict = Verdict::noisy;
    row.reason += fmt::format("; but another run may differ by {:.2g} %, limit {:.2g} %", 100 * half,
                              100 * repeat_limit);
  }
  if (between.processes < 2) row.reason += "; " + between.source;
}

void add_drift(const Drift& drift, const RowState& state, SweepRow& row) {
  if (!row.empirical_quiet_ms) return;
  row.drift_factor = drift_factor(drift, state);
  if (!row.drift_factor) return;
  row.quiet_corrected_ms = *row.empirical_quiet_ms / *row.drift_factor;
  row.drift_source = drift.source();
}

Table sweep_table(const std::vector<SweepRow>& rows, const std::vector<std::string>& axes) {
  return table_of(rows, axes, nullptr);
}

Table analytical_table(const std::vector<SweepRow>& rows, const std::vector<std::string>& axes) {
  return table_of(rows, axes, &estimate_columns);
}

Json row_json(const SweepRow& row) {
  Json object = Json::object();
  object["model"] = row.model;
  object["parameters"] = row.parameters;
  object["batch_size"] = row.batch_size;
  object.update(encode(row));
  return object;
}

}  // namespace opgauge
