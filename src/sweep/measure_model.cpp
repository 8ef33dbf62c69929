// SPDX-License-Identifier: Apache-2.0
#include "sweep/measure_model.hpp"

#include <algorithm>
#include <fstream>
#include <map>

#include "graph/case.hpp"
#include "graph/liveness.hpp"
#include "graph/op_table.hpp"
#include "measure/protocol_rounds.hpp"
#include "measure/protocol_statistics.hpp"

namespace opgauge {
namespace {

void fill_calls(const Graph& graph, const Summary& summary, ModelMeasurement& to) {
  std::map<std::string, MeasuredCase> cases;
  for (size_t i = 0; i < graph.nodes.size(); ++i) {
    const Node& node = graph.nodes[i];
    const double quiet_s = summary.quiet_node_s[i];
    const std::string call = case_text(graph, node);
    std::string output;
    for (const ValueId id : node.outputs) {
      if (output.empty() && id != no_value) output = graph[id].name;
    }
    to.nodes.push_back({output, call, node.module, node.where, quiet_s});
    const Work work = work_of(graph, node);
    MeasuredCase& row = cases[call];
    row.call = call;
    ++row.count;
    row.quiet_s += quiet_s;
    row.macs += work.macs;
    row.bytes += work.bytes();
  }
  for (auto& [call, row] : cases) {
    row.share = summary.quiet.value > 0 ? row.quiet_s / summary.quiet.value : 0;
    to.cases.push_back(std::move(row));
  }
  std::stable_sort(
      to.cases.begin(), to.cases.end(),
      [](const MeasuredCase& a, const MeasuredCase& b) { return a.quiet_s > b.quiet_s; });
}

void fill_latency(const Graph& graph, const RowState& state, ModelMeasurement& to) {
  for (const Visit& visit : state.visits) to.disturbance += visit.disturbance;
  const std::optional<Summary> summary = summarize(state.visits);
  if (!summary) return;
  to.rounds = summary->rounds;
  to.samples = summary->samples;
  to.quiet_latency_s = summary->quiet.value;
  to.quiet_low_s = summary->quiet.low;
  to.quiet_high_s = summary->quiet.high;
  to.typical_latency_s = summary->typical.value;
  to.typical_low_s = summary->typical.low;
  to.typical_high_s = summary->typical.high;
  to.contention = summary->contention;
  fill_calls(graph, *summary, to);
}

void fill_facts(const RowFacts& facts, ModelMeasurement& to) {
  to.executed_macs = facts.macs;
  to.peak_intermediate_bytes = facts.peak_intermediate_bytes;
  to.held_bytes = facts.held_bytes;
  to.peak_live_bytes = facts.held_bytes + facts.peak_intermediate_bytes;
  if (to.quiet_latency_s && *to.quiet_latency_s > 0) {
    to.flops_per_s = 2 * static_cast<double>(facts.macs) / *to.quiet_latency_s;
  }
}

}  // namespace

ModelMeasurement measure_model(Device& device, const Graph& graph, const StoredTensors& stored,
                               const MeasureModelOptions& options, const Surroundings& around,
                               PowerMeterSearch& meter) {
  ModelMeasurement to;
  to.device = device.name();
  for (const Node& node : graph.nodes) to.macs += work_of(graph, node).macs;
  to.predicted_peak_intermediate_bytes = plan_memory(graph).peak_intermediate_bytes;
  const MeasuredRow row{[&] { return RunnableModel{graph, stored}; }};
  RowState state;
  RoundHooks hooks;
  hooks.on_visit = [&](size_t, const Visit& visit) {
    if (options.on_visit) options.on_visit(visit);
  };
  hooks.interrupted = [&] { return options.interrupted && options.interrupted(); };
  measure_rows(device, {&row, 1}, {&state, 1}, options.protocol, around, options.capacity_bytes,
               hooks);
  to.outcome = state.outcome.value_or(Outcome{Verdict::failed, Stop::not_run, "interrupted"});
  fill_latency(graph, state, to);
  if (state.facts) fill_facts(*state.facts, to);
  if (!options.with_energy) {
    to.energy.reason = "not asked for";
  } else if (!to.quiet_latency_s) {
    to.energy.reason = "the model did not run";
  } else {
    try {
      const std::unique_ptr<Executable> executable = device.prepare(graph, stored);
      to.energy = measure_energy(
          meter, around.clock, [&] { executable->run_s(); }, options.energy);
    } catch (const Error& error) {
      to.energy.reason = error.what();
    }
  }
  to.process_peak_bytes = process_peak_bytes();
  return to;
}

std::optional<int64_t> process_peak_bytes() {
  std::ifstream status("/proc/self/status");
  std::string name;
  while (status >> name) {
    int64_t kibibytes = 0;
    if (name == "VmHWM:" && status >> kibibytes) return kibibytes * 1024;
  }
  return std::nullopt;
}

}  // namespace opgauge
