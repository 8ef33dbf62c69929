// SPDX-License-Identifier: Apache-2.0
#include "estimate/predict.hpp"

#include <algorithm>
#include <set>
#include <array>

#include "estimate/energy.hpp"
#include "estimate/cost_class.hpp"
#include "estimate/estimators.hpp"
#include "graph/case.hpp"
#include "graph/liveness.hpp"
#include "graph/op_table.hpp"

namespace opgauge {

RegionTimer prepare_roofline(const Graph&, const Rates&, const Machine&, const EstimateOptions&,
                             Estimate&);
void finish_roofline(const EstimateOptions&, Estimate&);
RegionTimer prepare_calibrated(const Graph&, const Rates&, const Machine&, const EstimateOptions&,
                               Estimate&);
RegionTimer prepare_measured(const Graph&, const Rates&, const Machine&, const EstimateOptions&,
                             Estimate&);

namespace {

constexpr Estimator table[] = {
    {"roofline", "the machine's ceilings and bandwidths with fitted derates and a launch term",
     true, prepare_roofline, finish_roofline},
    {"calibrated", "each call by the op-level model that `opgauge calibrate` fitted on this machine",
     false, prepare_calibrated, nullptr},
    {"measured", "calls that this machine has timed by what they took, the others as calibrated",
     false, prepare_measured, nullptr},
};

std::string region_name(const Graph& graph, const Region& region) {
  std::string name;
  for (const size_t at : region.nodes) name += (name.empty() ? "" : " + ") + graph.nodes[at].target;
  return name;
}

void note_unknown_ops(const Graph& graph, Estimate& total) {
  std::map<std::string, int> counts;
  for (const Node& node : graph.nodes) {
    if (!node.op) ++counts[node.target];
  }
  if (counts.empty()) return;
  total.lower_bound = true;
  std::string list;
  for (const auto& [target, count] : counts) {
    list += (list.empty() ? "" : ", ") + target + " x" + std::to_string(count);
  }
  total.notes.push_back("every total is a lower bound: ops outside the op table were left out (" +
                        list + ")");
}

void add_to_totals(const RegionEstimate& region, Estimate& total) {
  total.latency_s += region.latency_s;
  total.compute_s += region.compute_s;
  total.memory_s += region.memory_s;
  total.launch_s += region.launch_s;
  total.macs += region.work.macs;
  total.flops += region.work.flops();
  total.other_ops += region.work.other_ops;
  total.bytes += region.work.bytes();
  if (region.energy_j) total.energy_j = total.energy_j.value_or(0) + *region.energy_j;
}

}  // namespace

std::span<const Estimator> estimators() { return table; }

const Estimator& find_estimator(std::string_view name) {
  std::vector<std::string> known;
  for (const Estimator& one : table) {
    if (one.name == name) return one;
    known.emplace_back(one.name);
  }
  throw unknown_name("predict", "estimator", name, known);
}

std::string_view fitting_estimator(const Graph& graph, const EstimateOptions& options) {
  if (!options.calibration || !options.calibration->op_model) return "roofline";
  const OpModel& model = *options.calibration->op_model;
  if (model.threads != options.threads || options.mode != PartitionMode::eager) return "roofline";
  std::set<std::string> suffixes;
  for (const Node& node : graph.nodes) {
    if (!node.op || (node.op->family != OpFamily::matmul && node.op->family != OpFamily::convolution)) continue;
    suffixes.insert(dtype_suffix(arithmetic_dtype(graph, node)));
  }
  for (const std::string& suffix : suffixes) {
    if (suffix.empty()) continue;
    const bool known = std::ranges::any_of(model.classes, [&](const ClassFit& fit) { return fit.key.ends_with(suffix); });
    if (!known) return "roofline";
  }
  return "calibrated";
}

Estimate predict(const Graph& graph, const Machine& machine, const EstimateOptions& asked) {
  EstimateOptions options = asked;
  if (options.estimator == "auto") options.estimator = fitting_estimator(graph, options);
  const Estimator& estimator = find_estimator(options.estimator);
  Rates rates(machine, options.threads);
  const auto measured_ceilings = rates.multiply_add;
  if (!estimator.from_ceilings) {  // then only the names of bottlenecks come from them
    for (auto& rate : rates.multiply_add) rate = rate ? rate : rates.multiply_add[0];
  }
  Estimate total;
  total.graph = graph.name;
  total.estimator = estimator.name;
  total.machine = machine.name;
  total.mode = options.mode;
  total.threads = options.threads;
  if (options.allow_unknown) note_unknown_ops(graph, total);

  // memory: parameters, and the peak of what is alive together
  const MemoryPlan plan = plan_memory(graph);
  total.parameter_bytes = plan.parameter_bytes;
  total.memory_peak_bytes = plan.peak_live_bytes();
  total.working_set_bytes = static_cast<double>(plan.peak_live_bytes());

  // shapes are in the graph -> regions -> loads on the machine
  const std::vector<Region> regions = partition(graph, options.mode);
  const std::vector<RegionLoad> loads =
      map_regions(graph, regions, rates, total.working_set_bytes, options.allow_unknown);

  const auto no_ceiling = std::ranges::find_if(loads, [&](const RegionLoad& load) {
    return load.work.macs > 0 && !measured_ceilings[static_cast<size_t>(load.precision)];
  });
  if (no_ceiling != loads.end()) {
    total.notes.push_back("machine \"" + machine.name + "\" has no measured ceiling for " + std::string(name_of(no_ceiling->precision)) +
                          ": bottlenecks are judged by that of fp32");
  }

  // latency and energy of each region -> totals
  const RegionTimer time_region = estimator.prepare(graph, rates, machine, options, total);
  std::array<double, enum_names<Bottleneck>.size()> bound_s{};
  std::array<int64_t, precision_count> macs{};
  if (options.with_regions) total.regions.reserve(regions.size());
  for (size_t r = 0; r < regions.size(); ++r) {
    RegionEstimate region;
    region.work = loads[r].work;
    region.working_set_bytes = loads[r].working_set_bytes;
    region.dram_bytes = loads[r].level_bytes[rates.levels.size() - 1];
    time_region(regions[r], loads[r], region);
    region.energy_j = energy_j(machine.energy, region.work, region.dram_bytes, region.latency_s);
    add_to_totals(region, total);
    bound_s[static_cast<size_t>(region.bottleneck)] += region.latency_s;
    macs[static_cast<size_t>(loads[r].precision)] += region.work.macs;
    if (!options.with_regions) continue;
    region.nodes.assign(regions[r].nodes.begin(), regions[r].nodes.end());
    region.op = region_name(graph, regions[r]);
    region.module = graph.nodes[regions[r].nodes.front()].module;
    if (options.with_text) region.text = case_text(graph, graph.nodes[regions[r].nodes.front()]);
    total.regions.push_back(std::move(region));
  }
  total.bottleneck = static_cast<Bottleneck>(std::ranges::max_element(bound_s) - bound_s.begin());
  total.precision = name_of(static_cast<Precision>(std::ranges::max_element(macs) - macs.begin()));
  total.energy_source = std::string(name_of(machine.energy.source));
  if (estimator.finish) estimator.finish(options, total);
  return total;
}

}  // namespace opgauge
