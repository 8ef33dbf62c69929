// SPDX-License-Identifier: Apache-2.0
// One row of a sweep's result: measured and estimated side by side. The CSV has `model`, one column
// an axis, `batch_size`, and then these fields in this order; what could not be measured or
// estimated is empty, with the reason in `reason`, `analytical_reason` or `energy_reason`.
//
// `empirical_time_ms` is the typical latency (median over rounds), `empirical_quiet_ms` the quiet
// one (what the machine does when left alone); an error percentage is |empirical - analytical| /
// empirical. MB are 10^6 bytes.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/csv.hpp"
#include "measure/protocol.hpp"
#include "measure/protocol_rounds.hpp"
#include "sweep/between_runs.hpp"
#include "sweep/drift.hpp"
#include "sweep/prospect.hpp"

namespace opgauge {

struct SweepRow {
  std::string model;
  Json parameters = Json::object();
  int64_t batch_size = 1;

  std::string device = "cpu";
  std::string precision = "fp32";
  std::optional<double> empirical_time_ms, empirical_memory_mb;
  std::optional<int64_t> empirical_flops;
  std::optional<double> analytical_time_ms, analytical_memory_mb;
  std::optional<int64_t> analytical_flops;
  std::optional<double> time_error_pct, memory_error_pct, flops_error_pct;

  std::optional<double> empirical_quiet_ms, empirical_quiet_low_ms, empirical_quiet_high_ms,
      quiet_half_width_pct;
  std::optional<double> quiet_within_pct, quiet_unsettled_pct, quiet_between_pct;
  std::string quiet_between_source;
  std::optional<double> quiet_corrected_ms, drift_factor;
  std::string drift_source;
  std::optional<double> empirical_time_low_ms, empirical_time_high_ms;
  std::optional<double> contention_factor, quiet_error_pct;
  std::optional<double> int8_kernel_ms, int8_boundary_ms;
  int rounds = 0;
  int samples = 0;
  Verdict verdict = Verdict::skipped;
  Stop stop = Stop::not_run;
  std::string reason;
  int threads = 1;
  std::string scenario;
  std::optional<double> working_set_bytes, arithmetic_intensity;
  std::optional<Bottleneck> bottleneck;
  std::optional<double> analytical_low_ms, analytical_high_ms;
  std::string estimator, coefficients, analytical_reason;
  std::optional<double> energy_j;
  std::string energy_reason;
  std::optional<double> analytical_energy_j;
  std::optional<double> throughput_per_s, machine_slowdown, steal_s;
  std::optional<int64_t> involuntary_switches;
  std::optional<double> throttled_s;
  std::optional<int64_t> thermal_events;
  std::string disturbances;
  int clock_gaps = 0;
  int clock_faults = 0;
  bool solved = false;
  std::string graph;

