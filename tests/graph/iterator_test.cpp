// SPDX-License-Identifier: Apache-2.0
#include "graph/ops/iterator.hpp"

#include <gtest/gtest.h>

#include "graph/builder.hpp"

namespace opgauge {
namespace {

TensorType result(std::string_view target, TensorType a, TensorType b) {
  GraphBuilder build("pair");
  const ValueId x = build.input("x", std::move(a)), y = build.input("y", std::move(b));
  const ValueId z = build.call(target, {{"self", x}, {"other", y}});
  return build.type(z);
}

TEST(Iterator, BroadcastsAndPromotes) {
  EXPECT_EQ(result("aten::add.Tensor", {Dtype::bf16, {8, 1}}, {Dtype::f32, {3}}),
            TensorType(Dtype::f32, {8, 3}));
  // A tensor of rank 0 does not raise the dtype within a category.
  EXPECT_EQ(result("aten::mul.Tensor", {Dtype::f16, {4}}, {Dtype::f64, {}}).dtype, Dtype::f16);
  EXPECT_EQ(result("aten::mul.Tensor", {Dtype::i32, {4}}, {Dtype::f64, {}}).dtype, Dtype::f64);
  EXPECT_EQ(result("aten::add.Tensor", {Dtype::u8, {4}}, {Dtype::i8, {4}}).dtype, Dtype::i16);
  EXPECT_EQ(result("aten::div.Tensor", {Dtype::i64, {4}}, {Dtype::i64, {4}}).dtype, Dtype::f32);
  EXPECT_EQ(result("aten::lt.Tensor", {Dtype::i64, {4}}, {Dtype::f32, {4}}).dtype, Dtype::boolean);
}

TEST(Iterator, KeepsTheOrderOfTheFirstOperandThatHasOne) {
  const Dims sizes = {2, 3, 4, 5};
  const TensorType last(Dtype::f32, sizes, channels_last_strides(sizes)), first(Dtype::f32, sizes);
  EXPECT_EQ(result("aten::add.Tensor", last, first), last);
  EXPECT_EQ(result("aten::add.Tensor", first, last), first);
  EXPECT_EQ(result("aten::add.Tensor", last, {Dtype::f32, {2, 3, 1, 1}}), last);
}

TEST(Iterator, NamesShapesThatDoNotBroadcast) {
  EXPECT_THROW(result("aten::add.Tensor", {Dtype::f32, {4}}, {Dtype::f32, {3}}), Error);
}

TEST(Iterator, CountsTheCastOfAnOperand) {
  GraphBuilder build("cast");
  const ValueId x = build.input("x", {Dtype::bf16, {32}}), y = build.input("y", {Dtype::f32, {32}});
  const ValueId z = build.call("aten::add.Tensor", {{"self", x}, {"other", y}});
  const Graph graph = build.finish({z});
  EXPECT_EQ(work_of(graph, graph.nodes[0]), (Work{0, 32, 64 + 128 + 128, 128 + 128}));
  EXPECT_EQ(scratch_bytes_of(graph, graph.nodes[0]), 128);
}

TEST(Iterator, CountsAnExpandedDimensionOnce) {
  EXPECT_EQ(touched_bytes({Dtype::f32, {8, 4}, {0, 1}}), 16);
  EXPECT_EQ(touched_bytes({Dtype::f32, {3, 4}, {2, 1}}), 32);  // overlapping windows
}

TEST(Views, CopyOnlyWhenStridesDoNotFit) {
  GraphBuilder build("views");
  const ValueId x = build.input("x", {Dtype::f32, {4, 8}});
  const ValueId t = build.call("aten::transpose.int", {{"self", x}, {"dim0", 0}, {"dim1", 1}});
  const ValueId seen = build.call("aten::reshape", {{"self", x}, {"shape", Dims{2, -1}}});
  const ValueId copied = build.call("aten::reshape", {{"self", t}, {"shape", Dims{32}}});
  const Graph graph = build.finish({seen, copied});
  EXPECT_EQ(graph[seen].storage, graph[x].storage);
  EXPECT_NE(graph[copied].storage, graph[x].storage);
  EXPECT_EQ(work_of(graph, graph.nodes[1]), Work{});
  EXPECT_EQ(work_of(graph, graph.nodes[2]), (Work{0, 0, 128, 128}));
  verify(graph);
}

}  // namespace
}  // namespace opgauge
