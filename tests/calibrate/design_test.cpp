// SPDX-License-Identifier: Apache-2.0
#include "calibrate/design.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "calibrate/archetype.hpp"
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
void expect_cases_for_every_class(const Design& design, const DesignOptions& options) {
  std::map<std::string, int> counts;
  for (const auto& [key, count] : count_cases(design, options.conditions)) counts[key] = count;
  std::map<std::string, std::set<const DesignedNetwork*>> networks;
  for (const DesignedNetwork& network : design.networks) {
    for (const CaseFacts& facts : facts_of(network.graph, options.conditions)) networks[cost_class_key(facts)].insert(&network);
  }
  const std::set<std::string> parents_only = {"any", "view", "conv", "conv.onednn", "conv.native", "product", "row_wise", "pool",
                                              "rms_norm", "quantize", "product_small_half", "factory", "exp", "conv.depthwise"};
  for (const CostClass& one : cost_classes()) {
    if (parents_only.contains(std::string(one.name))) continue;
    EXPECT_GE(counts[std::string(one.name)], 20) << one.name;
    EXPECT_GE(networks[std::string(one.name)].size(), 4u) << one.name << ": calls of one network are much alike";
  }
}

// Large models spend their time on calls of a millisecond and more, which read and write many megabytes.
void expect_long_calls_and_wide_images(const Design& design, const DesignOptions& options) {
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
void expect_a_sixth_of_the_small_networks_in_surroundings(const Design& design, const DesignOptions& options) {
  int surrounded = 0, alone = 0;
  std::set<std::string> held;  // what all of them read is one tensor
  for (const DesignedNetwork& network : design.networks) {
    const std::vector<CaseFacts> facts = facts_of(network.graph, options.conditions);
    const auto at = std::ranges::find_if(facts, [&](const CaseFacts& one) { return is_surroundings(one, options.conditions.l2_bytes); });
    if (at == facts.end()) {
      alone += network.guess_s < 2e-3;
      continue;
    }
    ++surrounded;
    for_each_operand(network.graph.nodes.back(), [&](ValueId id) { held.insert(network.graph[id].source); });
    EXPECT_GT(at->weight_bytes, options.conditions.l3_bytes) << "it leaves nothing in the last cache";
    EXPECT_TRUE(reads_far_input(network.graph, facts, options.conditions.l2_bytes).back()) << "and is no case";
  }
  EXPECT_GT(surrounded, 30);
  EXPECT_EQ(held.size(), 1u);
  EXPECT_NEAR(surrounded, (surrounded + alone) / 6.0, 1);
}

// What a feature of a class says is told by calls that have it, in networks of their own: products of one row whose weights
// fill the last cache, of a few rows whose weights lie 4 KiB apart, layers alone, pictures of a few channels.
void expect_modes_that_a_free_mix_makes_too_rarely(const Design& design, const DesignOptions& options) {
  int resident = 0, alias = 0, alone = 0, pictures = 0, windows = 0, copied = 0, large_sums = 0, far_reorders = 0, far_ways_back = 0, wide_pictures = 0, reordered = 0, ordered = 0;
  for (const DesignedNetwork& network : design.networks) {
    const std::vector<CaseFacts> all = facts_of(network.graph, options.conditions);
    double weights = 0;
    bool one_row = false;
    for (const CaseFacts& f : all) {
      weights += f.weight_bytes;
      one_row |= f.family == OpFamily::matmul && f.m == 1 && f.weight_bytes > 3e5;
      alias += f.family == OpFamily::matmul && f.m > 3 && f.m <= 16 && f.weight_bytes > 3e5 && aliased_share(f) == 1;
      windows += f.family == OpFamily::attention && f.m <= 64 && f.products >= 64;
      copied += f.family == OpFamily::convolution && f.groups > 1 && f.groups == f.channels && f.gathered_elements > 0;
      large_sums += f.name == "add" && f.input_bytes > 1.5 * f.output_bytes && f.input_bytes + f.output_bytes > 4e6;
      far_ways_back += f.transposed && f.far_elements > f.gathered_elements / 4;
      far_reorders += f.family == OpFamily::resample && f.far_elements > 0;
      pictures += f.family == OpFamily::convolution && !f.onednn && f.channels <= 4;
      wide_pictures += f.family == OpFamily::convolution && !f.onednn && f.channels <= 4 && f.output_bytes > 1e6;
      if (f.family == OpFamily::convolution && f.channels_last && f.groups == 1 && f.kernel_h * f.kernel_w > 1) ++(f.reordered_weight_bytes > 0 ? reordered : ordered);
    }
    resident += one_row && all.size() > 3 && weights > 2e6 && weights < 0.7 * options.conditions.l3_bytes;
    alone += all.size() <= 3 && all[0].family == OpFamily::convolution;
  }
  EXPECT_GE(resident, 8);
  EXPECT_GE(alias, 5);
  EXPECT_GE(alone, 10);
  EXPECT_GE(pictures, 20);
  EXPECT_GE(wide_pictures, 2);
  EXPECT_GE(reordered, 20);
  EXPECT_GE(ordered, 20);
  EXPECT_GE(windows, 6);
  EXPECT_GE(copied, 6);
  EXPECT_GE(large_sums, 3);
  EXPECT_GE(far_reorders, 5);
  EXPECT_GE(far_ways_back, 2);
  std::map<std::string, int> archetypes_kept;
  for (const DesignedNetwork& network : design.networks) ++archetypes_kept[network.archetype];
  for (const Archetype& kind : archetypes()) EXPECT_GE(archetypes_kept[std::string(kind.name)], kind.least) << kind.name;
}

// In int8 four times as many weights fill the last cache, or leave it.
TEST(Design, WeighsInThePrecisionOfItsNetworks) {
  const auto weights = [](const char* precision) {
    DesignOptions options;
    options.networks = 40;
    options.candidates_each = 6;
    options.precision = precision;
    double most = 0;
    for (const DesignedNetwork& network : make_design(options).networks) {
      if (!network.archetype.starts_with("resident weights")) continue;
      double sum = 0;
      for (const Value& value : network.graph.values) sum += value.role == Role::parameter && value.source != "surroundings" ? static_cast<double>(value.type.numel()) : 0;
      most = std::max(most, sum);
    }
    return most;
  };
  const double of_f32 = weights("fp32"), of_int8 = weights("int8");
  ASSERT_GT(of_f32, 0);
  EXPECT_GT(of_int8, 1.5 * of_f32);
}

// One design for all: it takes a minute under sanitizers.
TEST(Design, HoldsWhatItPromises) {
  const DesignOptions options;
  const Design design = make_design(options);
  expect_cases_for_every_class(design, options);
  expect_long_calls_and_wide_images(design, options);
  expect_a_sixth_of_the_small_networks_in_surroundings(design, options);
  expect_modes_that_a_free_mix_makes_too_rarely(design, options);
}

// A card is filled by many samples only. What an archetype draws does not depend on how many there are.
TEST(Design, LargerBatchesAreTheSameNetworks) {
  Random one_random(7), many_random(7);
  int compared = 0;
  for (const Archetype& kind : archetypes()) {
    Block one("one", one_random), many("many", many_random, 8);
    const Graph small = kind.draw(one);
    try {
      const Graph large = kind.draw(many);
      ASSERT_EQ(small.nodes.size(), large.nodes.size()) << kind.name;
      for (size_t n = 0; n < small.nodes.size(); ++n) EXPECT_EQ(small.nodes[n].target, large.nodes[n].target) << kind.name;
      ++compared;
    } catch (const Error&) {  // it reshapes to the batch that it had in mind
    }
    many_random = one_random;
  }
  EXPECT_GT(compared, static_cast<int>(archetypes().size() / 2)) << "most archetypes take any batch";
}

TEST(Design, ACardGetsLargerBatches) {
  DesignOptions options;
  options.networks = 60;
  options.candidates_each = 3;
  options.speed = card_speed;
  options.most_samples = 32;
  const Design design = make_design(options);
  EXPECT_EQ(design.refused, 0);
  const auto flops = [&](const Design& of) {
    double sum = 0;
    for (const DesignedNetwork& network : of.networks) {
      for (const CaseFacts& facts : facts_of(network.graph, options.conditions)) sum += facts.flops;
    }
    return sum;
  };
  DesignOptions core = options;
  core.speed = core_speed;
  core.most_samples = 1;
  EXPECT_GT(flops(design), 4 * flops(make_design(core)));
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
