// SPDX-License-Identifier: Apache-2.0
#include "calibrate/space_filling.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "calibrate/random.hpp"

namespace opgauge {
namespace {

TEST(SpaceFilling, CoversWhatItChoosesFrom) {
  Random random(1);
  std::vector<double> points;
  for (int i = 0; i < 2000; ++i) points.push_back(random.uniform());
  const auto chosen = spread_out(points, 2, 50, 3);
  ASSERT_EQ(chosen.size(), 50u);
  EXPECT_EQ(std::set<size_t>(chosen.begin(), chosen.end()).size(), 50u);
  double worst = 0;
  for (size_t i = 0; i < 1000; ++i) {
    double nearest = 10;
    for (const size_t c : chosen) nearest = std::min(nearest, std::hypot(points[2 * i] - points[2 * c], points[2 * i + 1] - points[2 * c + 1]));
    worst = std::max(worst, nearest);
  }
  EXPECT_LT(worst, 0.2);  // fifty discs of this radius cover the square twice over
  EXPECT_EQ(chosen, spread_out(points, 2, 50, 3));
}

// Of a cluster and a few strays, the farthest of all are strays; the farthest of a few drawn are mostly of the cluster.
TEST(SpaceFilling, TriesFollowTheCrowd) {
  Random random(2);
  std::vector<double> points;
  for (int i = 0; i < 1000; ++i) points.push_back(random.uniform());
  for (int i = 0; i < 20; ++i) points.push_back(10 + i);
  const auto strays = [](const std::vector<size_t>& chosen) { return std::ranges::count_if(chosen, [](size_t i) { return i >= 1000; }); };
  EXPECT_GE(strays(spread_out(points, 1, 20, 1)), 18);
  const auto chosen = spread_out(points, 1, 20, 1, 8);
  EXPECT_LE(strays(chosen), 10);
  EXPECT_EQ(std::set<size_t>(chosen.begin(), chosen.end()).size(), 20u);
  EXPECT_EQ(chosen, spread_out(points, 1, 20, 1, 8));
}

TEST(SpaceFilling, CopiesAreChosenOnce) {
  const std::vector<double> points = {1, 1, 2, 2, 2, 3};
  const auto chosen = spread_out(points, 1, 6, 1);
  EXPECT_EQ(chosen.size(), 3u);
  EXPECT_TRUE(spread_out({}, 1, 5, 1).empty());
}

}  // namespace
}  // namespace opgauge