  static constexpr auto fields() {
    using R = SweepRow;
    constexpr auto later = Presence::may_be_missing;
    return std::make_tuple(
        field("device", &R::device, "", "cpu or cuda"),
        field("precision", &R::precision, "", "fp32, bf16, fp16 or int8"),
        field("empirical_time_ms", &R::empirical_time_ms, "ms",
              "typical latency: median over rounds"),
        field("empirical_memory_mb", &R::empirical_memory_mb, "MB",
              "parameters, inputs and measured peak of live tensors"),
        field("empirical_flops", &R::empirical_flops, "",
              "2 x multiply-adds counted from the dispatched calls"),
        field("analytical_time_ms", &R::analytical_time_ms, "ms", "estimated quiet latency"),
        field("analytical_memory_mb", &R::analytical_memory_mb, "MB",
              "estimated peak of live tensor bytes"),
        field("analytical_flops", &R::analytical_flops, "", "2 x multiply-adds of the graph"),
        field("time_error_pct", &R::time_error_pct, "%",
              "of the estimate against the typical latency"),
        field("memory_error_pct", &R::memory_error_pct, "%", "of the estimated memory"),
        field("flops_error_pct", &R::flops_error_pct, "%", "of the counted FLOPs"),
        field("empirical_quiet_ms", &R::empirical_quiet_ms, "ms",
              "quiet latency: per-op least times, summed", later),
        field("empirical_quiet_low_ms", &R::empirical_quiet_low_ms, "ms",
              "lower end of its 95 % interval: what another run would read", later),
        field("empirical_quiet_high_ms", &R::empirical_quiet_high_ms, "ms",
              "upper end of that interval", later),
        field("quiet_half_width_pct", &R::quiet_half_width_pct, "%",
              "half of that interval over the value: sqrt(within^2 + between^2)", later),
        field("quiet_within_pct", &R::quiet_within_pct, "%",
              "half of the 95 % interval that this run's rounds alone give", later),
        field("quiet_unsettled_pct", &R::quiet_unsettled_pct, "%",
              "that, or the distance to the third-least times if it is larger", later),
        field("quiet_between_pct", &R::quiet_between_pct, "%",
              "half of the 95 % interval between runs, beyond what the rounds show", later),
        field("quiet_between_source", &R::quiet_between_source, "", "what that was taken from",
              later),
        field("quiet_corrected_ms", &R::quiet_corrected_ms, "ms",
              "quiet latency over drift_factor", later),
        field("drift_factor", &R::drift_factor, "",
              "how much slower the row is reckoned to be for the machine's drift", later),
        field("drift_source", &R::drift_source, "", "probes, reference and exponent of that factor",
              later),
        field("empirical_time_low_ms", &R::empirical_time_low_ms, "ms",
              "lower end of the typical 95 % interval", later),
        field("empirical_time_high_ms", &R::empirical_time_high_ms, "ms",
              "upper end of the typical 95 % interval", later),
        field("contention_factor", &R::contention_factor, "", "typical over quiet", later),
        field("quiet_error_pct", &R::quiet_error_pct, "%",
              "of the estimate against the quiet latency", later),
        field("int8_kernel_ms", &R::int8_kernel_ms, "ms",
              "part of the quiet latency: int8 kernels, which give f32 where f32 follows", later),
        field("int8_boundary_ms", &R::int8_boundary_ms, "ms",
              "part of the quiet latency: quantising f32 for them", later),
        field("rounds", &R::rounds, "", "visits, spread over the run", later),
        field("samples", &R::samples, "", "runs of all visits", later),
        field("verdict", &R::verdict, "", "valid, noisy, budget, skipped or failed", later),
        field("stop", &R::stop, "", "why measuring ended", later),
        field("reason", &R::reason, "", "the verdict in words", later),
        field("threads", &R::threads, "", "intra-op threads", later),
        field("scenario", &R::scenario, "", "memory level that the working set fits into", later),
        field("working_set_bytes", &R::working_set_bytes, "B",
              "parameters, inputs and live intermediates", later),
        field("arithmetic_intensity", &R::arithmetic_intensity, "FLOP/B", "FLOPs over bytes moved",
              later),
        field("bottleneck", &R::bottleneck, "", "compute, memory or launch, by the estimate",
              later),
        field("analytical_low_ms", &R::analytical_low_ms, "ms",
              "lower end of the estimate's 90 % interval", later),
        field("analytical_high_ms", &R::analytical_high_ms, "ms",
              "upper end of the estimate's 90 % interval", later),
        field("estimator", &R::estimator, "", "that made the estimate", later),
        field("coefficients", &R::coefficients, "", "assumed, or the calibration", later),
        field("analytical_reason", &R::analytical_reason, "", "why there is no estimate", later),
        field("energy_j", &R::energy_j, "J", "measured energy of one inference", later),
        field("energy_reason", &R::energy_reason, "", "why there is no measured energy", later),
        field("analytical_energy_j", &R::analytical_energy_j, "J",
              "estimated energy of one inference", later),
        field("throughput_per_s", &R::throughput_per_s, "1/s", "batch size over typical latency",
              later),
        field("machine_slowdown", &R::machine_slowdown, "",
              "median register-only probe over the run's fastest", later),
        field("steal_s", &R::steal_s, "s", "CPU time that the hypervisor took during the visits",
              later),
        field("involuntary_switches", &R::involuntary_switches, "",
              "times put aside during the visits", later),
        field("throttled_s", &R::throttled_s, "s", "stopped by the control group's quota", later),
        field("thermal_events", &R::thermal_events, "", "thermal throttle events during the visits",
              later),
        field("disturbances", &R::disturbances, "", "what disturbed the visits, in words", later),
        field("clock_gaps", &R::clock_gaps, "", "runs of more than ten times the visit's median",
              later),
        field("clock_faults", &R::clock_faults, "", "samples left out: no usable time", later),
        field("solved", &R::solved, "", "sizes were solved for to reach the scenario", later),
        field("graph", &R::graph, "", "name or case text of the graph", later));
  }
};

// `fastest_probe_s`: least register-only probe of the run, 0 if there was none.
SweepRow make_row(const Configuration& configuration, const Prospect& prospect,
                  const RowState& state, double fastest_probe_s);
// Widens the row's interval by what lies between runs; a row that is valid by its rounds and would
// not repeat within `repeat_half_width` (a fraction) becomes noisy.
void add_between_runs(const BetweenRuns& between, double repeat_half_width, SweepRow& row);
void add_drift(const Drift& drift, const RowState& state, SweepRow& row);
// Without measured values: the analytical twin.
SweepRow analytical_row(const Configuration& configuration, const Prospect& prospect);

// `axes`: columns between `model` and `batch_size`. The analytical table leaves out what measuring
// alone can fill.
Table sweep_table(const std::vector<SweepRow>& rows, const std::vector<std::string>& axes);
Table analytical_table(const std::vector<SweepRow>& rows, const std::vector<std::string>& axes);
// {"model": …, "parameters": {…}, "batch_size": …, <fields>}
Json row_json(const SweepRow& row);

}  // namespace opgauge
