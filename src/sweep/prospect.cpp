// SPDX-License-Identifier: Apache-2.0
#include "sweep/prospect.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "graph/liveness.hpp"
#include "graph/rewrite.hpp"

namespace opgauge {
namespace {

constexpr size_t solved_per_scenario = 4;

// Grid points of the same device, threads and precision from which to scale: the nearest to the
// scenario, one a model label and batch size.
std::vector<const Configuration*> bases(const std::vector<Configuration>& configurations,
                                        const std::vector<Prospect>& prospects,
                                        const Scenario& scenario) {
  std::vector<size_t> order;
  for (size_t i = 0; i < configurations.size(); ++i) {
    if (prospects[i].unbuildable.empty()) order.push_back(i);
  }
  const bool from_above =
      !order.empty() && prospects[order[0]].working_set_bytes > scenario.above_bytes;
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    const double x = prospects[a].working_set_bytes, y = prospects[b].working_set_bytes;
    return from_above ? x < y : x > y;
  });
  std::set<std::string> labels;
  std::vector<const Configuration*> chosen;
  for (const size_t i : order) {
    if (labels.insert(configurations[i].model).second) chosen.push_back(&configurations[i]);
    if (chosen.size() == solved_per_scenario) break;
  }
  return chosen;
}

// Configurations of one device, thread count and precision, which share scenarios.
struct Part {
  std::vector<Configuration> configurations;
  std::vector<Prospect> prospects;
};

std::vector<Part> parts_of(const Grid& grid, const EstimateBasis& basis) {
  std::vector<Part> parts;
  for (const Configuration& one : grid.configurations) {
    const auto same = [&](const Part& part) {
      const Configuration& first = part.configurations.front();
      return first.device == one.device && first.threads == one.threads &&
             first.precision == one.precision;
    };
    auto at = std::find_if(parts.begin(), parts.end(), same);
    if (at == parts.end()) at = parts.insert(parts.end(), Part{});
    at->configurations.push_back(one);
    at->prospects.push_back(look_ahead(one, basis));
  }
  return parts;
}

// The first dimension of the first input, by convention its batch.
std::optional<int64_t> leading_size(const Graph& graph) {
  if (graph.inputs.empty() || graph[graph.inputs[0]].type.rank() == 0) return std::nullopt;
  return graph[graph.inputs[0]].type.sizes[0];
}

}  // namespace

ModelSource load_configuration(const Configuration& configuration) {
  ModelBindings bindings;
  const bool op_case =
      configuration.graph.find("::") != std::string::npos;  // has its sizes in its text
  if (!op_case && configuration.parameters.contains("batch_size"))
    bindings.batch = configuration.batch_size;
  ModelSource source = load_model(configuration.graph, bindings);
  if (configuration.layout() == "channels_last") source.graph = to_channels_last(source.graph);
  return source;
}

Graph build_graph(const Configuration& configuration) {
  return to_precision(load_configuration(configuration).graph, configuration.precision);
}

Prospect look_ahead(const Configuration& configuration, const EstimateBasis& basis) {
  Prospect prospect;
  std::optional<Graph> graph;
  try {
    const ModelSource source = load_configuration(configuration);
    if (configuration.precision == "int8" &&
        ranges_wanted(to_precision(source.graph, "fp32")).empty()) {
      prospect.unsupported = true;
      prospect.unbuildable = prospect.no_estimate =
          "nothing in it has an int8 kernel: there are some for linear, mm, addmm and conv2d with "
          "parameters as weights";
      return prospect;
    }
    if (source.kind == ModelKind::export_file && !configuration.parameters.contains("batch_size"))
      prospect.batch_size = leading_size(source.graph);
    graph = to_precision(source.graph, configuration.precision);
    prospect.working_set_bytes = static_cast<double>(plan_memory(*graph).peak_live_bytes());
  } catch (const Error& error) {
    prospect.unbuildable = prospect.no_estimate = error.what();
    return prospect;
  }
  const Machine* const machine = basis.machine_of(configuration.device);
  prospect.scenario = scenario_of(scenarios(machine ? *machine : basis.machine, configuration.threads),
                                  prospect.working_set_bytes)
                          .name;
  if (!machine) {
    prospect.no_estimate = fmt::format(
        "the machine's record describes its CPU, not {0}: run `opgauge machine detect --device {0}`",
        configuration.device);
    return prospect;
  }
  try {
    EstimateOptions options;
    options.threads = configuration.threads;
    if (basis.calibration_for) {
      options.calibration =
          basis.calibration_for(*machine, {configuration.threads, configuration.precision});
    }
    options.estimator = basis.estimator;
    options.with_regions = false;
    prospect.estimate = predict(*graph, *machine, options);
  } catch (const Error& error) {
    prospect.no_estimate = error.what();
  }
  return prospect;
}

Plan plan_sweep(const Sweep& sweep, const Grid& grid, const EstimateBasis& basis,
                const std::string& scenario, bool cover_all) {
  Plan plan;
  const WorkingSet working_set = [](const Configuration& one) {
    return static_cast<double>(plan_memory(build_graph(one)).peak_live_bytes());
  };
  for (Part& part : parts_of(grid, basis)) {
    const Configuration& first = part.configurations.front();
    const Machine* const machine = basis.machine_of(first.device);
    const std::vector<Scenario> all =
        scenarios(machine ? *machine : basis.machine, first.threads);
    if (!scenario.empty()) find_scenario(all, scenario);
    std::set<std::string> keys;
    for (size_t i = 0; i < part.configurations.size(); ++i) {
      if (!scenario.empty() && part.prospects[i].scenario != scenario) {
        ++plan.outside_scenario;
        continue;
      }
      keys.insert(part.configurations[i].key());
      plan.configurations.push_back(part.configurations[i]);
      plan.prospects.push_back(part.prospects[i]);
    }
    for (const Scenario& one : all) {
      if (scenario.empty() ? !cover_all : one.name != scenario) continue;
      const auto in_it = [&](const Prospect& prospect) { return prospect.scenario == one.name; };
      if (std::any_of(part.prospects.begin(), part.prospects.end(), in_it)) continue;
      size_t covered = 0;
      for (const Configuration* base : bases(part.configurations, part.prospects, one)) {
        const auto solved = solve_sizes(sweep, *base, one, working_set);
        if (!solved || !keys.insert(solved->key()).second) continue;
        plan.configurations.push_back(*solved);
        plan.prospects.push_back(look_ahead(*solved, basis));
        ++covered;
      }
      plan.solved += covered;
      if (!covered) plan.notes.push_back("no size of this sweep falls into " + one.name);
    }
  }
  if (plan.configurations.empty()) {
    throw Error("sweep " + sweep.name,
                "no configuration falls into " + scenario + ", expected at least one");
  }
  return plan;
}

}  // namespace opgauge
