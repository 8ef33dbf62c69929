// SPDX-License-Identifier: Apache-2.0
#include "calibrate/design.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "calibrate/far_input.hpp"
#include "estimate/cost_class.hpp"
#include "graph/builder.hpp"
#include "graph/text.hpp"

namespace opgauge {
namespace {

TEST(Design, EveryNetworkIsAValidGraph) {
  DesignOptions options;
  options.networks = 60;
  options.candidates_each = 3;
  const Design design = make_design(options);
  for (const std::string& reason : design.reasons) ADD_FAILURE() << "refused: " << reason;
  EXPECT_EQ(design.refused, 0);
  EXPECT_GT(design.networks.size(), 40u);
  for (const DesignedNetwork& network : design.networks) verify(network.graph);
}

// Adding a cost class means that the design makes cases for it: every class that a call can belong to has some. Classes
// that only one thread count dispatches to are looked for at one thread.
TEST(Design, MakesCasesForEveryClass) {
  DesignOptions options;
  const Design design = make_design(options);
  std::map<std::string, int> counts;
  for (const auto& [key, count] : count_cases(design, options.conditions)) counts[key] = count;
  const std::set<std::string> parents_only = {"any", "view", "conv", "conv.onednn", "conv.native", "product", "row_wise", "pool",
                                              "rms_norm", "quantize", "product_small_half", "factory", "exp", "einsum", "conv.depthwise"};
  for (const CostClass& one : cost_classes()) {
    if (parents_only.contains(std::string(one.name))) continue;
    EXPECT_GE(counts[std::string(one.name)], 20) << one.name;
  }
}

// Large models spend their time on calls of a millisecond and more, which read and write many megabytes.
TEST(Design, HasLongCallsAndWideImages) {
  DesignOptions options;
  const Design design = make_design(options);
  std::map<std::string, int> lengthy, wide;
  for (const DesignedNetwork& network : design.networks) {
    for (const CaseFacts& facts : facts_of(network.graph, options.conditions)) {
      lengthy[cost_class_key(facts)] += facts.flops > 5e7;  // a millisecond at 50 GFLOP/s
      wide[cost_class_key(facts)] += facts.input_bytes + facts.output_bytes > 8e6;
    }
  }
  for (const char* name : {"linear", "conv.3x3", "conv.3x3_strided", "conv.native_1x1", "conv.asymmetric", "conv.grouped", "conv.grouped_odd", "conv.large", "linear_few_rows"}) {
    EXPECT_GE(lengthy[name], 2) << name;
  }
  for (const char* name : {"linear", "conv.3x3", "conv.native_1x1"}) EXPECT_GE(wide[name], 2) << name;
}

// The others are small and alone; models are neither.
TEST(Design, PutsASixthOfTheSmallNetworksIntoALargeModelsSurroundings) {
  DesignOptions options;
  const Design design = make_design(options);
  int surrounded = 0, alone = 0;
  for (const DesignedNetwork& network : design.networks) {
    const std::vector<CaseFacts> facts = facts_of(network.graph, options.conditions);
    const auto at = std::ranges::find_if(facts, [&](const CaseFacts& one) { return is_surroundings(one, options.conditions.l2_bytes); });
    if (at == facts.end()) {
      alone += network.guess_s < 2e-3;
      continue;
    }
    ++surrounded;
    EXPECT_GT(at->weight_bytes, options.conditions.l3_bytes) << "it leaves nothing in the last cache";
    EXPECT_TRUE(reads_far_input(network.graph, facts, options.conditions.l2_bytes).back()) << "and is no case";
  }
  EXPECT_GT(surrounded, 30);
  EXPECT_NEAR(surrounded, (surrounded + alone) / 6.0, 1);
}

TEST(Design, IsTheSameForTheSameSeed) {
  DesignOptions options;
  options.networks = 10;
  options.candidates_each = 6;
  const Design a = make_design(options), b = make_design(options);
  ASSERT_EQ(a.networks.size(), b.networks.size());
  for (size_t i = 0; i < a.networks.size(); ++i) {
    EXPECT_EQ(print_graph(a.networks[i].graph), print_graph(b.networks[i].graph));
  }
}

}  // namespace
}  // namespace opgauge
