// SPDX-License-Identifier: Apache-2.0
#include "calibrate/last_cache.hpp"

#include <gtest/gtest.h>

#include "calibrate/random.hpp"
#include "graph/builder.hpp"

namespace opgauge {
namespace {

// Perceptrons of one to five layers and a few rows, on a machine whose last cache holds `capacity_bytes`.
std::vector<Observation> perceptrons(int networks, double capacity_bytes) {
  Random random(3);
  CostConditions truth;
  truth.l3_bytes = capacity_bytes;
  std::vector<Observation> observations;
  for (int i = 0; i < networks; ++i) {
    GraphBuilder builder("perceptron");
    const int64_t rows = random.pick<int64_t>({1, 2, 4, 8});
    int64_t width = random.log_whole(600, 1800);
    ValueId x = builder.input("x", {Dtype::f32, {rows, width}});
    for (int64_t layer = random.whole(1, 5); layer > 0; --layer) {
      const int64_t out = random.log_whole(600, 1800);
      x = builder.call("aten::linear", {{"input", x}, {"weight", builder.parameter("w" + std::to_string(layer), {Dtype::f32, {out, width}})}});
      width = out;
    }
    Observation seen{"perceptron", "perceptron", builder.finish({x}), {}, 0, 0, 1};
    for (const CaseFacts& facts : facts_of(seen.graph, truth)) {
      seen.quiet_node_s.push_back(2e-6 + 1e-11 * facts.flops + 2e-11 * facts.weight_bytes + 4e-11 * facts.cold_weight_l3_bytes);
    }
    observations.push_back(std::move(seen));
  }
  return observations;
}

TEST(LastCache, IsFoundWhereItIsNotWhatTheRecordSays) {
  OpFitOptions options;
  options.conditions.l3_bytes = 16 << 20;
  for (const double factor : {0.6, 1.0, 1.7}) {
    EXPECT_NEAR(effective_last_cache(perceptrons(150, factor * options.conditions.l3_bytes), options), factor * options.conditions.l3_bytes,
                0.2 * factor * options.conditions.l3_bytes)
        << factor;
  }
}

TEST(LastCache, IsTheRecordsIfFewCallsTell) {
  OpFitOptions options;
  options.conditions.l3_bytes = 16 << 20;
  EXPECT_EQ(effective_last_cache(perceptrons(8, 8 << 20), options), options.conditions.l3_bytes);
}

}  // namespace
}  // namespace opgauge
