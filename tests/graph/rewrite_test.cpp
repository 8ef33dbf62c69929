// SPDX-License-Identifier: Apache-2.0
#include "graph/rewrite.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "graph/builder.hpp"
#include "graph/case.hpp"
#include "graph/liveness.hpp"
#include "graph/text.hpp"

namespace opgauge {
namespace {

Graph mlp() {
  return parse_graph(R"(graph mlp
%x = input f32[4,64]
%p_a_weight = parameter f32[128,64] "a.weight"
%p_a_bias = parameter f32[128] "a.bias"
%p_b_weight = parameter f32[10,128] "b.weight"
%h = aten::linear(input=%x, weight=%p_a_weight, bias=%p_a_bias)  # a
%r = aten::relu(self=%h)
%y = aten::linear(input=%r, weight=%p_b_weight)  # b
return %y
)");
}

std::vector<std::string> targets(const std::vector<Node>& nodes) {
  std::vector<std::string> names;
  for (const Node& node : nodes) names.push_back(node.target);
  return names;
}
int64_t macs_of(const Graph& graph) {
  int64_t macs = 0;
  for (const Node& node : graph.nodes) macs += work_of(graph, node).macs;
  return macs;
}

TEST(Rewrite, PrecisionChangesParametersInputsAndAllThatFollows) {
  const Graph g = mlp();
  EXPECT_EQ(print_graph(to_precision(g, "fp32")), print_graph(g));
  for (const auto& [name, dtype] :
       {std::pair("bf16", Dtype::bf16), std::pair("fp16", Dtype::f16)}) {
    const Graph half = to_precision(g, name);
    verify(half);
    for (const Value& value : half.values) EXPECT_EQ(value.type.dtype, dtype) << value.name;
    EXPECT_EQ(targets(half.nodes), targets(g.nodes));
    EXPECT_EQ(half.nodes[2].module, "b");
    EXPECT_EQ(macs_of(half), macs_of(g));
    EXPECT_EQ(print_graph(to_precision(half, "fp32")), print_graph(g));
  }
}

TEST(Rewrite, PrecisionLeavesWholeNumbersAndDoublesAndChangesDtypeArguments) {
  const Graph g = parse_graph(R"(graph mixed
%x = input f32[4]
%i = input i64[4]
%d = input f64[4]
%y = aten::to.dtype(self=%i, dtype=f32)
%z = aten::mul.Tensor(self=%x, other=%y)
return %z, %d
)");
  const Graph half = to_precision(g, "bf16");
  verify(half);
  EXPECT_EQ(half[half.inputs[1]].type.dtype, Dtype::i64);
  EXPECT_EQ(half[half.outputs[1]].type.dtype, Dtype::f64);
  EXPECT_EQ(half[half.outputs[0]].type.dtype, Dtype::bf16);
}

TEST(Rewrite, TiedParametersStayTied) {
  const Graph g = parse_graph(R"(graph tied
%x = input f32[4,8]
%p_a = parameter f32[8,8] "a.weight"
%p_b = parameter f32[8,8] "b.weight" shares %p_a
%h = aten::linear(input=%x, weight=%p_a)
%y = aten::linear(input=%h, weight=%p_b)
return %y
)");
  EXPECT_EQ(plan_memory(to_precision(g, "fp16")).parameter_bytes, 2 * 64);
}

TEST(Rewrite, NamesAnUnknownPrecision) {
  try {
    to_precision(mlp(), "bf61");
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("unknown precision \"bf61\""));
  }
}

TEST(Rewrite, Int8QuantizesAtTheEndsFusesReluAndStaysInBytesBetween) {
  const Graph g = mlp();
  const Graph q = to_precision(g, "int8");
  verify(q);
  EXPECT_EQ(targets(q.nodes),
            (std::vector<std::string>{"aten::add.Tensor", "aten::clamp_", "aten::to.dtype",
                                      "onednn::qlinear_pointwise", "onednn::qlinear_pointwise"}));
  EXPECT_EQ(q[q.nodes[3].outputs[0]].type, TensorType(Dtype::u8, {4, 128}));
  EXPECT_EQ(Call(q, q.nodes[3]).text("post_op_name"), "relu");
  EXPECT_EQ(q[q.outputs[0]].type, TensorType(Dtype::f32, {4, 10}));
  EXPECT_EQ(Call(q, q.nodes[4]).text("post_op_name"), "none");
  EXPECT_EQ(macs_of(q), macs_of(g));
  EXPECT_EQ(print_graph(parse_graph(print_graph(q))), print_graph(q));
}

TEST(Rewrite, Int8FoldsBatchNormAndFusesRelu) {
  const Graph g = parse_graph(R"(graph conv
%x = input f32[2,3,8,8]
%w = parameter f32[4,3,3,3] "conv.weight"
%g = parameter f32[4] "bn.weight"
%b = parameter f32[4] "bn.bias"
%m = buffer f32[4] "bn.running_mean"
%v = buffer f32[4] "bn.running_var"
%w2 = parameter f32[4,4,1,1] "pointwise.weight"
%y = aten::conv2d(input=%x, weight=%w, padding=[1,1])
%n = aten::batch_norm(input=%y, weight=%g, bias=%b, running_mean=%m, running_var=%v, training=false, momentum=0.1, eps=1e-05, cudnn_enabled=false)
%r = aten::relu_(self=%n)
%z = aten::conv2d(input=%r, weight=%w2)
%s = aten::relu(self=%z)
return %s
)");
  const Graph q = to_precision(g, "int8");
  verify(q);
  EXPECT_EQ(targets(q.nodes),
            (std::vector<std::string>{"aten::add.Tensor", "aten::clamp_", "aten::to.dtype",
                                      "onednn::qconv2d_pointwise", "onednn::qconv2d_pointwise"}));
  EXPECT_EQ(Call(q, q.nodes[3]).text("attr"), "relu");
  EXPECT_EQ(Call(q, q.nodes[4]).text("attr"), "relu");
  EXPECT_EQ(q[q.nodes[3].outputs[0]].type.dtype, Dtype::u8);
  EXPECT_EQ(macs_of(q), macs_of(g));
}

TEST(Rewrite, Int8ProductsAreLinearLayersAndTheirNodesAreTold) {
  const Graph g = parse_graph(R"(graph products
%x = input f32[4,64]
%p_a = parameter f32[64,128] "a.weight"
%p_b = parameter f32[128,10] "b.weight"
%p_c = parameter f32[10] "b.bias"
%h = aten::mm(self=%x, mat2=%p_a)
%r = aten::gelu(self=%h)
%y = aten::addmm(self=%p_c, mat1=%r, mat2=%p_b)
return %y
)");
  const Graph q = to_precision(g, "int8");
  verify(q);
  EXPECT_EQ(macs_of(q), macs_of(g));
  EXPECT_EQ(q[q.outputs[0]].type, g[g.outputs[0]].type);
  const Int8Nodes nodes = int8_nodes(q);
  EXPECT_THAT(nodes.kernels, testing::ElementsAre(3, 8));
  EXPECT_THAT(nodes.boundaries, testing::ElementsAre(0, 1, 2, 5, 6, 7));
  EXPECT_TRUE(int8_nodes(g).kernels.empty());
}

TEST(Rewrite, Int8LeavesAProductOfTwoActivations) {
  const Graph g = parse_case("aten::bmm(f32[2,4,8], f32[2,8,4])");
  EXPECT_TRUE(ranges_wanted(g).empty());
  EXPECT_EQ(targets(to_precision(g, "int8").nodes), targets(g.nodes));
}

TEST(Rewrite, Int8ScalesCoverTheObservedRange) {
  const Graph q = to_int8(mlp(), {{"x", {-1, 1.55}}, {"r", {0, 5.1}}});
  const Call first(q, q.nodes[3]);
  EXPECT_NEAR(first.number("x_scale"), 0.01, 1e-12);
  EXPECT_EQ(first.integer("x_zero_point"), 100);
  EXPECT_NEAR(first.number("output_scale"), 0.02, 1e-12);
  EXPECT_EQ(first.integer("output_zero_point"), 0);
  EXPECT_NEAR(Call(q, q.nodes[0]).number("alpha"), 100, 1e-9);
}

TEST(Rewrite, Int8OfHalfTheLevelsKeepsProductsWithin16Bits) {
  const Graph q = to_int8(mlp(), {{"x", {-1, 0.27}}, {"r", {0, 2.54}}}, 127);
  const Call first(q, q.nodes[3]);
  EXPECT_NEAR(first.number("x_scale"), 0.01, 1e-12);
  EXPECT_EQ(first.integer("x_zero_point"), 100);
  EXPECT_NEAR(first.number("output_scale"), 0.02, 1e-12);
  EXPECT_EQ(Call(q, q.nodes[1]).number("max"), 127);
}

TEST(Rewrite, Int8AsksForTheRangesOfLayersEnds) {
  const Graph g = mlp();
  std::vector<std::string> names;
  for (const ValueId id : ranges_wanted(g)) names.push_back(g[id].name);
  EXPECT_THAT(names, testing::ElementsAre("x", "r", "y"));
}

TEST(Rewrite, Int8LeavesWhatNeedsRealNumbersInF32) {
  const Graph g = parse_graph(R"(graph gelu
%x = input f32[4,64]
%p_a = parameter f32[128,64] "a.weight"
%p_b = parameter f32[10,128] "b.weight"
%h = aten::linear(input=%x, weight=%p_a)
%r = aten::gelu(self=%h)
%y = aten::linear(input=%r, weight=%p_b)
return %y, %h
)");
  const Graph q = to_precision(g, "int8");
  verify(q);
  EXPECT_EQ(targets(q.nodes), (std::vector<std::string>{
                                  "aten::add.Tensor", "aten::clamp_", "aten::to.dtype",
                                  "onednn::qlinear_pointwise", "aten::gelu", "aten::add.Tensor",
                                  "aten::clamp_", "aten::to.dtype", "onednn::qlinear_pointwise"}));
  EXPECT_EQ(q[q.outputs[1]].type.dtype, Dtype::f32);
}

TEST(Rewrite, ChannelsLastChangesInputsAndFilters) {
  const Graph g = parse_graph(R"(graph conv
%x = input f32[2,3,8,8]
%p = parameter f32[4,3,3,3] "w"
%y = aten::conv2d(input=%x, weight=%p, padding=[1,1])
%z = aten::relu(self=%y)
return %z
)");
  const Graph last = to_channels_last(g);
  verify(last);
  for (const Value& value : last.values) EXPECT_TRUE(value.type.is_channels_last()) << value.name;
  EXPECT_EQ(macs_of(last), macs_of(g));
}

}  // namespace
}  // namespace opgauge
