// SPDX-License-Identifier: Apache-2.0
#include "estimate/result_memory.hpp"

#include <gtest/gtest.h>

#include "estimate/case_facts.hpp"
#include "graph/text.hpp"

namespace opgauge {
namespace {

constexpr double capacity = 1 << 20;

// A chain whose results replace each other, behind a network input of 4 MB or of 64 KB.
std::vector<double> cold(const char* sizes, double moved_bytes) {
  const std::string s = sizes;
  const Graph graph = parse_graph("graph chain\n%x = input f32" + s + "\n%a = aten::relu(self=%x)\n%b = aten::relu(self=%a)\n%c = aten::relu(self=%b)\nreturn %c\n");
  return cold_result_bytes(graph, std::vector<double>(3, moved_bytes), capacity);
}

TEST(ResultMemory, OfASmallModelStaysInTheCache) {
  for (const double bytes : cold("[16384]", 131072)) EXPECT_EQ(bytes, 0);
}

TEST(ResultMemory, OfALargeModelIsColdWhereItWasLastTouchedLongAgo) {
  const std::vector<double> bytes = cold("[1048576]", 8 << 20);
  ASSERT_EQ(bytes.size(), 3u);
  EXPECT_GT(bytes[0], 0.9 * (4 << 20)) << "last touched a run ago";
  for (const double one : bytes) EXPECT_LE(one, 4 << 20);
}

// What was freed just before is taken again: %c lies where %a lay.
TEST(ResultMemory, FreedMemoryIsTakenAgain) {
  const std::vector<double> bytes = cold("[65536]", 0.4 * capacity);
  EXPECT_NEAR(bytes[2], 262144 * beyond(0.4, 1), 1) << "%a was read by the call before, 0.4 capacities ago";
}

TEST(ResultMemory, ViewsTakeNone) {
  const Graph graph = parse_graph("graph view\n%x = input f32[1048576]\n%a = aten::view(self=%x, size=[1024,1024])\nreturn %a\n");
  EXPECT_EQ(cold_result_bytes(graph, std::vector<double>(1, 0.0), capacity)[0], 0);
}

}  // namespace
}  // namespace opgauge
