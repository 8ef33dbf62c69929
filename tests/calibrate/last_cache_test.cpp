// SPDX-License-Identifier: Apache-2.0
#include "calibrate/last_cache.hpp"

#include <gtest/gtest.h>

#include "calibrate/random.hpp"
#include "graph/builder.hpp"

namespace opgauge {
namespace {

// Perceptrons of one to five layers and a few rows, on a machine whose last cache holds `capacity_bytes` and is filled by others. Every
// second one also has a long product of few weights: its run takes milliseconds that its footprint does not show.
std::vector<Observation> perceptrons(int networks, double capacity_bytes, double fill_bytes_per_s = 0) {
  Random random(3);
  CostConditions truth;
  truth.l3_bytes = capacity_bytes;
  truth.fill_bytes_per_s = fill_bytes_per_s;
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
    if (i % 2 == 1) {
      const ValueId y = builder.call("aten::matmul", {{"self", builder.input("a", {Dtype::f32, {400, 400}})}, {"other", builder.input("b", {Dtype::f32, {400, 800}})}});
      builder.call("aten::relu", {{"self", y}});
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
    const LastCache found = effective_last_cache(perceptrons(150, factor * options.conditions.l3_bytes), options);
    EXPECT_EQ(found.fill_bytes_per_s, 0) << factor;
    EXPECT_NEAR(found.bytes, factor * options.conditions.l3_bytes,
                0.2 * factor * options.conditions.l3_bytes)
        << factor;
  }
}

// Weights that fit are cold again after some milliseconds if neighbours fill the cache.
TEST(LastCache, IsFoundBesideHowSoonOthersFillIt) {
  OpFitOptions options;
  options.conditions.l3_bytes = 16 << 20;
  const LastCache found = effective_last_cache(perceptrons(200, options.conditions.l3_bytes, 4e9), options);
  EXPECT_NEAR(found.bytes, options.conditions.l3_bytes, 0.2 * options.conditions.l3_bytes);
  EXPECT_GE(found.fill_bytes_per_s, 2e9);
  EXPECT_LE(found.fill_bytes_per_s, 6e9);
}

// Where a machine's record took main memory for the cache, any size is as good as another before the calibration is looked at.
TEST(LastCache, IsFoundFarFromARecordThatDoesNotTell) {
  OpFitOptions options;
  options.conditions.l3_bytes = 64 << 20;
  EXPECT_NEAR(effective_last_cache(perceptrons(200, 16 << 20), options, false).bytes, 16 << 20, 2 << 20);
}

TEST(LastCache, IsTheRecordsIfFewCallsTell) {
  OpFitOptions options;
  options.conditions.l3_bytes = 16 << 20;
  EXPECT_EQ(effective_last_cache(perceptrons(8, 8 << 20), options).bytes, options.conditions.l3_bytes);
}

}  // namespace
}  // namespace opgauge
