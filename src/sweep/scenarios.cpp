// SPDX-License-Identifier: Apache-2.0
#include "sweep/scenarios.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "sweep/expression.hpp"

namespace opgauge {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

// Sizes of 16 and more are kept multiples of 8, as models have them.
int64_t scaled(int64_t size, double factor) {
  const double wanted = std::max(1.0, std::round(static_cast<double>(size) * factor));
  if (wanted >= 9e15) return int64_t{9'000'000'000'000'000};
  const int64_t whole = static_cast<int64_t>(wanted);
  return whole >= 16 ? (whole + 4) / 8 * 8 : whole;
}

Json scaled(const Json& value, double factor) {
  if (value.is_number_integer()) return scaled(value.get<int64_t>(), factor);
  if (!value.is_array()) return value;
  Json list = Json::array();
  for (const Json& one : value) list.push_back(scaled(one.get<int64_t>(), factor));
  return list;
}

Configuration at_scale(const Sweep& sweep, const Configuration& base, double factor) {
  Json parameters = base.parameters;
  for (const std::string& name : sweep.families[base.family].sizes)
    parameters[name] = scaled(parameters[name], factor);
  Configuration one = configuration_of(sweep, base.family, parameters);
  one.precision = base.precision;
  one.device = base.device;
  one.threads = base.threads;
  one.solved = true;
  return one;
}

}  // namespace

std::vector<Scenario> scenarios(const Machine& machine, int threads) {
  std::vector<Scenario> all;
  double below = 0;
  for (size_t level = 0; level + 1 < machine.levels.size(); ++level) {
    const double capacity = capacity_bytes(machine, level, threads);
    if (capacity <= below) continue;
    all.push_back({machine.levels[level].name + "_fit", below, capacity});
    below = capacity;
  }
  all.push_back({"DRAM_spill", below, infinity});
  return all;
}

const Scenario& scenario_of(const std::vector<Scenario>& all, double working_set_bytes) {
  const auto at = std::find_if(all.begin(), all.end(),
                               [&](const Scenario& s) { return s.contains(working_set_bytes); });
  return at == all.end() ? all.front() : *at;
}

const Scenario& find_scenario(const std::vector<Scenario>& all, const std::string& name) {
  std::vector<std::string> known;
  for (const Scenario& one : all) {
    if (one.name == name) return one;
    known.push_back(one.name);
  }
  throw unknown_name("", "scenario of this machine", name, known);
}

std::optional<Configuration> solve_sizes(const Sweep& sweep, const Configuration& base,
                                         const Scenario& scenario, const WorkingSet& working_set) {
  const SweepFamily& family = sweep.families[base.family];
  if (family.sizes.empty()) return std::nullopt;
  const double upper =
      std::isinf(scenario.up_to_bytes) ? 4 * scenario.above_bytes : scenario.up_to_bytes;
  const double lower = scenario.above_bytes > 0 ? scenario.above_bytes : upper / 16;
  const double target = std::sqrt(lower * upper);
  double low = std::log2(1e-6), high = std::log2(1e6);
  std::optional<Configuration> best;
  double best_distance = infinity;
  for (int step = 0; step < 40; ++step) {  // the working set rises with the factor
    const double middle = (low + high) / 2;
    Configuration one = at_scale(sweep, base, std::exp2(middle));
    double bytes = infinity;
    try {
      bytes = working_set(one);
    } catch (const Error&) {
      // Beyond what a graph can express (63 bits), or too small for the model: a factor nearer to 1
      // is the way.
      bytes = middle > 0 ? infinity : 0;
    }
    const double distance = std::abs(std::log2(std::max(bytes, 1.0) / target));
    const auto holds_here = [&](const std::string& constraint) {
      return holds(constraint, one.parameters);
    };
    if (scenario.contains(bytes) && distance < best_distance &&
        std::all_of(family.constraints.begin(), family.constraints.end(), holds_here)) {
      best_distance = distance;
      best = std::move(one);
    }
    (bytes < target ? low : high) = middle;
  }
  return best;
}

}  // namespace opgauge
