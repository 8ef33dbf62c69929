// SPDX-License-Identifier: Apache-2.0
#include "calibrate/private_cache.hpp"

#include <gtest/gtest.h>

#include "calibrate/random.hpp"
#include "graph/builder.hpp"

namespace opgauge {
namespace {

// Perceptrons of one row on a machine where models larger than `multiple` x L2 have lost their weights from it.
std::vector<Observation> perceptrons(int networks, double multiple) {
  Random random(7);
  CostConditions truth;
  truth.weight_l2_multiple = multiple;
  std::vector<Observation> observations;
  for (int i = 0; i < networks; ++i) {
    GraphBuilder builder("perceptron");
    int64_t width = random.log_whole(200, 900);
    ValueId x = builder.input("x", {Dtype::f32, {1, width}});
    for (int64_t layer = random.whole(1, 4); layer > 0; --layer) {
      const int64_t out = random.log_whole(200, 900);
      x = builder.call("aten::linear", {{"input", x}, {"weight", builder.parameter("w" + std::to_string(layer), {Dtype::f32, {out, width}})}});
      width = out;
    }
    Observation seen{"perceptron", "perceptron", builder.finish({x}), {}, 0, 0, 1};
    for (const CaseFacts& facts : facts_of(seen.graph, truth)) seen.quiet_node_s.push_back(2e-6 + 2e-11 * facts.weight_bytes + 2e-11 * facts.cold_weight_l2_bytes);
    observations.push_back(std::move(seen));
  }
  return observations;
}

TEST(PrivateCache, IsFoundWhereWeightsLeaveIt) {
  for (const double multiple : {1.0, 2.0, 4.0}) EXPECT_EQ(effective_weight_l2_multiple(perceptrons(120, multiple), OpFitOptions{}), multiple);
}

TEST(PrivateCache, IsTheOptionsIfFewCallsTell) {
  OpFitOptions options;
  options.conditions.weight_l2_multiple = 3;
  EXPECT_EQ(effective_weight_l2_multiple(perceptrons(5, 1), options), 3);
}

}  // namespace
}  // namespace opgauge
