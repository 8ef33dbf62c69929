// SPDX-License-Identifier: Apache-2.0
#include "calibrate/observe.hpp"

#include <sstream>

#include "base/statistics.hpp"
#include "graph/text.hpp"
#include "measure/protocol_statistics.hpp"

namespace opgauge {
namespace {

void keep_least(std::vector<double>& least, const std::vector<double>& node_s) {
  if (least.empty()) least = node_s;
  for (size_t n = 0; n < node_s.size(); ++n) least[n] = std::min(least[n], node_s[n]);
}

}  // namespace

std::vector<Observation> observe(Device& device, std::span<const DesignedNetwork> networks, const ObserveOptions& options,
                                 const Surroundings& around, std::vector<std::string>& failures) {
  std::vector<MeasuredRow> rows;
  for (const DesignedNetwork& network : networks) {
    rows.push_back({[&network] { return RunnableModel{network.graph, {}}; }});
  }
  std::vector<RowState> states(rows.size());
  for (RowState& state : states) state.facts.emplace();  // nobody asks for them: no runs are spent on finding them out
  ProtocolSettings settings;
  settings.min_rounds = settings.max_rounds = options.max_visits;
  settings.round_interval_s = 0;
  settings.visit_s = 0.003;  // a short network is looped, as whoever measures one loops it
  settings.max_pairs = 100;
  settings.end_to_end_every = 0;  // typical time is that of the timed runs (bench_harness prints what clocks cost)
  settings.seldom_above_s = options.seldom_above_s;
  settings.warm_run_s = 0.06;  // a longer run fills the caches by itself
  settings.visit_warm_up_s = 0;
  settings.max_warm_up_runs = 3;
  settings.row_budget_s = options.budget_s;
  settings.budget_s = options.budget_s;
  settings.target_half_width = 1e-6;  // every network gets all its visits
  settings.seed = options.seed;
  for (size_t i = 0; i < options.earlier.size(); ++i) {
    states[i].visits = options.earlier[i];
    if (!states[i].visits.empty()) states[i].outcome = decide(states[i].visits, settings);
  }
  RoundHooks hooks;
  int done = 0;
  hooks.interrupted = options.interrupted;
  hooks.on_visit = [&](size_t row, const Visit& visit) {
    ++done;
    if (options.on_visit) options.on_visit(row, visit);
    if (options.progress) options.progress(done, static_cast<int>(rows.size()) * options.max_visits, visit.round);
  };
  measure_rows(device, rows, states, settings, around, options.capacity_bytes, hooks);

  std::vector<Observation> observations;
  for (size_t i = 0; i < rows.size(); ++i) {
    const RowState& state = states[i];
    if (state.outcome && (state.outcome->verdict == Verdict::failed || state.outcome->verdict == Verdict::skipped)) {
      failures.push_back(networks[i].graph.name + ": " + state.outcome->reason);
      continue;
    }
    Observation seen{networks[i].graph.name, networks[i].archetype, networks[i].graph, {}, 0, 0, 0, {}, {}};
    std::vector<double> runs, sums_over_runs;
    for (const Visit& visit : state.visits) {
      if (visit.node_s.empty()) continue;
      keep_least(seen.quiet_node_s, visit.node_s);
      keep_least(seen.half_node_s[seen.visits % 2], visit.node_s);
      runs.push_back(visit.run_s);
      if (visit.sum_over_run) sums_over_runs.push_back(*visit.sum_over_run);
      seen.least_run_s = seen.visits == 0 ? visit.least_run_s : std::min(seen.least_run_s, visit.least_run_s);
      ++seen.visits;
    }
    if (seen.visits == 0) continue;
    seen.typical_s = median(runs);
    if (!sums_over_runs.empty()) seen.sum_over_run = median(sums_over_runs);
    observations.push_back(std::move(seen));
  }
  return observations;
}

void write_observations(const std::filesystem::path& path, const ObservedState& state, std::span<const Observation> observations) {
  std::string text = encode(state).dump() + "\n";
  for (const Observation& one : observations) {
    Json line;
    line["name"] = one.name;
    line["group"] = one.group;
    line["graph"] = print_graph(one.graph);
    line["quiet_node_s"] = encode(one.quiet_node_s);
    if (!one.half_node_s[1].empty()) line["half_node_s"] = Json::array({encode(one.half_node_s[0]), encode(one.half_node_s[1])});
    line["typical_s"] = encode(one.typical_s);
    line["least_run_s"] = encode(one.least_run_s);
    line["visits"] = one.visits;
    text += line.dump() + "\n";
  }
  write_file(path, text);
}

std::vector<Observation> read_observations(const std::filesystem::path& path, ObservedState& state) {
  std::vector<Observation> observations;
  std::istringstream lines(read_file(path));
  int number = 0;
  for (std::string text; std::getline(lines, text);) {
    const std::string where = path.string() + ":" + std::to_string(++number);
    const Json line = parse_json(where, text);
    if (number == 1) {
      decode(where, line, state);
      continue;
    }
    Observation one;
    std::string graph;
    const auto take = [&](const char* name, auto& to) {
      if (!line.is_object() || !line.contains(name)) throw Error(where, "field \"" + std::string(name) + "\" is missing");
      decode(where + "." + name, line[name], to);
    };
    take("name", one.name);
    take("group", one.group);
    take("graph", graph);
    take("quiet_node_s", one.quiet_node_s);
    if (line.contains("half_node_s")) {
      std::vector<std::vector<double>> halves;
      take("half_node_s", halves);
      if (halves.size() != 2 || halves[0].size() != one.quiet_node_s.size() || halves[1].size() != one.quiet_node_s.size()) {
        throw Error(where + ".half_node_s", "found another shape than quiet_node_s has, expected two lists of its length");
      }
      one.half_node_s[0] = std::move(halves[0]);
      one.half_node_s[1] = std::move(halves[1]);
    }
    take("typical_s", one.typical_s);
    take("least_run_s", one.least_run_s);
    take("visits", one.visits);
    one.graph = parse_graph(graph);
    if (one.quiet_node_s.size() != one.graph.nodes.size()) {
      throw Error(where, "found " + std::to_string(one.quiet_node_s.size()) + " times, expected one for each of " +
                             std::to_string(one.graph.nodes.size()) + " nodes");
    }
    observations.push_back(std::move(one));
  }
  return observations;
}

}  // namespace opgauge
