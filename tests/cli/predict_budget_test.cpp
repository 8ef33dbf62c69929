// SPDX-License-Identifier: Apache-2.0
// predict --budget, the case database and --estimator measured as a user meets them, on a backend
// that tells its times.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/run_command.hpp"
#include "machine/calibration.hpp"
#include "machine/fingerprint.hpp"

namespace opgauge {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::Not;

class PredictBudget : public CommandTest {
 protected:
  void SetUp() override {
    CommandTest::SetUp();
    Calibration calibration;
    calibration.machine = "example";
    calibration.created_at = "2026-01-31T12:00:00Z";
    calibration.statistic = "quiet";
    calibration.fingerprint = {{"class", fingerprint(read_machine(source("tests/fixtures/machines/example.json"))).class_key},
                               {"libtorch", "fake"}};
    OpModel model;
    model.l2_bytes = 1 << 20;
    model.l3_bytes = 32 << 20;
    ClassFit any;
    any.key = "any";
    any.cases = 100;
    any.coefficients = {{"call", 2e-6}, {"flops", 2e-11}, {"bytes", 5e-11}};
    model.classes = {any};
    calibration.op_model = model;
    write_json(folder_ / "calibration.json", encode(calibration));
  }
  CommandResult predict(const std::string& arguments, const std::string& environment = "") const {
    return run("predict " + arguments + " --calibration calibration.json --case-home cases --machine " +
                   source("tests/fixtures/machines/example.json"),
               "OPGAUGE_TORCH_BACKEND=" OPGAUGE_FAKE_BACKEND " " + environment);
  }
  Json json_of(const std::string& arguments) const {
    const CommandResult result = predict(arguments + " --json -");
    EXPECT_EQ(result.code, 0) << result.err;
    return result.code == 0 ? parse_json("out", result.out) : Json();
  }
  std::string loaded_libraries(const std::string& arguments) const {
    EXPECT_EQ(predict(arguments, "LD_DEBUG=files LD_DEBUG_OUTPUT=loaded").code, 0);
    std::string loaded;
    for (const auto& entry : fs::directory_iterator(folder_.path())) {
      if (!entry.path().filename().string().starts_with("loaded.")) continue;
      loaded += read_file(entry.path());
      fs::remove(entry.path());
    }
    return loaded;
  }
};

TEST_F(PredictBudget, ShowsBeforeAndAfter) {
  const CommandResult result = predict("mlp:256-512x2-10 --budget 50ms");
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("before measuring"));
  EXPECT_THAT(result.out, HasSubstr("measured 5 of 5 cases (0 found in the database)"));
  EXPECT_THAT(result.out, HasSubstr("the whole model"));
  EXPECT_THAT(result.out, HasSubstr("5 of 5 cases looked up, 100 % of the time"));
}

TEST_F(PredictBudget, JsonHasBothAndTheIntervalShrinks) {
  const Json json = json_of("mlp:256-512x2-10 --budget 50ms");
  const auto width = [](const Json& of) {
    return of["latency_high_s"].get<double>() / of["latency_low_s"].get<double>();
  };
  EXPECT_LT(width(json), width(json["before"]));
  EXPECT_EQ(json["before"]["estimator"], "calibrated");
  EXPECT_EQ(json["estimator"], "measured");
  EXPECT_EQ(json["budget"]["measured"], 5);
  EXPECT_EQ(json["measured_share"], 1.0);
  EXPECT_TRUE(fs::exists(json["budget"]["database"].get<std::string>()) ||
              fs::exists(folder_ / json["budget"]["database"].get<std::string>()));
}

TEST_F(PredictBudget, ASecondModelUsesWhatTheFirstOneMeasured) {
  json_of("mlp:256-512x2-10 --budget 50ms");
  const Json again = json_of("mlp:256-512x2-10 --budget 50ms");
  EXPECT_EQ(again["budget"]["found"], 5);
  EXPECT_EQ(again["budget"]["measured"], 0);
  EXPECT_EQ(again["measured_share"], 1.0);
  const Json similar = json_of("mlp:256-512x2-128 --budget 50ms");
  EXPECT_GE(similar["budget"]["found"], 3) << "one layer is new, and what stands beside it may be in another context";
  EXPECT_LE(similar["budget"]["measured"], 2);
  EXPECT_GE(similar["budget"]["measured"], 1);
}

