// SPDX-License-Identifier: Apache-2.0
#include "measure/checkup.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "base/json.hpp"
#include "fake_system.hpp"

namespace opgauge {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Machine example() {
  return read_machine(std::filesystem::path(OPGAUGE_SOURCE_DIR) /
                      "tests/fixtures/machines/example.json");
}

// A quiet bare machine, bound to its CPUs.
HostState calm() {
  HostState seen;
  Conditions& c = seen.conditions;
  c.affinity = "0-1";
  c.governor = "performance";
  c.turbo = c.smt = false;
  c.virtualization = c.container = "none";
  c.clock_source = "tsc";
  c.address_randomization = true;
  c.transparent_huge_pages = "madvise";
  c.load_1min = 0.1;
  c.steal_since_boot = c.cpu_pressure_avg10 = c.memory_pressure_avg10 = 0;
  c.build_type = "Release";
  seen.second.elapsed_s = 1;
  seen.second.steal_s = 0;
  seen.second.thermal_events = 0;
  seen.contention = 1.01;
  seen.worst = 1.05;
  seen.resolution = Resolution{0.01, 0.02};
  seen.machine = example();
  seen.meter = "rapl: package-0";
  seen.libtorch = "2.13.0";
  return seen;
}

Finding look(const HostState& seen, const std::string& subject) {
  for (const Finding& finding : examine(seen)) {
    if (finding.subject == subject) return finding;
  }
  ADD_FAILURE() << "no check named " << subject;
  return {};
}

TEST(Checkup, AQuietMachineIsHealthy) {
  std::set<std::string> subjects;
  for (const Finding& finding : examine(calm())) {
    EXPECT_EQ(finding.health, Health::good) << finding.subject << ": " << finding.found;
    EXPECT_EQ(finding.fix, "");
    EXPECT_FALSE(finding.found.empty());
    EXPECT_TRUE(subjects.insert(finding.subject).second);
  }
}

struct Ill {
  const char* subject;
  Health health;
  const char* found;
  const char* fix;  // part of it; "" none is given
  void (*change)(HostState&);
};
const Ill ills[] = {
    {"virtualization", Health::advice, "kvm guest", "",
     [](HostState& s) { s.conditions.virtualization = "kvm"; }},
    {"container", Health::advice, "docker", "",
     [](HostState& s) { s.conditions.container = "docker"; }},
    {"governor", Health::bad, "powersave", "cpupower frequency-set -g performance",
     [](HostState& s) { s.conditions.governor = "powersave"; }},
    {"turbo", Health::advice, "on", "no_turbo", [](HostState& s) { s.conditions.turbo = true; }},
    {"SMT", Health::advice, "on", "smt/control", [](HostState& s) { s.conditions.smt = true; }},
    {"pinning", Health::advice, "free to move over CPUs 0-7", "taskset -c 7",
     [](HostState& s) { s.conditions.affinity = "0-7"; }},
    {"load", Health::advice, "3.50", "top", [](HostState& s) { s.conditions.load_1min = 3.5; }},
    {"other processes", Health::bad, "compiler (77) 90 %", "kill -STOP 77",
     [](HostState& s) {
       s.busy = {{77, "compiler", 0.9}};
     }},
    {"steal", Health::bad, "20.0 % of a CPU now", "",
     [](HostState& s) { s.second.steal_s = 0.2; }},
    {"contention", Health::bad, "1.50 times", "", [](HostState& s) { s.contention = 1.5; }},
    {"resolution", Health::advice, "up to 7 % in least times", "",
     [](HostState& s) {
       s.resolution = Resolution{0.07, 0.2};
     }},
    {"pressure", Health::bad, "memory is short", "free",
     [](HostState& s) { s.conditions.memory_pressure_avg10 = 0.2; }},
    {"CPU limit", Health::advice, "grants 1.50 CPUs", "--threads 1",
     [](HostState& s) { s.conditions.cpu_limit = 1.5; }},
    {"CPU limit", Health::bad, "stopping this process", "fewer threads",
     [](HostState& s) {
       s.conditions.cpu_limit = 1;
       s.second.throttled_s = 0.1;
     }},
    {"address randomization", Health::advice, "off", "randomize_va_space",
     [](HostState& s) { s.conditions.address_randomization = false; }},
    {"huge pages", Health::advice, "always", "echo madvise",
     [](HostState& s) { s.conditions.transparent_huge_pages = "always"; }},
    {"clock source", Health::bad, "acpi_pm", "echo tsc",
     [](HostState& s) { s.conditions.clock_source = "acpi_pm"; }},
    {"throttling", Health::bad, "5 throttle events", "cool",
     [](HostState& s) { s.second.thermal_events = 5; }},
    {"caches", Health::advice, "L3 declared 16 MiB measured 4 MiB", "opgauge machine detect",
     [](HostState& s) {
       s.machine->levels[2].measured_capacity_bytes = 4 << 20;
       s.machine->levels[2].contradicted = true;
     }},
    {"caches", Health::bad, "no description", "opgauge machine detect",
     [](HostState& s) {
       s.machine.reset();
       s.machine_reason = "found no description of this machine";
     }},
    {"power meter", Health::advice, "energy will be null: rapl: absent", "",
     [](HostState& s) {
       s.meter = "";
       s.meter_reason = "rapl: absent";
     }},
    {"build", Health::advice, "Debug", "--preset release",
     [](HostState& s) { s.conditions.build_type = "Debug"; }},
    {"LibTorch", Health::bad, "not found", "./dev",
     [](HostState& s) {
       s.libtorch = "";
       s.libtorch_reason = "not found";
     }},
};

TEST(Checkup, EachIllIsFoundWithItsRemedyAndNothingElse) {
  for (const Ill& ill : ills) {
    HostState seen = calm();
    ill.change(seen);
    const Finding finding = look(seen, ill.subject);
    EXPECT_EQ(finding.health, ill.health) << ill.subject;
    EXPECT_THAT(finding.found, HasSubstr(ill.found));
    if (*ill.fix) {
      EXPECT_THAT(finding.fix, HasSubstr(ill.fix));
    } else {
      EXPECT_EQ(finding.fix, "");
    }
    int not_good = 0;
    for (const Finding& one : examine(seen)) not_good += one.health != Health::good;
    EXPECT_EQ(not_good, 1) << ill.subject;
  }
}

TEST(Checkup, EveryCheckHasAnIllInThisTest) {
  std::set<std::string> covered;
  for (const Ill& ill : ills) covered.insert(ill.subject);
  for (const Finding& finding : examine(calm()))
    EXPECT_TRUE(covered.contains(finding.subject)) << finding.subject;
}

TEST(Checkup, TheResolutionIsWhatEqualThingsDifferBy) {
  std::vector<double> steady(60, 1e-3), bursts = steady, drifting = steady;
  EXPECT_NEAR(resolution_of(steady)->quiet, 0, 1e-12);
  // Three of five slow in every second block: medians differ, least times do not.
  for (size_t i = 0; i < bursts.size(); ++i) {
    if (i % 10 < 3) bursts[i] *= 1.1;
    drifting[i] *= 1 + 0.01 * static_cast<double>(i / 5);
  }
  EXPECT_NEAR(resolution_of(bursts)->quiet, 0, 1e-12);
  EXPECT_NEAR(resolution_of(bursts)->typical, 1.96 * std::log(1.1), 1e-9);
  EXPECT_NEAR(resolution_of(drifting)->quiet, 0.0195, 0.002);
  EXPECT_FALSE(resolution_of(std::span(steady).first(39)));
}

TEST(Checkup, WhatCannotBeReadIsUnknownWithTheReason) {
  HostState seen = calm();
  seen.conditions.governor.reset();
  seen.conditions.unavailable["governor"] = "the host sets the clock";
  const Finding finding = look(seen, "governor");
  EXPECT_EQ(finding.health, Health::unknown);
  EXPECT_EQ(finding.found, "the host sets the clock");
}

TEST(Checkup, ObservingThisMachineGivesAFindingForEachCheck) {
  SteadyClock clock;
  const HostState seen = observe(SystemFiles(), clock, 0.05, false);
  EXPECT_EQ(examine(seen).size(), examine(calm()).size());
  EXPECT_GE(seen.contention.value(), 1);
  EXPECT_EQ(encode(examine(seen)).size(), examine(seen).size());
}

TEST(Processes, TimesAreReadAndComparedByNumber) {
  FakeSystem fake;
  fake.write("proc/12/stat", "12 (odd (name)) S 1 1 1 0 -1 4194560 10 0 0 0 100 50 0 0 20 0 1 0 5");
  fake.write("proc/13/stat", "13 (idle) S 1 1 1 0 -1 4194560 10 0 0 0 5 5 0 0 20 0 1 0 5");
  fake.write("proc/14/stat", "nonsense");
  fake.write("proc/self/stat", "12 (x) S");
  const ProcessTimes before = read_process_times(fake.files());
  ASSERT_EQ(before.size(), 2u);
  EXPECT_EQ(before.at(12).name, "odd (name)");
  EXPECT_EQ(before.at(12).cpu_s, 1.5);
  ProcessTimes after = before;
  after[12].cpu_s += 1;
  after[15] = {"new", 0.2};
  const auto busy = busy_processes(before, after, 2, 99);
  ASSERT_EQ(busy.size(), 2u);
  EXPECT_EQ(busy[0].pid, 12);
  EXPECT_EQ(busy[0].cpus, 0.5);
  EXPECT_EQ(busy[1].name, "new");
  EXPECT_EQ(busy_processes(before, after, 2, 12).size(), 1u);
  EXPECT_TRUE(busy_processes(before, after, 0, 1).empty());
}

}  // namespace
}  // namespace opgauge
