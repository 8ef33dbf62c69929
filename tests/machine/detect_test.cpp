// SPDX-License-Identifier: Apache-2.0
// Detects this very machine, briefly: what it says must be consistent, how fast it is is not
// asserted.
#include "machine/detect.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>

#include "base/json.hpp"
#include "fake_system.hpp"
#include "machine/ceilings.hpp"
#include "machine/describe.hpp"
#include "machine/topology.hpp"

namespace opgauge {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsSubsetOf;
using testing::SizeIs;

TEST(Detect, TheTopologyIsWhatThisProcessMayUse) {
  const Topology topology = read_topology();
  EXPECT_THAT(topology.cpus, IsSubsetOf(allowed_cpus()));
  EXPECT_GE(static_cast<int>(topology.cpus.size()), topology.cores);
  EXPECT_GT(topology.memory_bytes, 1 << 20);
  for (size_t i = 1; i < topology.caches.size(); ++i) {
    EXPECT_GT(topology.caches[i].level, topology.caches[i - 1].level);
  }
}

TEST(Detect, CpuFromTheKernelsText) {
  const FakeSystem fake;
  fake.write(
      "proc/cpuinfo",
      "processor : 0\nvendor_id\t: AuthenticAMD\ncpu family\t: 25\nmodel\t\t: 17\nmodel name\t: "
      "AMD EPYC 9R14\n"
      "cpu MHz\t\t: 2600.000\nflags\t\t: fpu sse4_2 avx avx2 fma avx512f avx512_bf16 hypervisor\n");
  const Cpu amd = read_cpu(fake.files());
  EXPECT_EQ(amd.vendor, "AuthenticAMD");
  EXPECT_EQ(amd.model, "AMD EPYC 9R14");
  EXPECT_THAT(amd.isa, ElementsAre("sse4_2", "avx", "fma", "avx2", "avx512f", "avx512_bf16"));
  EXPECT_EQ(amd.declared_clock_hz, 2.6e9);
  fake.write("proc/cpuinfo",
             "processor : 0\nFeatures : fp asimd asimddp bf16\nCPU implementer : 0x41\nCPU part : "
             "0xd40\n");
  const Cpu arm = read_cpu(fake.files());
  EXPECT_EQ(arm.vendor, "ARM");
  EXPECT_EQ(arm.model, "part 0xd40");
  EXPECT_THAT(arm.isa, ElementsAre("asimd", "asimddp", "bf16"));
  EXPECT_EQ(arm.declared_clock_hz, std::nullopt);
}

TEST(Detect, DeclaringMeasuresNothing) {
  const Machine machine = declared_machine(SystemFiles());
  EXPECT_FALSE(machine.levels.empty());
  EXPECT_TRUE(machine.compute.empty());
  for (const MemoryLevel& level : machine.levels)
    EXPECT_TRUE(level.declared_capacity_bytes) << level.name;
}

TEST(Detect, ControlGroupsLimitWhatIsThere) {
  const FakeSystem fake;
  fake.write("proc/self/cgroup", "0::/job\n");
  fake.write("sys/fs/cgroup/job/cpu.max", "50000 100000\n");
  fake.write("sys/fs/cgroup/job/memory.max", "67108864\n");
  const Machine machine = declared_machine(fake.files());
  EXPECT_EQ(machine.cores, 1);
  EXPECT_EQ(machine.memory_bytes, 67108864);
  EXPECT_THAT(machine.notes, Contains(HasSubstr("of memory")));
}

TEST(Detect, AShortDetectionPassesTheChecksAndIsReadBack) {
  const FakeSystem fake;  // little memory, so that the sweep is short
  fake.write("proc/cpuinfo",
             "vendor_id : AuthenticAMD\nmodel name : Some CPU(R) @ 2 GHz\nflags : avx2\n");
  fake.write("proc/meminfo", "MemAvailable: 65536 kB\n");
  std::vector<std::string> lines;
  DetectOptions options;
  options.budget_s = 0.1;
  options.progress = [&](const std::string& line) { lines.push_back(line); };
  const Machine machine = detect_machine(fake.files(), options);
  EXPECT_THAT(lines, SizeIs(2));
  EXPECT_THAT(machine.name, testing::StartsWith("some-cpu-2-ghz-"));
  EXPECT_EQ(machine.levels.back().name, "DRAM");
  EXPECT_GT(peak_flops_per_s(machine, "f32", 1).value(), 0);
  for (size_t i = 0; i < machine.levels.size(); ++i) {
    EXPECT_THAT(machine.levels[i].bandwidths,
                SizeIs(4 * measured_thread_counts(machine.cores).size()));
  }
  const auto file = fake.root() / "machine.json";
  write_json(file, encode(machine));
  EXPECT_EQ(encode(read_machine(file)), encode(machine));
  EXPECT_THAT(describe_machine(machine), HasSubstr("DRAM"));
}

TEST(Detect, DescriptionShowsDeclaredBesideMeasured) {
  Machine machine = read_machine(std::filesystem::path(OPGAUGE_SOURCE_DIR) /
                                 "tests/fixtures/machines/example.json");
  machine.levels[2].measured_capacity_bytes = 4 << 20;
  machine.levels[2].contradicted = true;
  machine.notes = {"L3: declared 16 MiB, bandwidth falls at 4 MiB"};
  const std::string text = describe_machine(machine);
  EXPECT_THAT(text, HasSubstr("L3                  2    16 MiB   4 MiB !        1"));
  EXPECT_THAT(text, HasSubstr("clock    declared 3.00 GHz, measured unknown"));
  EXPECT_THAT(text, HasSubstr("10 pJ/FLOP, 100 pJ/B, 20 W idle (assumed)"));
  EXPECT_THAT(text, HasSubstr("! L3: declared 16 MiB"));
}

TEST(Detect, ThreadCountsDoubleUpToTheCores) {
  EXPECT_THAT(measured_thread_counts(1), ElementsAre(1));
  EXPECT_THAT(measured_thread_counts(2), ElementsAre(1, 2));
  EXPECT_THAT(measured_thread_counts(6), ElementsAre(1, 2, 4, 6));
  EXPECT_THAT(measured_thread_counts(8), ElementsAre(1, 2, 4, 8));
}

TEST(ThreadTeam, EachThreadWorksOnceARound) {
  ThreadTeam team(std::vector<int>(3, allowed_cpus().front()));
  std::vector<std::atomic<int>> counts(3);
  for (const int threads : {1, 3, 2, 3}) {
    EXPECT_GE(team.run(threads, [&](int i) { ++counts[static_cast<size_t>(i)]; }), 0);
  }
  EXPECT_EQ(counts[0], 4);
  EXPECT_EQ(counts[1], 3);
  EXPECT_EQ(counts[2], 2);
  EXPECT_TRUE(team.bound());
  EXPECT_FALSE(ThreadTeam({allowed_cpus().front(), 900}).run(2, [](int) {}) < 0);
}

}  // namespace
}  // namespace opgauge
