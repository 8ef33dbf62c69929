// SPDX-License-Identifier: Apache-2.0
#include "calibrate/time_cases.hpp"

#include <algorithm>
#include <cmath>

#include "base/statistics.hpp"
#include "graph/abridge.hpp"
#include "graph/liveness.hpp"

namespace opgauge {
namespace {

// Chosen on eighteen sessions with nine built-in models, docs/model.md "Measuring what matters".
constexpr double octave_damping = 0.5;   // each doubling takes off less than the one before
constexpr double octave_unknown = 0.01;  // too few passes to see what a doubling takes off
constexpr double contention_part = 0.1;  // of the typical excess over the least that the least shares
constexpr double contention_sd = 0.15;   // how much of it that may be
constexpr double repeat_sd = 0.015;      // two quiet sessions against each other
constexpr double reference_noise = 0.03; // of the references' own quiet times and of a quiet session's least
constexpr double slowness_part = 0.7;    // of what references lose or gain, that a model's calls do
constexpr double slowness_sd = 0.3;      // … and how much less or more

}  // namespace

double least_of_visits(std::vector<double> samples, int visits) {
  OPGAUGE_CHECK(!samples.empty() && visits > 0, "at least one sample");
  std::ranges::sort(samples);
  const double n = static_cast<double>(samples.size()), k = visits;
  if (n <= k) return samples.front();
  // P(the least of k is the i-th of n) = (n-1-i choose k-1) / (n choose k), by its recursion in i.
  double chance = k / n, mean = 0;
  for (size_t i = 0; i < samples.size() && chance > 1e-12; ++i) {
    mean += chance * samples[i];
    const double left = n - 1 - static_cast<double>(i);
    chance *= left > 0 ? std::max(0.0, (left - (k - 1)) / left) : 0;
  }
  return mean;
}

SessionBias session_bias(const Passes& passes, const std::vector<size_t>& nodes, int reference_visits) {
  const size_t count = passes.node_s.size();
  double least_s = 0, half_s = 0, typical_s = 0;
  for (const size_t n : nodes) {
    double least[2] = {INFINITY, INFINITY};
    std::vector<double> samples;
    for (size_t p = 0; p < count; ++p) {
      least[p % 2] = std::min(least[p % 2], passes.node_s[p][n]);
      samples.push_back(passes.node_s[p][n]);
    }
    least_s += std::min(least[0], least[1]);
    half_s += (least[0] + least[1]) / 2;
    typical_s += median(samples);
  }
  SessionBias out;
  if (!(least_s > 0)) return out;
  const double octave = count < 4 ? octave_unknown : std::log(half_s / least_s);
  const double missing = std::max(0.0, std::log2(reference_visits / static_cast<double>(count)));
  const double contention = std::log(typical_s / least_s);
  const double unseen = octave_damping * octave * missing;
  out.log_excess = unseen + contention_part * contention;
  out.log_sd = std::hypot(repeat_sd, unseen, contention_sd * contention);
  return out;
}

SessionBias with_slowness(SessionBias bias, const Slowness& slowness) {
  const double excess = std::max(0.0, std::abs(slowness.log_factor) - std::max(reference_noise, slowness.log_sd));
  bias.log_excess += std::copysign(slowness_part * excess, slowness.log_factor);
  bias.log_sd = std::hypot(bias.log_sd, slowness_sd * excess);
  return bias;
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
  const auto part = static_cast<double>(touched_bytes(running.graph)), full = static_cast<double>(touched_bytes(graph));
  if (!plan.whole && full > options.l3_bytes && part < 2 * options.l3_bytes)
    settings.evict_bytes = static_cast<size_t>(2 * options.l3_bytes);
  ReferenceRuns references(device, options.references);
  Surroundings watched = around;
  if (around.probe && !options.references.empty()) {
    watched.probe = [&] {
      references.run(around.clock);
      return around.probe();
    };
  }
  const Passes passes = run_passes(*executable, running.graph.nodes.size(), settings, watched);
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
  SessionBias bias = session_bias(passes, all, options.reference_visits);
  out.slowness = references.slowness();
  if (out.slowness) bias = with_slowness(bias, *out.slowness);
  for (size_t k = 0; k < places.size(); ++k) {
    if (places[k].empty()) continue;
    double sum_s = 0;  // over the calls of the case, of each one's least
    for (const size_t at : places[k]) {
      std::vector<double> samples;
      for (const std::vector<double>& pass : passes.node_s) samples.push_back(pass[at]);
      sum_s += least_of_visits(std::move(samples), options.reference_visits);
    }
    const double quiet_s = sum_s / static_cast<double>(places[k].size()) * std::exp(-bias.log_excess);
    if (!(quiet_s > 0)) continue;  // quicker than the clock
    out.cases.push_back({cases.cases[k].text, cases.cases[k].context, quiet_s, bias.log_sd,
                         static_cast<int>(places[k].size() * passes.node_s.size()), options.measured_at,
                         passes.quiet_probe.compute_s, passes.quiet_probe.memory_s});
  }
  return out;
}

}  // namespace opgauge
