// SPDX-License-Identifier: Apache-2.0
// predict, analyze, calibrate --from and validate as a user runs them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/run_command.hpp"

namespace opgauge {
namespace {

using testing::HasSubstr;
using testing::Not;

class EstimateCommands : public CommandTest {
 protected:
  std::string machine() const {
    return " --machine " + source("tests/fixtures/machines/example.json");
  }
  std::string results() const { return source("tests/golden/mlp_results.csv"); }
  void expect_error(const std::string& arguments, const std::string& message) const {
    const CommandResult result = run(arguments);
    EXPECT_EQ(result.code, 2) << arguments;
    EXPECT_EQ(result.out, "") << arguments;
    EXPECT_THAT(result.err, HasSubstr(message)) << arguments;
    EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 1) << result.err;
  }
};

TEST_F(EstimateCommands, PredictPrintsTotalsAndRegions) {
  const CommandResult result = run("predict mlp:1024-2048x4-256 --batch 1,32" + machine());
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("coefficients: assumed"));
  EXPECT_THAT(result.out, HasSubstr("aten::linear(f32[1,1024]"));
}

TEST_F(EstimateCommands, PredictGivesJson) {
  const CommandResult result = run("predict mlp:1024-2048x4-256 --batch 32 --json -" + machine());
  ASSERT_EQ(result.code, 0) << result.err;
  const Json json = parse_json("out", result.out);
  EXPECT_EQ(json["macs"], 32LL * (1024 * 2048 + 3 * 2048 * 2048 + 2048 * 256));
  EXPECT_EQ(json["regions"].size(), 9u);
  EXPECT_TRUE(json["latency_low_s"].is_null());
}

// LD_DEBUG lists every library that the loader opens, now or later.
TEST_F(EstimateCommands, PredictLoadsNoLibTorch) {
  const CommandResult result = run("predict mlp:1024-2048x4-256 --batch 32" + machine(),
                                   "LD_DEBUG=files LD_DEBUG_OUTPUT=loaded");
  ASSERT_EQ(result.code, 0) << result.err;
  std::string loaded;
  for (const auto& entry : std::filesystem::directory_iterator(folder_.path())) {
    if (entry.path().filename().string().starts_with("loaded.")) loaded += read_file(entry.path());
  }
  EXPECT_THAT(loaded, HasSubstr("libfmt"));
  EXPECT_THAT(loaded, Not(HasSubstr("torch")));
}

TEST_F(EstimateCommands, PredictNamesWhatIsWrong) {
  expect_error("predict mpl:4-4" + machine(), "did you mean \"mlp\"");
  expect_error("predict mlp:4-4 --estimator rofline" + machine(), "did you mean \"roofline\"");
  expect_error("predict mlp:4-4 --mode eagr" + machine(), "did you mean \"eager\"");
  expect_error("predict mlp:4-4 --machine nowhere.json", "nowhere.json");
  expect_error("predict mlp:4-4 --batch -3" + machine(), "--batch");
  write_file(folder_ / "m.json", "{\"schema_version\": 1, \"name\": \"x");
  expect_error("predict mlp:4-4 --machine m.json", "not valid JSON");
  write_file(folder_ / "c.json", "{\"schema_version\": 3}");
  expect_error("predict mlp:4-4 --calibration c.json" + machine(), "schema_version: found 3");
}

