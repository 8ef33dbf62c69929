// SPDX-License-Identifier: Apache-2.0
// How many configurations the estimator does a second: building the graph of an MLP and estimating
// it, as a sweep does.
#include <benchmark/benchmark.h>

#include "estimate/predict.hpp"
#include "models/family.hpp"

namespace opgauge {
namespace {

const Machine& machine() {
  static const Machine one =
      read_machine(OPGAUGE_SOURCE_DIR "/tests/fixtures/machines/example.json");
  return one;
}

void totals_of_mlp(benchmark::State& state) {
  int64_t batch = 1;
  for (auto _ : state) {
    const Graph graph = build_model("mlp:1024-2048x4-256", batch);
    benchmark::DoNotOptimize(predict(graph, machine(), {.with_regions = false}));
    batch = batch % 128 + 1;
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(totals_of_mlp);

void estimate_alone(benchmark::State& state) {
  const Graph graph = build_model("mlp:1024-2048x4-256", 32);
  for (auto _ : state) benchmark::DoNotOptimize(predict(graph, machine(), {.with_regions = false}));
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(estimate_alone);

void regions_of_resnet50(benchmark::State& state) {
  const Graph graph = build_model("resnet50", 1);
  for (auto _ : state) benchmark::DoNotOptimize(predict(graph, machine()));
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(regions_of_resnet50);

}  // namespace
}  // namespace opgauge
