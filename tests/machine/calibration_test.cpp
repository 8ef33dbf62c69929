// SPDX-License-Identifier: Apache-2.0
#include "machine/calibration.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <fstream>

#include "scratch_folder.hpp"

namespace opgauge {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
namespace fs = std::filesystem;

class CalibrationFile : public testing::Test {
 protected:
  static Calibration example(const std::string& created_at) {
    Calibration c;
    c.machine = "box";
    c.created_at = created_at;
    c.statistic = "quiet";
    c.fingerprint = {{"libtorch", "2.13.0"}, {"threads", "1"}};
    Coefficient one;
    one.name = "efficiency_factor";
    one.value = 0.63;
    one.standard_error = 0.01;
    c.roofline.emplace_back().precision = "fp32";
    c.roofline.back().coefficients = {one};
    return c;
  }
  std::string error_of(const Json& json) {
    write_json(root_ / "x.json", json);
    try {
      read_calibration(root_ / "x.json");
    } catch (const Error& error) {
      return error.what();
    }
    return "no error";
  }
  const ScratchFolder scratch_;
  const fs::path& root_ = scratch_.path();
};

TEST_F(CalibrationFile, IsReadAsItWasWritten) {
  const fs::path path = write_calibration(root_, example("2026-01-31T12:00:00Z"));
  EXPECT_EQ(path, root_ / "box" / "2026-01-31T120000Z.json");
  const Calibration back = read_calibration(path);
  EXPECT_EQ(encode(back), encode(example("2026-01-31T12:00:00Z")));
}

TEST_F(CalibrationFile, OneOfTheSameSecondDoesNotOverwrite) {
  const fs::path a = write_calibration(root_, example("2026-01-31T12:00:00Z"));
  const fs::path b = write_calibration(root_, example("2026-01-31T12:00:00Z"));
  EXPECT_NE(a, b);
  EXPECT_TRUE(fs::exists(a));
  EXPECT_EQ(newest_calibration({root_}, "box")->path, b);
}

TEST_F(CalibrationFile, TheNewestOfAllRootsIsFound) {
  EXPECT_FALSE(newest_calibration({root_ / "none", root_}, "box"));
  write_calibration(root_ / "a", example("2026-01-31T12:00:00Z"));
  write_calibration(root_ / "b", example("2026-02-01T12:00:00Z"));
  write_calibration(root_ / "a", example("2026-01-30T12:00:00Z"));
  EXPECT_EQ(newest_calibration({root_ / "a", root_ / "b"}, "box")->calibration.created_at,
            "2026-02-01T12:00:00Z");
  EXPECT_FALSE(newest_calibration({root_ / "a"}, "other"));
}

TEST_F(CalibrationFile, OneMadeForTheRunComesBeforeANewerOne) {
  const auto keep = [&](const std::string& created_at, const char* threads, const char* precision) {
    Calibration one = example(created_at);
    one.fingerprint = {{"threads", threads}, {"precision", precision}};
    write_calibration(root_, one);
  };
  keep("2026-01-01T00:00:00Z", "1", "fp32");
  keep("2026-01-02T00:00:00Z", "1", "bf16");
  keep("2026-01-03T00:00:00Z", "2", "fp32");
  const auto found = [&](std::optional<int> threads, const char* precision) {
    return newest_calibration({root_}, "box", {threads, precision})->calibration.created_at;
  };
  EXPECT_EQ(found(1, "fp32"), "2026-01-01T00:00:00Z");
  EXPECT_EQ(found(1, "bf16"), "2026-01-02T00:00:00Z");
  EXPECT_EQ(found(2, "fp32"), "2026-01-03T00:00:00Z");
  EXPECT_EQ(found(2, "bf16"), "2026-01-03T00:00:00Z");
  EXPECT_EQ(found(1, "int8"), "2026-01-02T00:00:00Z");
  EXPECT_EQ(found(4, "int8"), "2026-01-03T00:00:00Z");
  EXPECT_EQ(found(std::nullopt, "bf16"), "2026-01-02T00:00:00Z");
}

TEST_F(CalibrationFile, DifferencesNameBothSides) {
  EXPECT_THAT(differences(example(""), {{"libtorch", "2.14.0"}, {"threads", "1"}, {"blas", "x"}}),
              ElementsAre("libtorch: calibrated with 2.13.0, here 2.14.0"));
}

TEST_F(CalibrationFile, EachMistakeIsOneError) {
  Json json = encode(example("2026-01-31T12:00:00Z"));
  const auto with = [&](const char* pointer, const Json& value) {
    Json changed = json;
    changed[Json::json_pointer(pointer)] = value;
    return error_of(changed);
  };
  EXPECT_EQ(error_of(json), "no error");
  EXPECT_THAT(error_of(Json::array()), HasSubstr("expected a calibration as an object"));
  EXPECT_THAT(with("/schema_version", 2), HasSubstr("schema_version: found 2, expected 1"));
  EXPECT_THAT(with("/roofline/0/coefficients/0/name", "efficency_factor"),
              HasSubstr("did you mean \"efficiency_factor\"?"));
  EXPECT_THAT(with("/roofline/0/coefficients/0/value", 0),
              HasSubstr("found 0, expected a number > 0"));
  EXPECT_THAT(with("/roofline/0/coefficients/0/value", -1), HasSubstr("found -1"));
  EXPECT_THAT(with("/roofline/0/coefficients/0/value", "x"), HasSubstr("expected a number"));
  EXPECT_THAT(with("/roofline/0/threads", 0), HasSubstr("found 0, expected at least 1"));
  EXPECT_THAT(with("/roofline/0/interval_ratio", 0.5), HasSubstr("expected a number >= 1"));
}

TEST_F(CalibrationFile, AFolderThatCannotBeMadeIsNamed) {
  write_file(root_ / "file", "x");
  try {
    write_calibration(root_ / "file", example("2026-01-31T12:00:00Z"));
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("file/box] cannot be created"));
  }
}

}  // namespace
}  // namespace opgauge
