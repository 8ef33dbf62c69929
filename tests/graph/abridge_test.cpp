// SPDX-License-Identifier: Apache-2.0
#include "graph/abridge.hpp"

#include <gtest/gtest.h>

#include "graph/builder.hpp"
#include "graph/case.hpp"

namespace opgauge {
namespace {

Graph three_layers() {
  GraphBuilder b("mlp");
  ValueId x = b.input("x", {Dtype::f32, {4, 8}});
  for (int layer = 0; layer < 3; ++layer) {
    const ValueId w = b.parameter("fc" + std::to_string(layer) + ".weight", {Dtype::f32, {8, 8}});
    x = b.call("aten::linear", {{"input", x}, {"weight", w}});
    x = b.call("aten::relu", {{"self", x}});
  }
  return b.finish({x});
}

TEST(Abridge, KeepsNodesInOrderAndMakesInputsOfWhatIsLeftOut) {
  const Graph graph = three_layers();
  const Abridged part = abridge(graph, {false, true, true, false, false, false});
  ASSERT_EQ(part.node, (std::vector<size_t>{1, 2}));
  ASSERT_EQ(part.graph.nodes.size(), 2u);
  verify(part.graph);
  EXPECT_EQ(part.graph.nodes[0].target, "aten::relu");
  EXPECT_EQ(part.graph.inputs.size(), 1u) << "the first layer's result; the user's input is read by nothing";
  int parameters = 0;
  for (const Value& value : part.graph.values) {
    if (value.role != Role::parameter) continue;
    ++parameters;
    EXPECT_EQ(value.source, "fc1.weight");
  }
  EXPECT_EQ(parameters, 1);
  for (size_t i = 0; i < part.node.size(); ++i)
    EXPECT_EQ(case_text(part.graph, part.graph.nodes[i]), case_text(graph, graph.nodes[part.node[i]]));
}

TEST(Abridge, EveryNodeIsTheWholeGraph) {
  const Graph graph = three_layers();
  const Abridged all = abridge(graph, std::vector<bool>(6, true));
  EXPECT_EQ(all.graph.nodes.size(), 6u);
  verify(all.graph);
}

TEST(Abridge, KeepsStrides) {
  GraphBuilder b("strided");
  const ValueId x = b.input("x", {Dtype::f32, {2, 6, 4}});
  const ValueId t = b.call("aten::transpose.int", {{"self", x}, {"dim0", 1}, {"dim1", 2}});
  const ValueId y = b.call("aten::softmax.int", {{"self", t}, {"dim", -1}});
  const Graph graph = b.finish({y});
  const Abridged part = abridge(graph, {false, true});
  verify(part.graph);
  EXPECT_EQ(case_text(part.graph, part.graph.nodes[0]), case_text(graph, graph.nodes[1]));
}

// Random elements are no indices.
TEST(Abridge, KeepsWhatMakesIndices) {
  GraphBuilder b("gather");
  const ValueId scores = b.input("scores", {Dtype::f32, {4, 8}});
  const ValueId best = b.call("aten::argmax", {{"self", scores}});
  const ValueId table = b.parameter("table", {Dtype::f32, {32, 16}});
  const ValueId row = b.call("aten::embedding", {{"weight", table}, {"indices", best}});
  const Graph graph = b.finish({b.call("aten::relu", {{"self", row}})});
  EXPECT_EQ(abridge(graph, {false, true, false}).node, (std::vector<size_t>{0, 1}));
  EXPECT_EQ(abridge(graph, {false, false, true}).node, (std::vector<size_t>{2}));
}

}  // namespace
}  // namespace opgauge
