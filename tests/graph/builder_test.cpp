// SPDX-License-Identifier: Apache-2.0
#include "graph/builder.hpp"

#include <gtest/gtest.h>

namespace opgauge {
namespace {

TEST(Builder, InfersShapesAsNodesAreAdded) {
  GraphBuilder b("mlp");
  const ValueId x = b.input("x", {Dtype::f32, {32, 1024}});
  const ValueId w = b.parameter("fc.weight", {Dtype::f32, {512, 1024}});
  const ValueId h = b.call("aten::linear", {{"input", x}, {"weight", w}});
  const ValueId y = b.call("aten::relu", {{"self", h}});
  const Graph g = b.finish({y});
  EXPECT_EQ(g[y].type, TensorType(Dtype::f32, {32, 512}));
  EXPECT_EQ(work_of(g, g.nodes[0]).macs, 32 * 1024 * 512);
  verify(g);
}

TEST(Builder, NamesTheNodeThatDoesNotFit) {
  GraphBuilder b("bad");
  b.set_origin("fc", "model.py:12");
  const ValueId x = b.input("x", {Dtype::f32, {32, 100}});
  const ValueId w = b.parameter("w", {Dtype::f32, {512, 1024}});
  try {
    b.call("aten::linear", {{"input", x}, {"weight", w}});
    FAIL();
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(),
                 "[aten::linear at model.py:12] input has 100 features, weight expects 1024");
  }
}

TEST(Builder, PreparationReadsOnlyWhatIsKnownBeforeTheFirstRun) {
  GraphBuilder b("prepared");
  const ValueId x = b.input("x", {Dtype::f32, {32, 16}});
  const ValueId w = b.parameter("fc.weight", {Dtype::f32, {8, 16}});
  const ValueId packed = b.call_once("aten::relu", {{"self", w}}, "packed");
  EXPECT_EQ(b.graph()[packed].role, Role::constant);
  EXPECT_THROW(b.call_once("aten::relu", {{"self", x}}), Error);
  const Graph g = b.finish({b.call("aten::linear", {{"input", x}, {"weight", packed}})});
  EXPECT_EQ(g.preparation.size(), 1u);
  EXPECT_EQ(g.nodes.size(), 1u);
  verify(g);
}

}  // namespace
}  // namespace opgauge
