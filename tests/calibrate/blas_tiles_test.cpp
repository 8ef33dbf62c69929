// SPDX-License-Identifier: Apache-2.0
#include "calibrate/blas_tiles.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "calibrate/random.hpp"
#include "estimate/cost_class.hpp"
#include "graph/builder.hpp"

namespace opgauge {
namespace {

// Single layers of 2 to 100 rows and any number of columns on a machine whose BLAS cuts them like `truth`, measured within 5 %.
std::vector<Observation> layers(int networks, BlasTiles truth) {
  Random random(5);
  CostConditions conditions;
  conditions.blas_tiles = truth;
  std::vector<Observation> observations;
  for (int i = 0; i < networks; ++i) {
    GraphBuilder builder("layer");
    const int64_t rows = random.log_whole(2, 100), in = random.log_whole(100, 800), out = random.log_whole(10, 200);
    const ValueId x = builder.input("x", {Dtype::f32, {rows, in}});
    const ValueId y = builder.call("aten::linear", {{"input", x}, {"weight", builder.parameter("w", {Dtype::f32, {out, in}})}});
    Observation seen{"layer", "layer", builder.finish({y}), {}, 0, 0, 1};
    for (const CaseFacts& facts : facts_of(seen.graph, conditions)) {
      const double seconds = 2e-6 + 1e-11 * cost_features()[cost_feature("blas_flops")].value(facts) + 2e-11 * (facts.weight_bytes + facts.repeated_bytes);
      seen.quiet_node_s.push_back(seconds * (1 + 0.05 * random.uniform()));
    }
    observations.push_back(std::move(seen));
  }
  return observations;
}

TEST(BlasTiles, AreFoundWhateverTheOptionsSay) {
  for (const auto& [truth, name] : enum_names<BlasTiles>) {
    for (const auto& [assumed, other] : enum_names<BlasTiles>) {
      OpFitOptions options;
      options.conditions.blas_tiles = assumed;
      EXPECT_EQ(effective_blas_tiles(layers(150, truth), options), truth) << name << " for " << other;
    }
  }
}

TEST(BlasTiles, AreAssumedByVendor) {
  EXPECT_EQ(usual_blas_tiles("GenuineIntel", 16), BlasTiles::vectors);
  EXPECT_EQ(usual_blas_tiles("GenuineIntel", 8), BlasTiles::strips);
  EXPECT_EQ(usual_blas_tiles("AuthenticAMD", 16), BlasTiles::strips);
}

TEST(BlasTiles, AreTheOptionsIfFewCallsTell) {
  EXPECT_EQ(effective_blas_tiles(layers(20, BlasTiles::vectors), OpFitOptions{}), BlasTiles::strips);
}

}  // namespace
}  // namespace opgauge
