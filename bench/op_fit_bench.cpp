// SPDX-License-Identifier: Apache-2.0
// The whole fit of a calibration (classes, residuals, cross-validation, intervals) to 6,000 calls, and the prediction of a
// model of more than 500 calls with it. Times are synthetic: each class has a rate and a valley of its own, and noise.
#include <benchmark/benchmark.h>

#include <cmath>

#include "calibrate/op_fit.hpp"
#include "calibrate/random.hpp"
#include "models/family.hpp"

namespace opgauge {
namespace {

constexpr size_t wanted_cases = 6000;

std::vector<Observation> observations() {
  std::vector<Observation> all;
  const Design design = make_design({});
  Random random(1);
  size_t cases = 0;
  for (const DesignedNetwork& network : design.networks) {
    if (cases >= wanted_cases) break;
    Observation one{network.graph.name, network.archetype, network.graph, {}, 0, 0, 40};
    for (const CaseFacts& f : facts_of(network.graph, {})) {
      const double bytes = f.input_bytes + f.weight_bytes + f.output_bytes;
      Random of_class(1 + cost_class_of(f));
      const double rate = of_class.log_uniform(0.6, 1.7), valley = 0.2 * std::sin(std::log2(1 + f.output_bytes) + 10 * rate);
      const double noise = 0.1 * (random.uniform() + random.uniform() - 1);
      one.quiet_node_s.push_back((2e-6 + rate * (1.5e-11 * f.flops + 5e-11 * bytes)) * std::exp((f.is_view ? 0 : valley) + noise));
      one.typical_s += one.quiet_node_s.back();
    }
    one.least_run_s = one.typical_s;
    cases += one.quiet_node_s.size();
    all.push_back(std::move(one));
  }
  return all;
}

const std::vector<Observation>& observed() {
  static const std::vector<Observation> all = observations();
  return all;
}

void fit_of_6000_cases(benchmark::State& state) {
  OpFitOptions options;
  options.with_residuals = state.range(0) != 0;
  OpFitResult fit;
  for (auto _ : state) fit = fit_op_model(observed(), options);
  state.counters["cases"] = fit.model.cases;
  state.counters["residuals"] = static_cast<double>(fit.model.residuals.size());
}
BENCHMARK(fit_of_6000_cases)->Arg(0)->Arg(1)->ArgName("residuals")->Unit(benchmark::kMillisecond)->Iterations(2)->UseRealTime();

void predict_large_model(benchmark::State& state) {
  static const OpModel model = fit_op_model(observed(), {}).model;
  const Graph graph = build_model("gpt2:layers=13", 1);
  for (auto _ : state) {
    const OpPredictor predictor(model);
    double seconds = 0;
    for (const CaseFacts& facts : facts_of(graph, {})) seconds += predictor.predict(facts).latency_s;
    benchmark::DoNotOptimize(seconds);
  }
  state.counters["calls"] = static_cast<double>(graph.nodes.size());
}
BENCHMARK(predict_large_model)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace opgauge
