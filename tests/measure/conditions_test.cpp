// SPDX-License-Identifier: Apache-2.0
#include "measure/conditions.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/json.hpp"
#include "fake_system.hpp"

namespace opgauge {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

FakeSystem& bare_metal(FakeSystem& fake) {
  for (const int cpu : allowed_cpus()) {
    fake.write(fmt::format("sys/devices/system/cpu/cpu{}/cpufreq/scaling_governor", cpu),
               "powersave\n");
    fake.write(
        fmt::format("sys/devices/system/cpu/cpu{}/thermal_throttle/core_throttle_count", cpu),
        "3\n");
  }
  fake.write("sys/devices/system/cpu/intel_pstate/no_turbo", "0\n");
  fake.write("sys/devices/system/cpu/smt/active", "1\n");
  fake.write("sys/devices/system/clocksource/clocksource0/current_clocksource", "tsc\n");
  fake.write("sys/kernel/mm/transparent_hugepage/enabled", "always [madvise] never\n");
  fake.write("proc/sys/kernel/randomize_va_space", "2\n");
  fake.write("proc/loadavg", "1.25 0.5 0.2 1/100 4\n");
  fake.write("proc/stat", "cpu  600 0 200 100 0 0 0 100 0 0\ncpu0 1 2 3\n");
  fake.write("proc/pressure/cpu", "some avg10=12.50 avg60=0 avg300=0 total=1\n");
  return fake;
}

TEST(Conditions, EverythingThatCanBeReadIsRead) {
  FakeSystem fake;
  const Conditions c = read_conditions(bare_metal(fake).files(), 2, {{"libtorch", "2.13.0"}});
  EXPECT_EQ(c.governor, "powersave");
  EXPECT_EQ(c.turbo, true);
  EXPECT_EQ(c.smt, true);
  EXPECT_EQ(c.clock_source, "tsc");
  EXPECT_EQ(c.transparent_huge_pages, "madvise");
  EXPECT_EQ(c.address_randomization, true);
  EXPECT_EQ(c.load_1min, 1.25);
  EXPECT_EQ(c.steal_since_boot, 0.1);
  EXPECT_EQ(c.cpu_pressure_avg10, 0.125);
  EXPECT_EQ(c.threads, 2);
  EXPECT_EQ(c.versions.at("libtorch"), "2.13.0");
  EXPECT_TRUE(c.versions.contains("opgauge"));
  EXPECT_FALSE(c.build_type.empty());
  EXPECT_EQ(c.unavailable.count("governor"), 0u);
}

TEST(Conditions, WhatCannotBeReadIsNullWithAReason) {
  const FakeSystem fake;
  const Json json = encode(read_conditions(fake.files(), 1));
  for (const char* name :
       {"governor", "turbo", "smt", "clock_source", "address_randomization",
        "transparent_huge_pages", "load_1min", "steal_since_boot", "cpu_pressure_avg10"}) {
    EXPECT_TRUE(json.at(name).is_null()) << name;
    EXPECT_TRUE(json.at("unavailable").contains(name)) << name;
  }
}

TEST(Conditions, TheRecordIsReadBack) {
  FakeSystem fake;
  const Json json = encode(read_conditions(bare_metal(fake).files(), 1));
  Conditions back;
  decode("", json, back);
  EXPECT_EQ(encode(back), json);
}

TEST(Conditions, SnapshotsOfARealAndAFakeSystem) {
  FakeSystem fake;
  const Snapshot a = take_snapshot(bare_metal(fake).files());
  EXPECT_EQ(a.steal_s, 1.0);
  EXPECT_EQ(a.thermal_events, 3 * static_cast<int64_t>(allowed_cpus().size()));
  EXPECT_EQ(a.governor, "powersave");
  fake.write("proc/stat", "cpu  600 0 200 100 0 0 0 150 0 0\n");
  fake.remove("sys/devices/system/cpu");
  const Disturbance d = disturbance(a, take_snapshot(fake.files()));
  EXPECT_DOUBLE_EQ(d.steal_s.value(), 0.5);
  EXPECT_EQ(d.thermal_events, std::nullopt);  // vanished: not readable, not zero
  EXPECT_TRUE(d.governor_changed);
  EXPECT_GE(disturbance(take_snapshot(SystemFiles()), take_snapshot(SystemFiles())).elapsed_s, 0);
}

TEST(Conditions, CalmVisitsHaveNoFlags) {
  Snapshot a;
  a.steal_s = 4;
  Snapshot b = a;
  b.monotonic_s += 0.5;
  b.realtime_s += 0.5;
  b.thread_cpu_s += 0.5;
  EXPECT_THAT(disturbance(a, b).flags(), IsEmpty());
}

TEST(Conditions, EachDisturbanceIsSaid) {
  Snapshot a, b;
  a.steal_s = a.throttled_s = 0.0;
  a.thermal_events = 0;
  b.monotonic_s = 1;
  b.realtime_s = 3;
  b.steal_s = 0.03;
  b.throttled_s = 0.2;
  b.thermal_events = 4;
  b.involuntary_switches = 12;
  b.major_faults = 7;
  b.governor = "powersave";
  const Disturbance d = disturbance(a, b);
  EXPECT_EQ(d.off_cpu_s, 1);
  EXPECT_THAT(
      d.flags(),
      ElementsAre("steal 3 % of one CPU", HasSubstr("throttled by the control group for 0.2 s"),
                  "4 thermal throttle events", "12 involuntary context switches",
                  "7 page faults from disk", "clock stepped by 2 s", "frequency governor changed"));
}

TEST(Conditions, AClockThatGoesBackwardsIsAStepNotANegativeTime) {
  Snapshot a, b;
  a.monotonic_s = a.realtime_s = 10;
  b.monotonic_s = b.realtime_s = 7;
  b.involuntary_switches = -5;
  const Disturbance d = disturbance(a, b);
  EXPECT_EQ(d.elapsed_s, 0);
  EXPECT_EQ(d.off_cpu_s, 0);
  EXPECT_EQ(d.involuntary_switches, 0);
  EXPECT_EQ(d.clock_step_s, -3);
  EXPECT_THAT(d.flags(), ElementsAre("clock stepped by -3 s"));
}

TEST(Conditions, VisitsOfOneRowAddUp) {
  Disturbance total;
  Disturbance one;
  one.elapsed_s = 1;
  one.steal_s = 0.5;
  one.involuntary_switches = 2;
  total += one;
  total += one;
  EXPECT_EQ(total.steal_s, 1.0);
  EXPECT_EQ(total.throttled_s, std::nullopt);
  EXPECT_EQ(total.involuntary_switches, 4);
}

}  // namespace
}  // namespace opgauge
