// SPDX-License-Identifier: Apache-2.0
#include "base/units.hpp"

#include <gtest/gtest.h>

#include "base/error.hpp"

namespace opgauge {
namespace {

TEST(Units, DurationsAreReadWithTheirUnit) {
  EXPECT_DOUBLE_EQ(parse_duration_s("--budget", "60s"), 60);
  EXPECT_DOUBLE_EQ(parse_duration_s("--budget", "2m"), 120);
  EXPECT_DOUBLE_EQ(parse_duration_s("--budget", "500ms"), 0.5);
  EXPECT_DOUBLE_EQ(parse_duration_s("--budget", "90"), 90);
  for (const char* bad : {"", "s", "-1s", "0", "10 parsecs", "nan", "inf", "1e999s"}) {
    EXPECT_THROW(parse_duration_s("--budget", bad), Error) << bad;
  }
}

TEST(Units, NumbersAreShownWithThreeDigits) {
  EXPECT_EQ(format_seconds(0.0214), "21.4 ms");
  EXPECT_EQ(format_seconds(3.1e-6), "3.10 us");
  EXPECT_EQ(format_bytes(1.5 * 1024 * 1024), "1.5 MiB");
  EXPECT_EQ(format_bytes(12), "12 B");
  EXPECT_EQ(format_count(4.089e9), "4.09 G");
  EXPECT_EQ(format_count(12), "12");
  EXPECT_EQ(format_rate(1.05e11, "FLOP"), "105 GFLOP/s");
  EXPECT_EQ(format_duration(125), "2 min 05 s");
}

}  // namespace
}  // namespace opgauge
