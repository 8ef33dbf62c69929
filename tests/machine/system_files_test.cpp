// SPDX-License-Identifier: Apache-2.0
#include "machine/system_files.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fake_system.hpp"
#include "machine/virtualization.hpp"

namespace opgauge {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(SystemFiles, TextNumbersAndFolders) {
  const FakeSystem fake;
  fake.write("a/text", "performance\n");
  fake.write("a/number", " 42\n");
  fake.write("a/empty", "");
  for (const char* name : {"cpu10", "cpu2", "cpu", "cpu0"})
    fake.write(std::string("cpus/") + name + "/x", "");
  const SystemFiles files = fake.files();
  EXPECT_EQ(files.text("a/text"), "performance");
  EXPECT_EQ(files.text("a/empty"), "");
  EXPECT_EQ(files.text("a/absent"), std::nullopt);
  EXPECT_EQ(files.text("a"), std::nullopt);
  EXPECT_EQ(files.number("a/number"), 42);
  EXPECT_EQ(files.number("a/text"), std::nullopt);
  EXPECT_THAT(files.list("cpus"), ElementsAre("cpu", "cpu0", "cpu2", "cpu10"));
  EXPECT_THAT(files.list("absent"), IsEmpty());
}

TEST(SystemFiles, CpuLists) {
  EXPECT_THAT(parse_cpu_list("0-3,8\n"), ElementsAre(0, 1, 2, 3, 8));
  EXPECT_THAT(parse_cpu_list(""), IsEmpty());
  EXPECT_THAT(parse_cpu_list("0-x"), IsEmpty());
  EXPECT_THAT(parse_cpu_list("0-99999999"), IsEmpty());
  EXPECT_EQ(format_cpu_list({0, 1, 2, 3, 8}), "0-3,8");
  EXPECT_EQ(format_cpu_list({}), "");
  EXPECT_FALSE(allowed_cpus().empty());
}

TEST(SystemFiles, TheTightestGroupLimits) {
  const FakeSystem fake;
  fake.write("proc/self/cgroup", "0::/user/job\n");
  fake.write("sys/fs/cgroup/user/job/cpu.max", "max 100000\n");
  fake.write("sys/fs/cgroup/user/job/memory.max", "max\n");
  EXPECT_EQ(cgroup_cpu_limit(fake.files()), std::nullopt);
  EXPECT_EQ(cgroup_memory_limit_bytes(fake.files()), std::nullopt);
  fake.write("sys/fs/cgroup/user/cpu.max", "150000 100000\n");
  fake.write("sys/fs/cgroup/user/memory.max", "1048576\n");
  EXPECT_EQ(cgroup_cpu_limit(fake.files()), 1.5);
  EXPECT_EQ(cgroup_memory_limit_bytes(fake.files()), 1048576);
}

TEST(SystemFiles, VersionOneGroups) {
  const FakeSystem fake;
  fake.write("proc/self/cgroup", "8:memory:/job\n2:cpu,cpuacct:/job\n0::/\n");
  fake.write("sys/fs/cgroup/cpu,cpuacct/job/cpu.cfs_quota_us", "-1");
  fake.write("sys/fs/cgroup/cpu,cpuacct/job/cpu.cfs_period_us", "100000");
  fake.write("sys/fs/cgroup/memory/job/memory.limit_in_bytes", "9223372036854771712");
  EXPECT_EQ(cgroup_cpu_limit(fake.files()), std::nullopt);
  EXPECT_EQ(cgroup_memory_limit_bytes(fake.files()), std::nullopt);
  fake.write("sys/fs/cgroup/cpu,cpuacct/job/cpu.cfs_quota_us", "50000");
  EXPECT_EQ(cgroup_cpu_limit(fake.files()), 0.5);
}

TEST(SystemFiles, ValuesOfLines) {
  EXPECT_EQ(line_value("NAME=\"Debian\"\nPRETTY_NAME=\"Debian 12\"\n", "PRETTY_NAME"), "Debian 12");
  EXPECT_EQ(line_value("cpu\t: 1\nmodel name\t: Some CPU @ 2 GHz\n", "model name"),
            "Some CPU @ 2 GHz");
  EXPECT_EQ(line_value("a=1", "b"), std::nullopt);
}

TEST(Virtualization, CpuidThenFirmware) {
  const FakeSystem fake;
  EXPECT_EQ(virtualization(fake.files(), "KVMKVMKVM"), "kvm");
  EXPECT_EQ(virtualization(fake.files(), "Microsoft Hv"), "hyper-v");
  EXPECT_EQ(virtualization(fake.files(), "SomethingNew"), "unknown hypervisor");
  EXPECT_EQ(virtualization(fake.files(), ""), "none");
  fake.write("sys/class/dmi/id/product_name", "Standard PC (Q35)");
  fake.write("sys/class/dmi/id/sys_vendor", "QEMU");
  EXPECT_EQ(virtualization(fake.files(), ""), "qemu");
}

TEST(Virtualization, Containers) {
  const FakeSystem fake;
  EXPECT_EQ(container(fake.files()), "none");
  fake.write("proc/1/cgroup", "0::/kubepods.slice/x\n");
  EXPECT_EQ(container(fake.files()), "kubernetes");
  fake.write(".dockerenv", "");
  EXPECT_EQ(container(fake.files()), "docker");
}

}  // namespace
}  // namespace opgauge
