// SPDX-License-Identifier: Apache-2.0
#include "measure/available_memory.hpp"

#include <gtest/gtest.h>

#include "fake_system.hpp"

namespace opgauge {
namespace {

TEST(AvailableMemory, IsTheSystemsUnlessTheControlGroupAllowsLess) {
  FakeSystem system;
  EXPECT_EQ(available_memory_bytes(system.root()), std::nullopt);
  system.write("proc/meminfo", "MemTotal:  8000 kB\nMemAvailable:    1000 kB\n");
  EXPECT_EQ(available_memory_bytes(system.root()), 1024000);
  system.write("sys/fs/cgroup/memory.max", "max\n");
  system.write("sys/fs/cgroup/memory.current", "500\n");
  EXPECT_EQ(available_memory_bytes(system.root()), 1024000);
  system.write("sys/fs/cgroup/memory.max", "900000\n");
  EXPECT_EQ(available_memory_bytes(system.root()), 899500);
  system.write("sys/fs/cgroup/memory.stat", "anon 100\ninactive_file 300\n");
  EXPECT_EQ(available_memory_bytes(system.root()), 899800);
}

TEST(AvailableMemory, HereItIsSomething) { EXPECT_GT(available_memory_bytes().value_or(0), 0); }

}  // namespace
}  // namespace opgauge
