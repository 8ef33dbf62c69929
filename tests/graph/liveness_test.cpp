// SPDX-License-Identifier: Apache-2.0
#include "graph/liveness.hpp"

#include <gtest/gtest.h>

#include "graph/builder.hpp"
#include "graph/text.hpp"

namespace opgauge {
namespace {

std::vector<std::string> dying_at(const Graph& g, size_t node) {
  std::vector<std::string> names;
  const std::vector<std::vector<ValueId>> dying = last_uses(g);
  for (const ValueId id : dying[node]) names.push_back(g[id].name);
  return names;
}

TEST(Liveness, AChainHoldsTwoValuesAtATime) {
  const Graph g = parse_graph(R"(graph chain
%x = input f32[16]
%w = parameter f32[8,16] "w"
%a = aten::linear(input=%x, weight=%w)
%b = aten::relu(self=%a)
%c = aten::relu(self=%b)
return %c
)");
  EXPECT_EQ(dying_at(g, 0), (std::vector<std::string>{}));
  EXPECT_EQ(dying_at(g, 1), (std::vector<std::string>{"a"}));
  EXPECT_EQ(dying_at(g, 2), (std::vector<std::string>{"b"}));
  const MemoryPlan plan = plan_memory(g);
  EXPECT_EQ(plan.input_bytes, 64);
  EXPECT_EQ(plan.parameter_bytes, 512);
  EXPECT_EQ(plan.peak_intermediate_bytes, 64);
  EXPECT_EQ(plan.peak_node, 1u);
  EXPECT_EQ(plan.peak_live_bytes(), 64 + 512 + 64);
}

TEST(Liveness, AValueThatNobodyReadsIsFreedRightAfterItsNode) {
  const Graph g = parse_graph(R"(graph unread
%x = input f32[8]
%a = aten::relu(self=%x)
%b = aten::relu(self=%x)
return %b
)");
  EXPECT_EQ(dying_at(g, 0), (std::vector<std::string>{"a"}));
  EXPECT_EQ(plan_memory(g).peak_intermediate_bytes, 32);
}

TEST(Liveness, OutputsAndASkipConnectionLiveOn) {
  const Graph g = parse_graph(R"(graph skip
%x = input f32[8]
%a = aten::relu(self=%x)
%b = aten::relu(self=%a)
%c = aten::relu(self=%b)
%d = aten::relu(self=%a)
return %a, %d
)");
  EXPECT_EQ(dying_at(g, 3), (std::vector<std::string>{}));
  EXPECT_EQ(plan_memory(g).peak_intermediate_bytes, 96);  // a, b, c
}

TEST(Liveness, TiedParametersCountOnce) {
  const Graph g = parse_graph(R"(graph tied
%x = input f32[1,8]
%a = parameter f32[8,8] "a"
%b = parameter f32[8,8] "b" shares %a
%y = aten::linear(input=%x, weight=%a)
%z = aten::linear(input=%y, weight=%b)
return %z
)");
  EXPECT_EQ(plan_memory(g).parameter_bytes, 256);
}

TEST(Liveness, WhatOnlyThePreparationReadsIsNotHeld) {
  const Graph g = parse_graph(R"(graph packed
%x = input f32[2,8]
%w = parameter f32[4,8] "w"
%v = parameter f32[4,4] "v"
once %p = aten::relu(self=%w)
once %q = aten::relu(self=%v)
%a = aten::linear(input=%x, weight=%p)
%b = aten::linear(input=%a, weight=%v)
return %b
)");
  EXPECT_EQ(plan_memory(g).parameter_bytes, 4 * (4 * 8 + 4 * 4 + 4 * 4));  // p, v, q
}

// A table counts by the rows that are looked up, unless another op reads it whole.
TEST(Liveness, WhatOneRunTouches) {
  const auto touched = [](const char* last) {
    return touched_bytes(parse_graph(std::string(R"(graph lookup
%i = input i64[2]
%t = parameter f32[1000,8] "t"
%a = aten::embedding(weight=%t, indices=%i)
)") + last));
  };
  const int64_t ids = 2 * 8, rows = 2 * 8 * 4, table = 1000 * 8 * 4;
  EXPECT_EQ(touched("%b = aten::relu(self=%a)\nreturn %b\n"), ids + rows + 2 * rows);
  EXPECT_EQ(touched("%b = aten::linear(input=%a, weight=%t)\nreturn %b\n"), ids + table + rows + 2 * 1000 * 4);
}

TEST(Liveness, AResultWithoutAValueIsThereDuringItsNode) {
  GraphBuilder b("unnamed");
  const ValueId x = b.input("x", {Dtype::f32, {8}});
  b.call_all("aten::relu", {{"self", x}}, {"_"});
  const Graph g = b.finish({x});
  EXPECT_EQ(g.nodes[0].outputs, (std::vector<ValueId>{no_value}));
  EXPECT_EQ(plan_memory(g).peak_intermediate_bytes, 32);
}

}  // namespace
}  // namespace opgauge