TEST_F(PredictBudget, MeasuredLooksUpWithoutTheBackend) {
  json_of("mlp:256-512x2-10 --budget 50ms");
  EXPECT_THAT(loaded_libraries("mlp:256-512x2-10 --estimator measured"), Not(HasSubstr("fake_backend")));
  const Json looked_up = json_of("mlp:256-512x2-10 --estimator measured");
  EXPECT_EQ(looked_up["measured_share"], 1.0);
  EXPECT_FALSE(looked_up.contains("budget"));
  EXPECT_EQ(json_of("mlp:100-10 --estimator measured")["measured_share"], 0.0);
}

TEST_F(PredictBudget, OnlyABudgetLoadsTheBackend) {
  EXPECT_THAT(loaded_libraries("mlp:256-512x2-10"), Not(HasSubstr("fake_backend")));
  EXPECT_THAT(loaded_libraries("mlp:256-512x2-10 --budget 10ms"), HasSubstr("fake_backend"));
  EXPECT_THAT(loaded_libraries("mlp:256-512x2-10 --budget 10ms"), Not(HasSubstr("fake_backend")))
      << "everything is known";
}

TEST_F(PredictBudget, WrongUseIsOneLine) {
  const auto expect_error = [&](const CommandResult& result, const char* message) {
    EXPECT_EQ(result.code, 2);
    EXPECT_EQ(result.out, "");
    EXPECT_THAT(result.err, HasSubstr(message));
    EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 1) << result.err;
  };
  expect_error(predict("mlp:4-4 --budget nonsense"), "--budget");
  expect_error(predict("mlp:4-4 --budget 0s"), "expected a duration above 0");
  expect_error(predict("mlp:4-4 --budget 1s --estimator roofline"), "--estimator roofline");
  const std::string machine = " --machine " + source("tests/fixtures/machines/example.json");
  expect_error(run("predict mlp:4-4 --budget 1s" + machine), "opgauge calibrate");
  expect_error(predict("mlp:4-4 --budget 1s", "OPGAUGE_TORCH_BACKEND=none.so"), "none.so");

  json_of("mlp:256-512x2-10 --budget 10ms");
  for (const auto& entry : fs::recursive_directory_iterator(folder_ / "cases")) {
    if (!entry.is_regular_file()) continue;
    std::string text = read_file(entry.path());
    text[text.size() / 2] ^= 1;
    write_file(entry.path(), text);
  }
  expect_error(predict("mlp:256-512x2-10 --estimator measured"), "cases.jsonl");
}

TEST_F(PredictBudget, ValidateScoresBoth) {
  const CommandResult result =
      run("validate mlp:256-512x2-10 mlp:64-64@8 --predict-budget 20ms --budget 1s --visits 4 --calibration calibration.json --json v.json --machine " +
              source("tests/fixtures/machines/example.json"),
          "OPGAUGE_TORCH_BACKEND=" OPGAUGE_FAKE_BACKEND);
  EXPECT_EQ(result.code, 0) << result.err;
  const Json json = read_json(folder_ / "v.json");
  EXPECT_EQ(json["budget"]["models"], 2);
  EXPECT_LT(json["budget"]["mape"].get<double>(), 1e-6);
  EXPECT_EQ(json["budget"]["coverage"], 1.0);
  EXPECT_THAT(json["budget"]["cases"].get<std::string>(), HasSubstr("empty case database for each"));
  for (const Json& row : json["rows"]) {
    EXPECT_GT(row["budget_predicted_s"].get<double>(), 0);
    EXPECT_TRUE(row["budget_covered"].get<bool>());
  }
  EXPECT_THAT(read_file(folder_ / "results/validation/validation.md"), HasSubstr("with budget ms"));
  EXPECT_THAT(read_file(folder_ / "results/validation/predictions.json"), HasSubstr("measured_share"));
}

}  // namespace
}  // namespace opgauge
