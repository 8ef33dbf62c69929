// SPDX-License-Identifier: Apache-2.0
#include "machine/fingerprint.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "base/json.hpp"

namespace opgauge {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Machine example() {
  return read_machine(std::filesystem::path(OPGAUGE_SOURCE_DIR) /
                      "tests/fixtures/machines/example.json");
}

void scale(Machine& machine, double factor) {
  for (auto& one : machine.compute) one.flops_per_s *= factor;
  for (auto& level : machine.levels) {
    for (auto& one : level.bandwidths) one.bytes_per_s *= factor;
  }
}

TEST(Fingerprint, JitterNeverSplitsAClassWhereverTheCeilingLies) {
  for (double base = 0.5; base < 2; base *= 1.03) {  // across the edge of any bucket
    Machine a = example(), b = example();
    scale(a, base);
    scale(b, base * 1.3);
    EXPECT_TRUE(compare(fingerprint(a), fingerprint(b)).same_class()) << base;
  }
}

TEST(Fingerprint, AnotherSpeedOrOtherCoresAreAnotherClass) {
  const Fingerprint a = fingerprint(example());
  Machine faster = example();
  scale(faster, 2);
  EXPECT_THAT(compare(a, fingerprint(faster)).in_class,
              Contains(HasSubstr("f32 on 1 thread, FLOP/s: 1e+11 and 2e+11")));
  Machine larger = example();
  larger.cores = 4;
  EXPECT_THAT(compare(a, fingerprint(larger)).in_class, Contains("cores: 2 and 4"));
  Machine older = example();
  older.isa = {"sse4_2"};
  EXPECT_FALSE(compare(a, fingerprint(older)).same_class());
}

TEST(Fingerprint, HostnameMemoryAndModelTellInstancesApartOnly) {
  Machine a = example(), b = example();
  a.instance["hostname"] = "one";
  b.instance["hostname"] = "two";
  b.memory_bytes *= 2;
  b.declared_clock_hz = 1e9;
  const auto difference = compare(fingerprint(a), fingerprint(b));
  EXPECT_TRUE(difference.same_class());
  EXPECT_THAT(difference.in_instance, ElementsAre("hostname: one and two", HasSubstr("memory: ")));
  EXPECT_THAT(compare(fingerprint(a), fingerprint(a)).in_instance, IsEmpty());
}

TEST(Fingerprint, TheOrderOfInstructionSetsDoesNotMatter) {
  Machine a = example();
  std::ranges::reverse(a.isa);
  EXPECT_TRUE(compare(fingerprint(a), fingerprint(example())).same_class());
  EXPECT_EQ(fingerprint(a).class_key, fingerprint(example()).class_key);
}

TEST(Fingerprint, TheKeyIsReadableAndTheRecordRoundTrips) {
  const Fingerprint print = fingerprint(example());
  EXPECT_EQ(print.class_key, "GenuineIntel-x86_64-avx2-2c-f32:2^38-dram:2^34");
  Fingerprint back;
  decode("", encode(print), back);
  EXPECT_THAT(compare(print, back).in_class, IsEmpty());
}

}  // namespace
}  // namespace opgauge
