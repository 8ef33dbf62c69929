// SPDX-License-Identifier: Apache-2.0
#include "calibrate/observe.hpp"

#include <sstream>

#include "base/statistics.hpp"
#include "graph/text.hpp"

namespace opgauge {

std::vector<Observation> observe(Device& device, std::span<const DesignedNetwork> networks, const ObserveOptions& options,
                                 const Surroundings& around, std::vector<std::string>& failures) {
  std::vector<MeasuredRow> rows;
  for (const DesignedNetwork& network : networks) {
    rows.push_back({[&network] { return RunnableModel{network.graph, {}}; }});
  }
  std::vector<RowState> states(rows.size());
  ProtocolSettings settings;
  settings.min_rounds = settings.max_rounds = options.max_visits;
  settings.round_interval_s = 0;
  settings.visit_s = 0.0015;  // a short network is looped, as whoever measures one loops it
  settings.max_pairs = 12;
  settings.visit_warm_up_s = 0;
  settings.max_warm_up_runs = 3;
  settings.row_budget_s = options.budget_s;
  settings.budget_s = options.budget_s;
  settings.target_half_width = 1e-6;  // every network gets all its visits
  settings.seed = options.seed;
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
    Observation seen{networks[i].graph.name, networks[i].archetype, networks[i].graph, {}, 0, 0, 0};
    std::vector<double> runs;
    for (const Visit& visit : state.visits) {
      if (visit.node_s.empty()) continue;
      if (seen.quiet_node_s.empty()) seen.quiet_node_s = visit.node_s;
      for (size_t n = 0; n < visit.node_s.size(); ++n) {
        seen.quiet_node_s[n] = std::min(seen.quiet_node_s[n], visit.node_s[n]);
      }
      runs.push_back(visit.run_s);
      seen.least_run_s = seen.visits == 0 ? visit.least_run_s : std::min(seen.least_run_s, visit.least_run_s);
      ++seen.visits;
    }
    if (seen.visits == 0) continue;
    seen.typical_s = median(runs);
    observations.push_back(std::move(seen));
  }
  return observations;
}

void write_observations(const std::filesystem::path& path, std::span<const Observation> observations) {
  std::string text;
  for (const Observation& one : observations) {
    Json line;
    line["name"] = one.name;
    line["group"] = one.group;
    line["graph"] = print_graph(one.graph);
    line["quiet_node_s"] = encode(one.quiet_node_s);
    line["typical_s"] = encode(one.typical_s);
    line["least_run_s"] = encode(one.least_run_s);
    line["visits"] = one.visits;
    text += line.dump() + "\n";
  }
  write_file(path, text);
}

std::vector<Observation> read_observations(const std::filesystem::path& path) {
  std::vector<Observation> observations;
  std::istringstream lines(read_file(path));
  int number = 0;
  for (std::string text; std::getline(lines, text);) {
    const std::string where = path.string() + ":" + std::to_string(++number);
    const Json line = parse_json(where, text);
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
