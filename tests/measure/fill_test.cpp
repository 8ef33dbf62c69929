// SPDX-License-Identifier: Apache-2.0
#include "measure/fill.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>

#include "graph/builder.hpp"

namespace opgauge {
namespace {

TEST(Fill, ScalesWeightsByFanInAndKeepsNormsNearTheIdentity) {
  GraphBuilder b("parameters");
  const ValueId w = b.parameter("fc.weight", {Dtype::f32, {16, 300}});
  const ValueId bias = b.parameter("fc.bias", {Dtype::bf16, {16}});
  const ValueId gamma = b.parameter("norm.weight", {Dtype::f32, {16}});
  const ValueId mean = b.buffer("norm.running_mean", {Dtype::f32, {16}});
  const ValueId var = b.buffer("norm.running_var", {Dtype::f32, {16}});
  const Graph g = b.finish({});
  const auto fills = choose_fills(g);
  EXPECT_NEAR(fills[index(w)].high, std::sqrt(3.0 / 300), 1e-12);
  EXPECT_EQ(fills[index(w)].low, -fills[index(w)].high);
  EXPECT_EQ(fills[index(bias)], (Fill{-0.1, 0.1}));
  EXPECT_EQ(fills[index(gamma)], (Fill{0.9, 1.1}));
  EXPECT_EQ(fills[index(mean)], (Fill{0, 0}));
  EXPECT_EQ(fills[index(var)], (Fill{1, 1}));
}

TEST(Fill, WhatGoesIntoARootIsPositive) {
  GraphBuilder b("norm");
  const ValueId v = b.buffer("v", {Dtype::f32, {16}});
  const ValueId sum = b.call("aten::add.Tensor", {{"self", v}, {"other", 1e-5}});
  const Graph g = b.finish({b.call("aten::rsqrt", {{"self", sum}})});
  EXPECT_EQ(choose_fills(g)[index(v)], (Fill{1, 1}));
}

TEST(Fill, AnIndexStaysWithinWhatItIndexes) {
  for (const char* op : {"aten::scatter_add", "aten::scatter_reduce.two"}) {
    GraphBuilder b("messages");
    const ValueId nodes = b.input("nodes", {Dtype::f32, {5, 8}}), edges = b.input("edges", {Dtype::f32, {40, 8}});
    const ValueId to = b.input("to", {Dtype::i64, {40, 8}});
    std::vector<Given> given = {{"self", nodes}, {"dim", int64_t{0}}, {"index", to}, {"src", edges}};
    if (std::string(op).ends_with("two")) given.emplace_back("reduce", std::string("sum"));
    const Graph g = b.finish({b.call(op, std::move(given))});
    EXPECT_EQ(choose_fills(g)[index(to)], (Fill{0, 4})) << op;
  }
}

TEST(Fill, AnIndexThatANumberIsAddedToStaysWithin) {
  GraphBuilder b("two kinds");
  const ValueId table = b.parameter("table", {Dtype::f32, {50, 8}});
  const ValueId people = b.input("people", {Dtype::i64, {40}}), things = b.input("things", {Dtype::i64, {40}});
  const ValueId behind = b.call("aten::add.Tensor", {{"self", things}, {"other", int64_t{20}}});
  const ValueId all = b.call("aten::cat", {{"tensors", ValueList{{people}, {behind}}}});
  const Graph g = b.finish({b.call("aten::embedding", {{"weight", table}, {"indices", all}})});
  EXPECT_EQ(choose_fills(g)[index(people)], (Fill{0, 49}));
  EXPECT_EQ(choose_fills(g)[index(things)], (Fill{0, 29}));
}

TEST(Fill, OffsetsOfBagsRise) {
  GraphBuilder b("bags");
  const ValueId table = b.parameter("table", {Dtype::f32, {50, 8}});
  const ValueId ids = b.input("ids", {Dtype::i64, {40}}), offsets = b.input("offsets", {Dtype::i64, {4}});
  const Graph g = b.finish({b.call("aten::embedding_bag", {{"weight", table}, {"indices", ids}, {"offsets", offsets}})});
  EXPECT_EQ(choose_fills(g)[index(ids)], (Fill{0, 49}));
  EXPECT_EQ(choose_fills(g)[index(offsets)], (Fill{0, 0}));
}

TEST(Fill, RandomElementsStayInRangeAndRepeat) {
  std::vector<float> a(1001), b(1001);
  const uint64_t seed = random_seed(1, "w", {7, 143});
  fill_random(std::span(a), {-0.5, 2}, seed);
  fill_random(std::span(b), {-0.5, 2}, seed);
  EXPECT_EQ(a, b);
  const auto [low, high] = std::minmax_element(a.begin(), a.end());
  EXPECT_GE(*low, -0.5f);
  EXPECT_LE(*high, 2.0f);
  EXPECT_LT(*low, -0.4f);
  EXPECT_GT(*high, 1.9f);
  EXPECT_NE(seed, random_seed(2, "w", {7, 143}));
  EXPECT_NE(seed, random_seed(1, "v", {7, 143}));
  EXPECT_NE(seed, random_seed(1, "w", {143, 7}));

  std::vector<int64_t> whole(1000);
  fill_random(std::span(whole), {0, 9}, seed);
  EXPECT_EQ(*std::min_element(whole.begin(), whole.end()), 0);
  EXPECT_EQ(*std::max_element(whole.begin(), whole.end()), 9);
  fill_random(std::span(whole), {3, 3}, seed);
  EXPECT_EQ(*std::max_element(whole.begin(), whole.end()), 3);
}

TEST(Fill, IndicesAreInRangeAlsoThroughViewsAndMasksAreOnes) {
  if (!find_op("aten::embedding") || !find_op("aten::view"))
    GTEST_SKIP() << "the op table has no embedding";
  GraphBuilder b("embedding");
  const ValueId ids = b.input("ids", {Dtype::i64, {2, 6}});
  const ValueId mask = b.input("mask", {Dtype::i64, {2, 6}});
  const ValueId w = b.parameter("w", {Dtype::f32, {50, 8}});
  const ValueId flat = b.call("aten::view", {{"self", ids}, {"size", Dims{12}}});
  const Graph g = b.finish({b.call("aten::embedding", {{"weight", w}, {"indices", flat}}), mask});
  const auto fills = choose_fills(g);
  EXPECT_EQ(fills[index(ids)], (Fill{0, 49}));
  EXPECT_EQ(fills[index(mask)], (Fill{1, 1}));
}

}  // namespace
}  // namespace opgauge