// The workflow: sweep (here a file), analyse, calibrate, estimate again, validate.
TEST_F(EstimateCommands, TheWorkflowLowersTheError) {
  const CommandResult report =
      run("analyze --empirical " + results() + " --output report.md" + machine());
  ASSERT_EQ(report.code, 0) << report.err;
  EXPECT_THAT(read_file(folder_ / "report.md"), HasSubstr("## Recommended Updates"));

  const CommandResult before = run("validate " + results() + " --again --max-mape 12" + machine());
  EXPECT_EQ(before.code, 1) << before.out << before.err;
  EXPECT_THAT(before.out, HasSubstr("assumed coefficients"));

  const CommandResult calibrated = run("calibrate --from " + results() + machine());
  ASSERT_EQ(calibrated.code, 0) << calibrated.err;
  EXPECT_THAT(calibrated.out, HasSubstr("efficiency_factor"));
  EXPECT_THAT(calibrated.err, HasSubstr("calibrations/example/"));

  const CommandResult after = run("validate " + results() + " --again --max-mape 12" + machine());
  EXPECT_EQ(after.code, 0) << after.out << after.err;
  EXPECT_THAT(after.out, HasSubstr("calibrations/example/"));

  const CommandResult predicted = run("predict mlp:256-512-10 --batch 4 --json -" + machine());
  const Json json = parse_json("out", predicted.out);
  EXPECT_THAT(json["coefficients"].get<std::string>(), HasSubstr("calibration example"));
  EXPECT_TRUE(json["latency_low_s"].is_number());

  const CommandResult none =
      run("validate " + results() + " --again --calibration none" + machine());
  EXPECT_THAT(none.out, HasSubstr("assumed coefficients"));
}

TEST_F(EstimateCommands, HalvesAreScoredApart) {
  const CommandResult result = run("validate " + results() + " --halves --max-mape 60" + machine());
  EXPECT_EQ(result.code, 0) << result.out << result.err;
  EXPECT_THAT(result.out, HasSubstr("of the other half"));
}

TEST_F(EstimateCommands, ACalibrationOfAnotherMachineIsSaid) {
  ASSERT_EQ(run("calibrate --from " + results() + " -o c.json" + machine()).code, 0);
  Json calibration = read_json(folder_ / "c.json");
  calibration["machine"] = "elsewhere";
  calibration["fingerprint"]["vendor"] = "ACME";
  write_json(folder_ / "c.json", calibration);
  const CommandResult result = run("predict mlp:256-512-10 --calibration c.json" + machine());
  EXPECT_THAT(result.out, HasSubstr("note: calibrated on machine elsewhere, used for example"));
  EXPECT_THAT(result.out, HasSubstr("note: vendor: calibrated with ACME, here GenuineIntel"));
}

TEST_F(EstimateCommands, BadResultsAreOneLineAndNothingIsOverwritten) {
  write_file(folder_ / "empty.csv", "");
  write_file(folder_ / "header.csv", "model,empirical_time_ms\n");
  write_file(folder_ / "nan.csv", "model,batch_size,empirical_time_ms\na,1,nan\n");
  write_file(folder_ / "no_time.csv", "model,batch_size\na,1\n");
  write_file(folder_ / "open.csv", "model,empirical_time_ms\n\"a,1\n");
  write_file(folder_ / "out.md", "kept");
  for (const char* name :
       {"empty.csv", "header.csv", "nan.csv", "no_time.csv", "open.csv", "missing.csv"}) {
    expect_error(std::string("analyze --empirical ") + name + " --output out.md" + machine(), name);
    expect_error(std::string("calibrate --from ") + name + machine(), name);
    expect_error(std::string("validate --max-mape 10 ") + name + machine(), name);
  }
  EXPECT_EQ(read_file(folder_ / "out.md"), "kept");
  EXPECT_FALSE(std::filesystem::exists(folder_ / "calibrations"));
}

TEST_F(EstimateCommands, OutputsThatCannotBeWrittenAreNamed) {
  expect_error("analyze --empirical " + results() + " --output none/report.md" + machine(),
               "none/report.md");
  expect_error("analyze --empirical " + results() + " --output report.pdf" + machine(),
               "unknown format \"pdf\"");
  expect_error("predict mlp:4-4 --json /dev/full/x" + machine(), "/dev/full");
  EXPECT_EQ(run("predict mlp:4-4" + machine() + " > /dev/full").code, 2);
}

TEST_F(EstimateCommands, ValidateNeedsSomethingToWorkOn) {
  expect_error("validate mlp:4-4" + machine(), "opgauge calibrate");
  expect_error("validate " + results() + " --max-mape -1" + machine(), "--max-mape");
}

}  // namespace
}  // namespace opgauge
