// SPDX-License-Identifier: Apache-2.0
#include "calibrate/machine_conditions.hpp"

#include <gtest/gtest.h>

namespace opgauge {
namespace {

constexpr double mib = 1024 * 1024;

Machine machine_with(double declared_mib, double measured_mib, double cache_bytes_per_s) {
  Machine machine;
  MemoryLevel l2, l3, memory;
  l2.name = "L2", l2.declared_capacity_bytes = 2 * mib;
  l3.name = "L3", l3.declared_capacity_bytes = declared_mib * mib, l3.measured_capacity_bytes = measured_mib * mib;
  l3.bandwidths = {{.kernel = "read", .threads = 1, .bytes_per_s = cache_bytes_per_s}};
  memory.name = "DRAM";
  memory.bandwidths = {{.kernel = "read", .threads = 1, .bytes_per_s = 1.5e10}};
  machine.levels = {l2, l3, memory};
  return machine;
}

TEST(MachineConditions, TheLastCacheIsAsLargeAsMeasured) {
  const Machine machine = machine_with(32, 27, 3e10);
  EXPECT_TRUE(tells_last_cache(machine));
  EXPECT_EQ(conditions_of(machine, 1).l3_bytes, 27 * mib);
  EXPECT_EQ(conditions_of(machine, 1).memory_s_per_byte, 1 / 1.5e10);
}

TEST(MachineConditions, ACacheAsSlowAsMemoryTellsNothing) {
  const Machine machine = machine_with(32, 27, 1.8e10);
  EXPECT_FALSE(tells_last_cache(machine));
  EXPECT_EQ(conditions_of(machine, 1).l3_bytes, 16 * mib) << "eight times L2";
}

// A guest: 300 MiB declared, and the detections of one day found 4.2 to 13.
TEST(MachineConditions, ASmallShareOfWhatIsDeclaredTellsNothing) {
  EXPECT_FALSE(tells_last_cache(machine_with(300, 4.8, 2.8e10)));
  EXPECT_TRUE(tells_last_cache(machine_with(300, 150, 2.8e10)));
}

}  // namespace
}  // namespace opgauge
