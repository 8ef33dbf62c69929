// SPDX-License-Identifier: Apache-2.0
#include "machine/machine_files.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/json.hpp"
#include "fake_system.hpp"
#include "machine/topology.hpp"

namespace opgauge {
namespace {

using testing::HasSubstr;

class MachineFiles : public testing::Test {
 protected:
  void SetUp() override {
    ::unsetenv("OPGAUGE_MACHINE");
    fake.write("proc/cpuinfo",
               "vendor_id : GenuineIntel\nmodel name : example CPU\nflags : avx2 fma f16c\n");
    folders.repository = fake.root() / "repository";
    folders.user = fake.root() / "user";
    std::filesystem::create_directories(*folders.repository);
    std::filesystem::create_directories(folders.user);
  }
  void TearDown() override { ::unsetenv("OPGAUGE_MACHINE"); }

  // Of this host, as far as the fake system goes.
  static Machine fitting(const std::string& name, const std::string& detected_at) {
    Machine machine = read_machine(std::filesystem::path(OPGAUGE_SOURCE_DIR) /
                                   "tests/fixtures/machines/example.json");
    machine.name = name;
    machine.detected_at = detected_at;
    machine.isa = {"avx2", "fma", "f16c"};
    machine.architecture = read_cpu(SystemFiles()).architecture;
    machine.instance["cpus"] = format_cpu_list(allowed_cpus());
    return machine;
  }
  void keep(const std::filesystem::path& folder, const Machine& machine) {
    write_json(folder / (machine.name + ".json"), encode(machine));
  }
  std::string found(const std::string& wanted, const std::string& device = "cpu") {
    try {
      return find_machine(wanted, folders, fake.files(), device).name;
    } catch (const Error& error) {
      return error.what();
    }
  }

  FakeSystem fake;
  MachineFolders folders;
};

TEST_F(MachineFiles, NothingNamesTheCommandThatHelps) {
  EXPECT_THAT(found(""), HasSubstr("run `opgauge machine detect`"));
  EXPECT_THAT(found("some"), HasSubstr("`opgauge machine detect` writes one"));
}

TEST_F(MachineFiles, TheNewestThatFitsOfBothFolders) {
  keep(*folders.repository, fitting("old", "2024-01-01T00:00:00Z"));
  keep(folders.user, fitting("new", "2025-01-01T00:00:00Z"));
  Machine other = fitting("other", "2026-01-01T00:00:00Z");
  other.vendor = "AuthenticAMD";
  keep(folders.user, other);
  EXPECT_EQ(found(""), "new");
}

TEST_F(MachineFiles, ThisHostComesBeforeANewerOneOfItsKind) {
  char hostname[256] = {};
  ::gethostname(hostname, sizeof hostname - 1);
  Machine mine = fitting("mine", "2024-01-01T00:00:00Z");
  mine.instance["hostname"] = hostname;
  keep(folders.user, mine);
  keep(folders.user, fitting("sibling", "2025-01-01T00:00:00Z"));
  EXPECT_EQ(found(""), "mine");
}

TEST_F(MachineFiles, MisfitsAndBrokenFilesAreSaid) {
  Machine other = fitting("other", "2026-01-01T00:00:00Z");
  other.isa = {"avx2"};
  keep(folders.user, other);
  EXPECT_THAT(found(""),
              HasSubstr("of another machine (instruction sets: avx2 and avx2 f16c fma here)"));
  fake.write("user/zz.json", "{");
  EXPECT_THAT(found(""), HasSubstr("zz.json"));
  keep(folders.user, fitting("good", "2025-01-01T00:00:00Z"));
  EXPECT_EQ(found(""), "good");
}

TEST_F(MachineFiles, AProcessBoundToSomeCpusIsStillOnTheMachine) {
  Machine larger = fitting("larger", "2025-01-01T00:00:00Z");
  std::vector<int> cpus = allowed_cpus();
  cpus.push_back(cpus.back() + 1);
  larger.instance["cpus"] = format_cpu_list(cpus);
  larger.instance["online_cpus"] = "0-7";
  fake.write("sys/devices/system/cpu/online", "0-7\n");
  keep(folders.user, larger);
  EXPECT_EQ(found(""), "larger");
  fake.write("sys/devices/system/cpu/online", "0-3\n");
  EXPECT_THAT(found(""), HasSubstr("CPUs online: 0-7 and 0-3 here"));
}

TEST_F(MachineFiles, AcceleratorsAndCpusAreKeptApart) {
  EXPECT_THAT(found("", "cuda"), HasSubstr("run `opgauge machine detect --device cuda`"));
  keep(folders.user, fitting("host", "2025-01-01T00:00:00Z"));
  Machine card = fitting("card", "2026-01-01T00:00:00Z");
  card.accelerator = "Some Card";
  keep(folders.user, card);
  EXPECT_EQ(found(""), "host");
  EXPECT_EQ(found("", "cuda"), "card");
  EXPECT_THAT(found("host", "cuda"),
              HasSubstr("found the record of a CPU, expected one of an accelerator"));
  EXPECT_THAT(found("card"), HasSubstr("found the record of Some Card, expected one of a CPU"));
  ::setenv("OPGAUGE_MACHINE", "host", 1);
  EXPECT_EQ(found("", "cuda"), "card");
}

TEST_F(MachineFiles, NamesPathsAndTheEnvironment) {
  keep(folders.user, fitting("first", "2025-01-01T00:00:00Z"));
  keep(*folders.repository, fitting("second", "2026-01-01T00:00:00Z"));
  EXPECT_EQ(found("first"), "first");
  EXPECT_EQ(found((folders.user / "first.json").string()), "first");
  EXPECT_THAT(found("frist"), HasSubstr("did you mean \"first\"?"));
  EXPECT_THAT(found("absent/x.json"), HasSubstr("absent/x.json"));
  ::setenv("OPGAUGE_MACHINE", "first", 1);
  EXPECT_EQ(found(""), "first");
  EXPECT_EQ(found("second"), "second");
  ::setenv("OPGAUGE_MACHINE", "thrid", 1);
  EXPECT_THAT(found(""), HasSubstr("$OPGAUGE_MACHINE"));
}

}  // namespace
}  // namespace opgauge
