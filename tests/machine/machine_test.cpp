// SPDX-License-Identifier: Apache-2.0
#include "machine/machine.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>

#include "base/json.hpp"
#include "scratch_folder.hpp"

namespace opgauge {
namespace {

using testing::HasSubstr;

const std::filesystem::path example =
    std::filesystem::path(OPGAUGE_SOURCE_DIR) / "tests/fixtures/machines/example.json";

std::filesystem::path scratch(const std::string& name) {
  static const ScratchFolder folder;
  return folder / (name + ".json");
}

std::string error_of(const std::function<void()>& run) {
  try {
    run();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

TEST(Machine, TheExampleIsRead) {
  const Machine machine = read_machine(example);
  EXPECT_EQ(machine.name, "example");
  EXPECT_EQ(machine.levels.size(), 4u);
  EXPECT_EQ(machine.energy.source, Source::assumed);
}

TEST(Machine, WritingAndReadingIsTheSame) {
  const Machine machine = read_machine(example);
  write_json(scratch("round"), encode(machine));
  EXPECT_EQ(encode(read_machine(scratch("round"))), encode(machine));
}

TEST(Machine, PeakIsReadBetweenAndBeyondTheMeasuredThreadCounts) {
  Machine machine = read_machine(example);
  machine.compute = {{"f32", "AVX2", 2, 200, Source::measured},
                     {"f32", "SSE4", 2, 100, Source::measured},
                     {"f32", "AVX2", 6, 400, Source::measured},
                     {"f32", "AVX2", 8, 390, Source::measured}};
  EXPECT_EQ(peak_flops_per_s(machine, "f32", 1), 100);
  EXPECT_EQ(peak_flops_per_s(machine, "f32", 2), 200);
  EXPECT_EQ(peak_flops_per_s(machine, "f32", 4), 300);
  EXPECT_EQ(peak_flops_per_s(machine, "f32", 8), 400);  // more threads are never slower
  EXPECT_EQ(peak_flops_per_s(machine, "f32", 64), 400);
  EXPECT_EQ(peak_flops_per_s(machine, "f8", 1), std::nullopt);
}

TEST(Machine, BandwidthPrefersCopyThenTriadThenRead) {
  Machine machine = read_machine(example);
  EXPECT_EQ(bandwidth_bytes_per_s(machine, 0, 1), 160e9);
  machine.levels[0].bandwidths = {{"read", 1, 3, Source::measured},
                                  {"triad", 1, 2, Source::measured}};
  EXPECT_EQ(bandwidth_bytes_per_s(machine, 0, 1), 2);
  machine.levels[0].bandwidths.pop_back();
  EXPECT_EQ(bandwidth_bytes_per_s(machine, 0, 1), 3);
  machine.levels[0].bandwidths.clear();
  EXPECT_EQ(bandwidth_bytes_per_s(machine, 0, 1), std::nullopt);
}

TEST(Machine, CapacityCountsTheInstancesThatTheThreadsReach) {
  Machine machine = read_machine(example);
  machine.cores = 8;
  machine.levels[1].shared_by_cores = 2;
  machine.levels[1].measured_capacity_bytes = 1000000;
  EXPECT_EQ(capacity_bytes(machine, 0, 3), 3 * 32768);
  EXPECT_EQ(capacity_bytes(machine, 1, 1), 1000000);  // measured before declared
  EXPECT_EQ(capacity_bytes(machine, 1, 3), 2000000);
  EXPECT_EQ(capacity_bytes(machine, 1, 100), 4000000);
  EXPECT_EQ(capacity_bytes(machine, 3, 8), 8e9);
}

TEST(Machine, EachBadFileIsOneLine) {
  const std::string good = read_file(example);
  const auto message = [&](const std::function<void(Json&)>& change) {
    Json document = Json::parse(good);
    change(document);
    write_file(scratch("bad"), document.dump());
    const std::string text = error_of([] { read_machine(scratch("bad")); });
    EXPECT_EQ(text.find('\n'), std::string::npos);
    EXPECT_THAT(text, HasSubstr(scratch("bad").string()));
    return text;
  };
  EXPECT_THAT(message([](Json& m) { m["schema_version"] = 2; }),
              HasSubstr("schema_version: found 2, expected 1"));
  EXPECT_THAT(message([](Json& m) { m.erase("schema_version"); }),
              HasSubstr("schema_version: found none"));
  EXPECT_THAT(message([](Json& m) { m = Json::array(); }),
              HasSubstr("found a list, expected a machine"));
  EXPECT_THAT(message([](Json& m) { m["levels"] = Json::array(); }),
              HasSubstr("levels: found none"));
  EXPECT_THAT(message([](Json& m) { m["compute"] = Json::array(); }),
              HasSubstr("compute: found none"));
  EXPECT_THAT(message([](Json& m) { m.erase("levels"); }),
              HasSubstr("field \"levels\" is missing"));
  EXPECT_THAT(message([](Json& m) { m["cores"] = 0; }),
              HasSubstr("cores] found 0, expected a number > 0"));
  EXPECT_THAT(message([](Json& m) { m["cores"] = "two"; }),
              HasSubstr("cores] found \"two\", expected a whole number"));
  EXPECT_THAT(message([](Json& m) { m["memory_bytes"] = nullptr; }),
              HasSubstr("memory_bytes] found null"));
  EXPECT_THAT(message([](Json& m) { m["compute"][0]["flops_per_s"] = -1; }),
              HasSubstr("compute[0].flops_per_s"));
  EXPECT_THAT(message([](Json& m) { m["compute"][0]["source"] = "measurd"; }),
              HasSubstr("did you mean \"measured\""));
  EXPECT_THAT(message([](Json& m) { m["levels"][1]["bandwidths"][0]["bytes_per_s"] = 0; }),
              HasSubstr("levels[1].bandwidths[0].bytes_per_s] found 0"));
  EXPECT_THAT(message([](Json& m) { m["levels"][1]["bandwidths"][0]["kernel"] = "cpoy"; }),
              HasSubstr("\"copy\""));
  EXPECT_THAT(
      message([](Json& m) { m["levels"][2]["declared_capacity_bytes"] = 64; }),
      HasSubstr("levels[2]] found a capacity of 64 bytes, expected more than the level before"));
  EXPECT_THAT(message([](Json& m) { m["levels"][2]["declared_capacity_bytes"] = nullptr; }),
              HasSubstr("neither a declared nor a measured capacity"));
  EXPECT_THAT(message([](Json& m) { m["levels"][1]["name"] = "L1"; }),
              HasSubstr("found \"L1\" twice"));
}

TEST(Machine, NotANumberIsRefusedInTextAndInMemory) {
  std::string text = read_file(example);
  const size_t at = text.find("\"memory_bytes\": ") + 16;
  text.replace(at, text.find(',', at) - at, "NaN");
  write_file(scratch("nan"), text);
  EXPECT_THAT(error_of([] { read_machine(scratch("nan")); }), HasSubstr("not valid JSON"));
  Machine machine = read_machine(example);
  machine.compute[0].flops_per_s = std::nan("");
  EXPECT_THAT(error_of([&] { check_machine("m", machine); }), HasSubstr("compute[0].flops_per_s"));
}

TEST(Machine, ATruncatedFileIsRefusedAtEveryLength) {
  const std::string text = read_file(example);
  for (size_t length = 0; length + 2 < text.size(); length += 97) {
    write_file(scratch("cut"), text.substr(0, length));
    const std::string message = error_of([] { read_machine(scratch("cut")); });
    EXPECT_THAT(message, testing::AnyOf(HasSubstr("not valid JSON"), HasSubstr("empty document")))
        << length;
  }
}

TEST(Machine, AMissingFileIsNamed) {
  EXPECT_THAT(error_of([] { read_machine("/nonexistent/x.json"); }),
              HasSubstr("/nonexistent/x.json"));
}

}  // namespace
}  // namespace opgauge
