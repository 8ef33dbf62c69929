// SPDX-License-Identifier: Apache-2.0
#include "measure/sanity.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "graph/text.hpp"

namespace opgauge {
namespace {

TEST(Sanity, RelativeErrorIsOfTheRootMeanSquare) {
  const Sanity same = compare_outputs({{3, 4}, {}}, {{3, 4}, {}}, 1e-9);
  EXPECT_TRUE(same.sane);
  EXPECT_EQ(same.relative_error, 0);
  const Sanity near = compare_outputs({{3, 4}}, {{3, 4.05}}, 0.02);
  EXPECT_TRUE(near.sane);
  EXPECT_NEAR(near.relative_error, 0.01, 1e-9);
}

TEST(Sanity, SaysWhatIsWrong) {
  EXPECT_EQ(compare_outputs({{1}, {3, 4}}, {{1}, {3, 5}}, 0.02).reason,
            "output 1: differs from fp32 by 0.2 of its root mean square, tolerance 0.02");
  EXPECT_EQ(compare_outputs({{1, 2}}, {{1}}, 1).reason, "output 0: found 1 elements, expected 2");
  EXPECT_EQ(compare_outputs({{1}}, {}, 1).reason, "output 0: found 0 outputs, expected 1");
  EXPECT_EQ(compare_outputs({{1}}, {{NAN}}, 1).reason,
            "output 0: found a value that is not finite");
  EXPECT_EQ(compare_outputs({{INFINITY}}, {{1}}, 1).reason,
            "output 0: the fp32 reference is not finite");
  EXPECT_FALSE(compare_outputs({{0, 0}}, {{0, 1e-9}}, 1).sane);
  EXPECT_TRUE(compare_outputs({{0, 0}}, {{0, 0}}, 1).sane);
}

TEST(Sanity, ToleranceGrowsWithDepthAndPrecision) {
  const Graph g = parse_graph(R"(graph two
%x = input f32[1,2]
%p = parameter f32[2,2] "w"
%h = aten::linear(input=%x, weight=%p)
%y = aten::linear(input=%h, weight=%p)
return %y
)");
  EXPECT_NEAR(sanity_tolerance(g, "bf16"), 4 * std::sqrt(2.0) / 256, 1e-12);
  EXPECT_LT(sanity_tolerance(g, "fp16"), sanity_tolerance(g, "bf16"));
  EXPECT_EQ(sanity_tolerance(g, "fp32", true), sanity_tolerance(g, "fp16"));
  EXPECT_THROW(sanity_tolerance(g, "fp8"), Error);
}

}  // namespace
}  // namespace opgauge
