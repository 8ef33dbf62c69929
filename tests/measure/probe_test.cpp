// SPDX-License-Identifier: Apache-2.0
#include "measure/probe.hpp"

#include <gtest/gtest.h>

#include "base/error.hpp"
#include "base/json.hpp"

namespace opgauge {
namespace {

constexpr size_t small = size_t{4} << 20;

TEST(Probe, EachPieceTakesTime) {
  SteadyClock clock;
  SpeedProbe probe(clock, small);
  for (int visit = 0; visit < 6; ++visit) {  // more visits than windows: it goes round
    const MachineSpeed speed = probe.read();
    EXPECT_GT(speed.compute_s, 0);
    EXPECT_GT(speed.cache_s, 0);
    EXPECT_GT(speed.memory_s, 0);
  }
}

TEST(Probe, AClockThatStandsStillIsAnError) {
  FakeClock clock;
  SpeedProbe probe(clock, small);
  EXPECT_THROW(probe.read(), Error);
}

TEST(Probe, SlownessIsRelativeToAReference) {
  const MachineSpeed slow = relative_to({3, 2, 1}, {1, 2, 4});
  EXPECT_EQ(slow.compute_s, 3);
  EXPECT_EQ(slow.cache_s, 1);
  EXPECT_EQ(slow.memory_s, 0.25);
  EXPECT_EQ(encode(slow).size(), 3u);
}

TEST(Probe, EachProbeSlowsItsShareOfTheWork) {
  const MachineSpeed now{1.1, 5, 2};
  EXPECT_DOUBLE_EQ(slowdown(now, 0), 1.1);
  EXPECT_DOUBLE_EQ(slowdown(now, 1), 2);
  EXPECT_DOUBLE_EQ(slowdown(now, 0.25), 0.75 * 1.1 + 0.25 * 2);
}

TEST(QuietSpeed, DoesNotFallWithTheNumberOfReadings) {
  std::vector<MachineSpeed> few, many;
  for (int i = 0; i < 2000; ++i) {
    const double s = 1 + (i * 37 % 100) / 100.0;
    many.push_back({s, 2 * s, 3 * s});
    if (i < 100) few.push_back(many.back());
  }
  EXPECT_NEAR(quiet_speed(few).compute_s, 1.1, 0.01);
  EXPECT_NEAR(quiet_speed(many).memory_s / quiet_speed(few).memory_s, 1, 0.01);
  EXPECT_NEAR(quiet_speed(many).cache_s, 2.2, 0.02);
  EXPECT_EQ(quiet_speed({}).compute_s, 0);
}

}  // namespace
}  // namespace opgauge
