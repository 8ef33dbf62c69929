// SPDX-License-Identifier: Apache-2.0
// What a call finds of its operands, its weights and its code depends on what ran since it last had them.
#include <gtest/gtest.h>

#include <algorithm>

#include "estimate/cost_class.hpp"
#include "graph/builder.hpp"
#include "graph/text.hpp"

namespace opgauge {
namespace {

// A network's input was last read a run ago, by whatever else the run moves.
TEST(CallContext, AnInputIsAsColdAsTheRunIsLong) {
  CostConditions conditions;
  conditions.l2_bytes = 1 << 20;
  const Graph short_run = parse_graph("graph a\n%x = input f32[1000]\n%y = aten::relu(self=%x)\nreturn %y\n");
  EXPECT_EQ(facts_of(short_run, conditions)[0].cold_input_bytes, 0);
  const Graph long_run = parse_graph(
      "graph b\n%x = input f32[1000]\n%z = input f32[4000000]\n%y = aten::relu(self=%x)\n%w = aten::relu(self=%z)\nreturn %y, %w\n");
  EXPECT_NEAR(facts_of(long_run, conditions)[0].cold_input_bytes, 4000, 10);
}

// Weights that fit into the shared cache are lost from it to neighbours while a long run does something else.
TEST(CallContext, WeightsAreLostToNeighboursWithTime) {
  const auto lost = [](int64_t products, double fill_bytes_per_s) {
    GraphBuilder b("long");
    ValueId x = b.input("x", {Dtype::f32, {512, 512}});
    const ValueId w = b.parameter("w", {Dtype::f32, {512, 512}}), others = b.parameter("v", {Dtype::f32, {512, 512}});
    for (int64_t i = 0; i < products; ++i) x = b.call("aten::linear", {{"input", x}, {"weight", i == 0 ? w : others}});
    CostConditions conditions;
    conditions.fill_bytes_per_s = fill_bytes_per_s;
    const CaseFacts facts = facts_of(b.finish({x}), conditions)[0];
    return facts.cold_weight_l3_bytes / facts.weight_bytes;
  };
  EXPECT_EQ(lost(20, 0), 0);
  EXPECT_LT(lost(1, 4e9), 0.2);
  EXPECT_GT(lost(4, 4e9), 0.5);
  EXPECT_GT(lost(20, 4e9), 0.9);
}

// A mask of positions is regular; one that hangs on activations is foreseen only if it is short enough to be learnt by heart.
TEST(CallContext, MasksOfRealNumbersCannotBeForeseen) {
  const auto unforeseen = [](const std::string& mask, const std::string& size) {
    const Graph graph = parse_graph("graph a\n%x = input f32" + size + "\n%n = input i64" + size + "\n" + mask + "%z = aten::masked_fill.Scalar(self=%x, mask=%m, value=0.0)\nreturn %z\n");
    return facts_of(graph, CostConditions()).back().unforeseen_elements;
  };
  const std::string of_values = "%r = aten::relu(self=%x)\n%m = aten::gt.Scalar(self=%r, other=0.5)\n", of_numbers = "%m = aten::ne.Scalar(self=%n, other=1)\n";
  const std::string of_sizes = "%f = aten::zeros_like(self=%x)\n%m = aten::gt.Scalar(self=%f, other=0.5)\n";
  EXPECT_GT(unforeseen(of_values, "[400,500]"), 190000);
  EXPECT_LT(unforeseen(of_values, "[40,50]"), 20);
  EXPECT_EQ(unforeseen(of_numbers, "[400,500]"), 0);
  EXPECT_EQ(unforeseen(of_sizes, "[400,500]"), 0);
}

// A decoder's steps and shared layers read their weights more than once a run: they lie where one step has left them.
TEST(CallContext, WeightsThatAreReadAgainWithinARunAreNear) {
  GraphBuilder b("decoder");
  ValueId x = b.input("x", {Dtype::f32, {1, 1024}});
  const ValueId shared = b.parameter("w", {Dtype::f32, {1024, 1024}});
  for (int i = 0; i < 3; ++i) x = b.call("aten::linear", {{"input", x}, {"weight", shared}});
  for (int i = 0; i < 20; ++i) x = b.call("aten::linear", {{"input", x}, {"weight", b.parameter("v" + std::to_string(i), {Dtype::f32, {1024, 1024}})}});
  CostConditions conditions;
  conditions.l2_bytes = 1 << 20;
  conditions.l3_bytes = 16 << 20;
  const std::vector<CaseFacts> all = facts_of(b.finish({x}), conditions);
  EXPECT_GT(all[0].cold_weight_l3_bytes, 0.9 * all[0].weight_bytes);  // since the run before
  EXPECT_EQ(all[1].cold_weight_l3_bytes, 0);
  EXPECT_EQ(all[2].cold_weight_l3_bytes, 0);
  EXPECT_LT(all[2].cold_weight_l2_bytes, all[0].cold_weight_l2_bytes);
  EXPECT_GT(all[10].cold_weight_l3_bytes, 0.9 * all[10].weight_bytes);
}

// Memory that is used again counts once.
TEST(CallContext, MemoryUsedAgainDoesNotPushWeightsOut) {
  const auto far = [](int64_t calls) {
    GraphBuilder b("chain");
    const ValueId w = b.parameter("w", {Dtype::f32, {64, 64}});
    ValueId x = b.input("x", {Dtype::f32, {1024, 64}});
    for (int64_t i = 0; i < calls; ++i) x = b.call("aten::relu", {{"self", x}});
    const Graph graph = b.finish({b.call("aten::linear", {{"input", x}, {"weight", w}})});
    CostConditions conditions;
    conditions.l2_bytes = 256 << 10;
    conditions.l3_bytes = 2 << 20;
    return facts_of(graph, conditions).back().cold_weight_l3_bytes;
  };
  EXPECT_EQ(far(2), far(40));
}

// A kernel's code is forgotten with the time since its last call, in the run before if need be.
TEST(CallContext, CodeIsForgottenWithTime) {
  const auto cold = [](int64_t products) {
    GraphBuilder b("between");
    const ValueId w = b.parameter("w", {Dtype::f32, {256, 256}});
    ValueId x = b.call("aten::relu", {{"self", b.input("x", {Dtype::f32, {64, 256}})}});
    for (int64_t i = 0; i < products; ++i) x = b.call("aten::linear", {{"input", x}, {"weight", w}});
    return facts_of(b.finish({x}), CostConditions())[0].cold_code;
  };
  EXPECT_EQ(cold(0), 0);
  EXPECT_GT(cold(1), 0.2);
  EXPECT_LT(cold(1), cold(4));
  EXPECT_GT(cold(100), 0.9);
  EXPECT_LT(cold(100), 1);
}

// oneDNN's code and description of a shape are forgotten though other shapes ran in between.
TEST(CallContext, APrimitiveIsForgottenWhileOtherShapesRun) {
  const auto facts = [](int64_t second_channels) {
    GraphBuilder b("two");
    const ValueId x = b.input("x", {Dtype::f32, {2, 32, 32, 32}});
    const auto conv = [&](int64_t out, const char* name) {
      return b.call("aten::conv2d", {{"input", x}, {"weight", b.parameter(name, {Dtype::f32, {out, 32, 3, 3}})}, {"padding", Dims{1, 1}}});
    };
    const ValueId first = conv(32, "a"), second = conv(second_channels, "b");
    return facts_of(b.finish({first, second}), CostConditions())[0];
  };
  EXPECT_EQ(facts(32).cold_primitive, 0);
  EXPECT_GT(facts(64).cold_primitive, 0.5);
  EXPECT_EQ(facts(64).cold_code, 0) << "the op as such ran just before";
}

TEST(CallContext, AViewIsForgottenToo) {
  const auto cold = [](int64_t products) {
    GraphBuilder b("between");
    const ValueId w = b.parameter("w", {Dtype::f32, {256, 256}});
    ValueId x = b.call("aten::transpose.int", {{"self", b.input("x", {Dtype::f32, {256, 64}})}, {"dim0", int64_t{0}}, {"dim1", int64_t{1}}});
    for (int64_t i = 0; i < products; ++i) x = b.call("aten::linear", {{"input", x}, {"weight", w}});
    return facts_of(b.finish({x}), CostConditions())[0].cold_code;
  };
  EXPECT_EQ(cold(0), 0);
  EXPECT_GT(cold(4), 0.5);
}

// Weights that a run computes lie where it wrote them a moment before, however large the model.
TEST(CallContext, ComputedWeightsAreAsColdAsTheirLastUse) {
  const auto lost = [](bool computed, int64_t between) {
    GraphBuilder b("mixed");
    const ValueId stored = b.parameter("w", {Dtype::f32, {512, 512}});
    ValueId large = b.input("large", {Dtype::f32, {4096, 4096}});
    const ValueId w = computed ? b.call("aten::mul.Tensor", {{"self", stored}, {"other", 0.5}}) : stored;
    for (int64_t i = 0; i < between; ++i) large = b.call("aten::relu", {{"self", large}});
    const ValueId y = b.call("aten::linear", {{"input", b.input("x", {Dtype::f32, {32, 512}})}, {"weight", w}});
    const ValueId end = between > 0 ? large : b.call("aten::relu", {{"self", large}});
    const Graph graph = b.finish({y, end});
    const std::vector<CaseFacts> all = facts_of(graph, CostConditions());
    return std::ranges::find(all, "linear", &CaseFacts::name)->cold_weight_l3_bytes / (512 * 512 * 4);
  };
  EXPECT_GT(lost(false, 0), 0.9) << "64 MB are read in every run";
  EXPECT_LT(lost(true, 0), 0.01);
  EXPECT_GT(lost(true, 2), 0.9);
}

}  // namespace
}  // namespace opgauge
