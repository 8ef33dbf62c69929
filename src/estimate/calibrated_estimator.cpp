// SPDX-License-Identifier: Apache-2.0
// The row `calibrated` of the table of estimators: each call by the op-level model of a calibration.
#include <memory>
#include <numeric>

#include "base/error.hpp"
#include "estimate/estimators.hpp"
#include "estimate/op_estimate.hpp"

namespace opgauge {

const OpModel& model_of(const EstimateOptions& options) {
  if (!options.calibration || !options.calibration->op_model) {
    throw Error("predict", "found no op-level calibration of this machine, expected one: run `opgauge calibrate`");
  }
  return *options.calibration->op_model;
}

std::vector<OpPrediction> predict_calls(const Graph& graph, std::span<const CaseFacts> facts, const OpModel& model,
                                        bool allow_unknown) {
  const OpPredictor predictor(model);
  std::vector<OpPrediction> calls;
  calls.reserve(graph.nodes.size());
  for (size_t n = 0; n < facts.size(); ++n) {
    if (!graph.nodes[n].op) {
      if (!allow_unknown) throw Call(graph, graph.nodes[n]).error("op is not in the op table, its time is unknown");
      calls.emplace_back();
      continue;
    }
    calls.push_back(predictor.predict(facts[n]));
  }
  return calls;
}

void check_conditions(const EstimateOptions& options, Estimate& total) {
  const OpModel& model = model_of(options);
  if (model.threads != options.threads) {
    throw Error("predict", "the calibration is for " + std::to_string(model.threads) + " threads, expected one for " +
                               std::to_string(options.threads) + ": run `opgauge calibrate --threads " +
                               std::to_string(options.threads) + "`");
  }
  if (model.contention > 0) total.contention = model.contention;
  total.coefficients = "op-level calibration of " + options.calibration->created_at;
  if (options.mode == PartitionMode::fused) {
    total.notes.push_back("fused regions are the sum of their calls: the calibration is of eager execution");
  }
}

RegionTimer timer_of(std::vector<OpPrediction> predicted) {
  auto calls = std::make_shared<std::vector<OpPrediction>>(std::move(predicted));
  return [calls](const Region& region, const RegionLoad& load, RegionEstimate& out) {
    for (const size_t node : region.nodes) {
      const OpPrediction& call = (*calls)[node];
      out.latency_s += call.latency_s;
      out.launch_s += call.call_s;
      if (out.cost_class.empty()) out.cost_class = call.key;
      if (out.extrapolated.empty()) out.extrapolated = call.extrapolated;
    }
    // What the machine's ceilings alone would take; the fitted classes do not split their time this way.
    out.compute_s = load.compute_s;
    out.memory_s = std::accumulate(load.level_s.begin(), load.level_s.end(), 0.0);
    out.bottleneck = 2 * out.launch_s > out.latency_s   ? Bottleneck::launch
                     : out.compute_s >= out.memory_s ? Bottleneck::compute
                                                     : Bottleneck::memory;
  };
}

RegionTimer prepare_calibrated(const Graph& graph, const Rates&, const Machine&, const EstimateOptions& options,
                               Estimate& total) {
  check_conditions(options, total);
  const OpModel& model = model_of(options);
  std::vector<OpPrediction> calls = predict_calls(graph, facts_of(graph, conditions_of(model)), model, options.allow_unknown);
  const OpPredictor::Total sum = OpPredictor(model).total(calls);
  total.latency_low_s = sum.low_s;
  total.latency_high_s = sum.high_s;
  return timer_of(std::move(calls));
}

}  // namespace opgauge
