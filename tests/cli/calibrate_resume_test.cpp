// SPDX-License-Identifier: Apache-2.0
// calibrate --resume as a user meets it, on a backend that tells its times.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "cli/run_command.hpp"

namespace opgauge {
namespace {

using testing::HasSubstr;

class CalibrateResume : public CommandTest {
 protected:
  CommandResult calibrate(const std::string& arguments) const {
    return run("calibrate --networks 12 --visits 3 --resume visits.jsonl -o calibration.json --machine " +
                   source("tests/fixtures/machines/example.json") + " " + arguments,
               "OPGAUGE_TORCH_BACKEND=" OPGAUGE_FAKE_BACKEND);
  }
  long lines() const {
    const std::string text = read_file(folder_ / "visits.jsonl");
    return std::count(text.begin(), text.end(), '\n');
  }
};

TEST_F(CalibrateResume, GoesOnWhereItWasCutOff) {
  const CommandResult whole = calibrate("");
  ASSERT_EQ(whole.code, 0) << whole.err;
  EXPECT_EQ(lines(), 1 + 12 * 3);
  const std::string journal = read_file(folder_ / "visits.jsonl");
  // As a kill in the middle of a write leaves it.
  write_file(folder_ / "visits.jsonl", journal.substr(0, journal.size() * 2 / 3));
  const CommandResult resumed = calibrate("");
  EXPECT_EQ(resumed.code, 0) << resumed.err;
  EXPECT_THAT(resumed.err, HasSubstr("resuming after"));
  EXPECT_EQ(lines(), 1 + 12 * 3);
  // Nothing is left to measure.
  EXPECT_EQ(calibrate("").code, 0);
  EXPECT_EQ(lines(), 1 + 12 * 3);
}

TEST_F(CalibrateResume, ARefitKnowsWhereItsObservationsAreFrom) {
  ASSERT_EQ(calibrate("--keep kept.jsonl").code, 0);
  const Json measured = read_json(folder_ / "calibration.json");
  const std::string machine = " --machine " + source("tests/fixtures/machines/example.json");
  const CommandResult refit = run("calibrate --refit kept.jsonl -o refit.json" + machine);
  ASSERT_EQ(refit.code, 0) << refit.err;
  const Json again = read_json(folder_ / "refit.json");
  EXPECT_EQ(again["fingerprint"], measured["fingerprint"]);
  EXPECT_EQ(again["op_model"]["probe_compute_s"], measured["op_model"]["probe_compute_s"]);
  EXPECT_EQ(again["op_model"]["classes"], measured["op_model"]["classes"]);
  const CommandResult threads = run("calibrate --refit kept.jsonl --threads 2 -o refit.json" + machine);
  EXPECT_EQ(threads.code, 2);
  EXPECT_THAT(threads.err, HasSubstr("found observations with threads 1, expected 2"));
}

TEST_F(CalibrateResume, FamiliesMeasuredBesideAreNotJournaled) {
  ASSERT_EQ(calibrate("").code, 0);
  const CommandResult beside = calibrate("--cross-validate");
  EXPECT_EQ(beside.code, 0) << beside.err;
  EXPECT_EQ(lines(), 1 + 12 * 3);
}

TEST_F(CalibrateResume, OtherOptionsAreRefusedByName) {
  ASSERT_EQ(calibrate("").code, 0);
  const CommandResult other = calibrate("--seed 7");
  EXPECT_EQ(other.code, 2);
  EXPECT_THAT(other.err, HasSubstr("seed \"1\", expected \"7\""));
  EXPECT_EQ(std::count(other.err.begin(), other.err.end(), '\n'), 1);
}

}  // namespace
}  // namespace opgauge
