// SPDX-License-Identifier: Apache-2.0
#include "calibrate/time_cases.hpp"

#include <algorithm>
#include <cmath>

#include "base/statistics.hpp"
#include "graph/abridge.hpp"
#include "graph/liveness.hpp"

namespace opgauge {
namespace {

constexpr double octave_damping = 0.75;  // each doubling takes off less than the one before
constexpr double least_log_sd = 0.01;    // of a case: two processes disagree by more than repeats show
constexpr double prior_log_sd = 0.04;    // worth of one repeat, before the repeats are looked at

// Everything that one run touches: parameters, and each result once.
double footprint_bytes(const Graph& graph) {
  double bytes = static_cast<double>(plan_memory(graph).parameter_bytes);
  std::vector<bool> seen(static_cast<size_t>(graph.storages), false);
  for (const Value& value : graph.values) {
    if (value.role != Role::intermediate || seen[static_cast<size_t>(value.storage)]) continue;
    seen[static_cast<size_t>(value.storage)] = true;
    bytes += static_cast<double>(value.type.storage_bytes());
  }
  return bytes;
}

// How much the sum of the least times fell, in log, when the passes doubled: every second pass against
// all.
double last_octave(const Passes& passes, const std::vector<size_t>& nodes) {
  double all_s = 0, half_s[2] = {0, 0};
  if (passes.node_s.size() < 4) return 0.07;  // measured: docs/model.md
  for (const size_t n : nodes) {
    double least[2] = {INFINITY, INFINITY};
    for (size_t p = 0; p < passes.node_s.size(); ++p)
      least[p % 2] = std::min(least[p % 2], passes.node_s[p][n]);
    all_s += std::min(least[0], least[1]);
    for (int h = 0; h < 2; ++h) half_s[h] += least[h];
  }
  return all_s > 0 ? std::max(0.0, std::log((half_s[0] + half_s[1]) / 2 / all_s)) : 0;
}

}  // namespace

QuietTime quiet_time(std::vector<double> samples, int visits, double octave) {
  OPGAUGE_CHECK(!samples.empty() && visits > 0, "at least one sample");
  std::ranges::sort(samples);
  const double n = static_cast<double>(samples.size()), k = visits;
  QuietTime out;
  if (n <= k) {
    out.quiet_s = samples.front() * std::exp(-octave * octave_damping * std::log2(k / n));
  } else {
    // P(the least of k is the i-th of n) = (n-1-i choose k-1) / (n choose k), by its recursion in i.
    double chance = k / n, mean = 0;
    for (size_t i = 0; i < samples.size() && chance > 0; ++i) {
      mean += chance * samples[i];
      const double left = n - 1 - static_cast<double>(i);
      chance *= left > 0 ? std::max(0.0, (left - (k - 1)) / left) : 0;
    }
    out.quiet_s = mean;
  }
  // Two halves of the samples, as they would have been seen apart.
  const size_t quarter = std::min(samples.size() - 1, std::max<size_t>(1, samples.size() / 10));
  const double spread = std::log(std::max(1e-12, samples[quarter]) / std::max(1e-12, samples.front()));
  out.log_sd = std::hypot(least_log_sd, std::min(prior_log_sd, spread) + (n < k ? octave * std::log2(k / n) / 2 : 0));
  return out;
}

CasesTimed time_cases(Device& device, const Graph& graph, const GraphCases& cases,
                      const MeasuringPlan& plan, const TimeCasesOptions& options,
                      const Surroundings& around) {
  CasesTimed out;
  if (plan.cases.empty()) return out;
  out.whole = plan.whole;
  Abridged running;
  if (plan.whole) {
    running.graph = graph;
    for (size_t n = 0; n < graph.nodes.size(); ++n) running.node.push_back(n);
  } else {
    running = abridge(graph, plan.keep);
  }
  ElapsedTime preparing(around.clock);
  const std::unique_ptr<Executable> executable = device.prepare(running.graph);
  out.prepared_s = preparing.read_s();

  PassSettings settings;
  settings.budget_s = plan.budget_s;
  settings.interrupted = options.interrupted;
  // A large model finds little of itself in the last cache when it comes round again; a few of its
  // calls would find everything there.
  const double part = footprint_bytes(running.graph), full = footprint_bytes(graph);
  if (!plan.whole && full > options.l3_bytes && part < 2 * options.l3_bytes)
    settings.evict_bytes = static_cast<size_t>(2 * options.l3_bytes);
  const Passes passes = run_passes(*executable, running.graph.nodes.size(), settings, around);
  out.passes = static_cast<int>(passes.node_s.size());
  out.calls = static_cast<int>(running.graph.nodes.size());
  out.spent_s = passes.elapsed_s;
  out.quiet_probe = passes.quiet_probe;
  if (passes.node_s.empty()) return out;

  std::vector<std::vector<size_t>> places(cases.cases.size());  // in the running graph
  std::vector<size_t> all;
  for (size_t i = 0; i < running.node.size(); ++i) {
    if (!plan.scored[running.node[i]]) continue;
    places[cases.of_node[running.node[i]]].push_back(i);
    all.push_back(i);
  }
  const double octave = last_octave(passes, all);
  for (size_t k = 0; k < places.size(); ++k) {
    std::vector<double> samples;
    for (const size_t at : places[k]) {
      for (const std::vector<double>& pass : passes.node_s) samples.push_back(pass[at]);
    }
    if (samples.empty()) continue;
    const int visits = static_cast<int>(samples.size());
    const QuietTime time = quiet_time(std::move(samples), options.reference_visits, octave);
    if (!(time.quiet_s > 0)) continue;  // quicker than the clock
    out.cases.push_back({cases.cases[k].text, cases.cases[k].context, time.quiet_s, time.log_sd, visits,
                         options.measured_at, passes.quiet_probe.compute_s, passes.quiet_probe.memory_s});
  }
  return out;
}

}  // namespace opgauge
