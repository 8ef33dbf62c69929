// SPDX-License-Identifier: Apache-2.0
#include "calibrate/far_input.hpp"

#include <gtest/gtest.h>

#include "graph/text.hpp"

namespace opgauge {
namespace {

std::vector<bool> far(const char* text) {
  const Graph graph = parse_graph(text);
  return reads_far_input(graph, facts_of(graph, {}), 1 << 20);
}

TEST(FarInput, IsALargeOneThatIsOnlyMovedAndFirst) {
  const std::vector<bool> large = far("graph far\n%x = input f32[1000,1000]\n%y = aten::relu(self=%x)\n%z = aten::relu(self=%x)\nreturn %y, %z\n");
  ASSERT_EQ(large.size(), 2u);
  EXPECT_TRUE(large[0]);
  EXPECT_FALSE(large[1]) << "the first call has read it";
  EXPECT_FALSE(far("graph near\n%x = input f32[100,100]\n%y = aten::relu(self=%x)\nreturn %y\n")[0]) << "40 kB";
}

TEST(FarInput, IsNoneOfACallThatComputes) {
  EXPECT_FALSE(far("graph product\n%x = input f32[1000,1000]\n%w = parameter f32[8,1000] \"w\"\n%y = aten::linear(input=%x, weight=%w)\nreturn %y\n")[0]);
}

}  // namespace
}  // namespace opgauge
