// SPDX-License-Identifier: Apache-2.0
// The words of measuring. A *row* is one thing to measure. A *round* visits every open row once, in
// random order; a *visit* is a warm-up and some runs. Values and intervals come from whole visits,
// never from single samples: samples taken back to back are not independent (docs/measuring.md).
//
//   quiet    what the machine does when left alone: per node the least time over all visits, summed
//   over nodes typical  median over rounds of the visit's median end-to-end run: what this machine
//   does today
//
// A row stays open until its interval is narrow enough, stops narrowing, or a limit is met; which
// one is its `Stop`.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/fields.hpp"
#include "base/names.hpp"
#include "measure/conditions.hpp"
#include "measure/probe.hpp"

namespace opgauge {

struct ProtocolSettings {
  double target_half_width = 0.025;
  double repeat_half_width = 0.05;
  int min_rounds = 12;
  int max_rounds = 60;
  double round_interval_s = 0.5;
  double least_span_s = 0;
  double visit_s = 0.003;
  int max_pairs = 40;
  int end_to_end_every = 1;
  double warm_run_s = 0;
  double seldom_above_s = 0;
  double visit_warm_up_s = 0.0005;
  int max_warm_up_runs = 60;
  double max_warm_up_s = 3;
  double row_budget_s = 30;
  std::optional<double> budget_s;
  uint64_t seed = 1;
  static constexpr auto fields() {
    using S = ProtocolSettings;
    return std::make_tuple(
        field("target_half_width", &S::target_half_width, "",
              "half-width by rounds and distance to the third-least times, as a fraction"),
        field("repeat_half_width", &S::repeat_half_width, "",
              "a valid row's interval, between runs included, is no wider than this"),
        field("min_rounds", &S::min_rounds, "", "visits before a row may be called valid"),
        field("max_rounds", &S::max_rounds, "", "visits after which a row is closed"),
        field("round_interval_s", &S::round_interval_s, "s",
              "least time between the starts of two rounds"),
        field("least_span_s", &S::least_span_s, "s",
              "a row is called valid or given up only when its visits span this: a neighbour may be busy for ten seconds on end",
              Presence::may_be_missing),
        field("visit_s", &S::visit_s, "s",
              "a visit repeats its pair of runs for at least this long"),
        field("max_pairs", &S::max_pairs, "", "most pairs of runs in a visit"),
        field("end_to_end_every", &S::end_to_end_every, "",
              "in every so-manieth round a timed run has a run without clocks beside it, 0: never",
              Presence::may_be_missing),
        field("seldom_above_s", &S::seldom_above_s, "s",
              "a row whose last run took longer is visited in every second round; 0: every row in every round",
              Presence::may_be_missing),
        field("warm_run_s", &S::warm_run_s, "s",
              "later visits count from the first run on: twice, or once if it takes this long; 0: "
              "they warm up",
              Presence::may_be_missing),
        field("visit_warm_up_s", &S::visit_warm_up_s, "s",
              "least warm-up of a later visit, at least one run"),
        field("max_warm_up_runs", &S::max_warm_up_runs, "",
              "first visit: runs after which warm-up gives up"),
        field("max_warm_up_s", &S::max_warm_up_s, "s",
              "first visit: time after which warm-up gives up"),
        field("row_budget_s", &S::row_budget_s, "s", "time after which one row is closed"),
        field("budget_s", &S::budget_s, "s",
              "time after which every row is closed; null is no limit"),
        field("seed", &S::seed, "", "of the order of rows"));
  }
};

enum class Verdict { valid, noisy, budget, skipped, failed };
template <>
inline constexpr auto enum_names<Verdict> = std::to_array<EnumName<Verdict>>({
    {Verdict::valid, "valid"},
    {Verdict::noisy, "noisy"},
    {Verdict::budget, "budget"},
    {Verdict::skipped, "skipped"},
    {Verdict::failed, "failed"},
});

enum class Stop { half_width, plateau, rounds, row_budget, budget, not_run };
template <>
inline constexpr auto enum_names<Stop> = std::to_array<EnumName<Stop>>({
    {Stop::half_width, "half_width"},
    {Stop::plateau, "plateau"},
    {Stop::rounds, "rounds"},
    {Stop::row_budget, "row_budget"},
    {Stop::budget, "budget"},
    {Stop::not_run, "not_run"},
});

// One visit, as it is written to the journal.
struct Visit {
  int round = 0;
  double at_s = 0;       // since this process began to measure
  double elapsed_s = 0;  // of the whole visit
  int warm_up_runs = 0;
  bool steady = true;  // the warm-up reached two windows that agree
  int pairs = 0;       // timed runs, and as many end-to-end runs
  std::vector<double> node_s;
  double run_s = 0;
  double least_run_s = 0;
  std::optional<double> sum_over_run;
  std::optional<MachineSpeed> probe;
  Disturbance disturbance;
  int clock_gaps = 0;
  int clock_faults = 0;
  static constexpr auto fields() {
    using V = Visit;
    return std::make_tuple(
        field("round", &V::round, "", "round in which it happened, from 0"),
        field("at_s", &V::at_s, "s", "since the process began to measure"),
        field("elapsed_s", &V::elapsed_s, "s", "of the whole visit"),
        field("warm_up_runs", &V::warm_up_runs, "", "runs before the first sample"),
        field("steady", &V::steady, "", "two windows of the warm-up agreed"),
        field("pairs", &V::pairs, "", "timed runs, and as many end-to-end runs"),
        field("node_s", &V::node_s, "s", "per node, the least over the timed runs"),
        field("run_s", &V::run_s, "s", "median end-to-end run"),
        field("least_run_s", &V::least_run_s, "s", "shortest end-to-end run"),
        field("sum_over_run", &V::sum_over_run, "",
              "sum over nodes of a timed run / that run, median over runs",
              Presence::may_be_missing),
        field("probe", &V::probe, "", "time of fixed reference work before the runs"),
        field("disturbance", &V::disturbance, "",
              "what the operating system counted during the visit"),
        field("clock_gaps", &V::clock_gaps, "",
              "runs that took ten times the visit's median and a millisecond more"),
        field("clock_faults", &V::clock_faults, "",
              "samples left out: time zero, negative or not a number"));
  }
};

// What is found out once per row.
struct RowFacts {
  int64_t held_bytes = 0;
  int64_t peak_intermediate_bytes = 0;
  int64_t macs = 0;
  int64_t calls = 0;
  std::vector<int64_t> int8_kernels;
  std::vector<int64_t> int8_boundaries;
  static constexpr auto fields() {
    using F = RowFacts;
    return std::make_tuple(
        field("held_bytes", &F::held_bytes, "B", "parameters, buffers, constants and inputs"),
        field("peak_intermediate_bytes", &F::peak_intermediate_bytes, "B",
              "highest sum of live tensors beside them"),
        field("macs", &F::macs, "", "multiply-adds counted from the dispatched calls"),
        field("calls", &F::calls, "", "dispatched calls"),
        field("int8_kernels", &F::int8_kernels, "", "numbers of the nodes in int8",
              Presence::may_be_missing),
        field("int8_boundaries", &F::int8_boundaries, "",
              "numbers of the nodes that quantise for them", Presence::may_be_missing));
  }
};

struct Outcome {
  Verdict verdict = Verdict::failed;
  Stop stop = Stop::not_run;
  std::string reason;
  static constexpr auto fields() {
    return std::make_tuple(
        field("verdict", &Outcome::verdict, "", "valid, noisy, budget, skipped or failed"),
        field("stop", &Outcome::stop, "", "why measuring ended"),
        field("reason", &Outcome::reason, "", "the verdict in words"));
  }
};

// A value with its 95 % interval.
struct Interval {
  double value = 0;
  double low = 0;
  double high = 0;
  // Half the interval as a fraction of the value.
  double half_width() const { return (high - low) / 2 / value; }
};

struct Summary {
  int rounds = 0;   // visits
  int samples = 0;  // timed and end-to-end runs of all visits
  Interval quiet;
  double unsettled_by = 0;  // see protocol_statistics.hpp
  Interval typical;
  double contention = 1;  // typical / quiet
  std::vector<double> quiet_node_s;
};

}  // namespace opgauge
