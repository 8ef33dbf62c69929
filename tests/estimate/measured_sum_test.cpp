// SPDX-License-Identifier: Apache-2.0
#include "estimate/measured_sum.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace opgauge {
namespace {

GraphCases three_cases() {  // a, a, b, c
  GraphCases cases;
  cases.cases = {{"a", "x", {0, 1}}, {"b", "x", {2}}, {"c", "x", {3}}};
  cases.of_node = {0, 0, 1, 2};
  return cases;
}

OpPrediction call(const char* key, double latency_s) {
  OpPrediction one;
  one.key = key;
  one.latency_s = latency_s;
  one.common_sd = 0.2;
  one.own_sd = 0.1;
  return one;
}

std::vector<OpPrediction> four_calls() {
  return {call("k", 10), call("k", 10), call("k", 20), call("other", 5)};
}

OpModel model() {
  OpModel model;
  model.floor_sd = 0.01;
  model.interval_factor = 2;
  return model;
}

TEST(MeasuredSum, WithoutMeasurementsIsThePrediction) {
  const OpModel of = model();
  const MeasuredSum sum = sum_measured(four_calls(), three_cases(), {}, of);
  const OpPredictor::Total plain = OpPredictor(of).total(four_calls());
  EXPECT_DOUBLE_EQ(sum.total.latency_s, plain.latency_s);
  EXPECT_DOUBLE_EQ(sum.total.low_s, plain.low_s);
  EXPECT_DOUBLE_EQ(sum.total.high_s, plain.high_s);
  EXPECT_EQ(sum.measured_s, 0);
  EXPECT_EQ(sum.cases, 3);
  EXPECT_EQ(sum.measured_cases, 0);
}

TEST(MeasuredSum, MeasuredCallsReplaceTheirPredictionAndMoveTheirClass) {
  const CaseTimes times = {{case_key("a", "x"), {12, 0.0, 40}}};
  const MeasuredSum sum = sum_measured(four_calls(), three_cases(), times, model());
  // One case of the class: weight tau^2 / (tau^2 + sigma^2) = 0.8 of log 1.2.
  EXPECT_NEAR(sum.calls[2].latency_s, 20 * std::pow(1.2, 0.8), 1e-9);
  EXPECT_NEAR(sum.calls[2].common_sd, 0.2 * std::sqrt(1 - 0.8), 1e-9);
  EXPECT_DOUBLE_EQ(sum.calls[3].latency_s, 5) << "another class";
  EXPECT_DOUBLE_EQ(sum.calls[3].common_sd, 0.2);
  EXPECT_DOUBLE_EQ(sum.measured_s, 24);
  EXPECT_TRUE(sum.measured[0] && sum.measured[1]);
  EXPECT_FALSE(sum.measured[2] || sum.measured[3]);
  const double variance = std::pow(sum.calls[2].latency_s, 2) * (0.2 * 0.2 * 0.2 + 0.1 * 0.1) +
                          25 * (0.2 * 0.2 + 0.1 * 0.1);
  const double sd = std::hypot(std::sqrt(variance) / sum.total.latency_s, 0.01);
  EXPECT_NEAR(std::log(sum.total.high_s / sum.total.latency_s), 2 * sd, 1e-9);
}

TEST(MeasuredSum, MoreMeasuredCasesNarrowTheInterval) {
  CaseTimes times;
  double width = 1e9;
  for (const char* text : {"c", "a", "b"}) {
    times[case_key(text, "x")] = {10, 0.02, 40};
    const OpPredictor::Total total = sum_measured(four_calls(), three_cases(), times, model()).total;
    EXPECT_LT(total.high_s / total.low_s, width);
    width = total.high_s / total.low_s;
  }
  EXPECT_LT(width, 1.1);
}

// Half as long again as predicted, on a machine that disturbs: in part the session's fault. Quicker than predicted: in part the calibration's.
TEST(MeasuredSum, ASessionIsDoubtedWhereTheMachineDisturbs) {
  OpModel of = model();
  const auto total = [&](double seconds) {
    const CaseTimes times = {{case_key("a", "x"), {seconds, 0.01, 40}}, {case_key("b", "x"), {2 * seconds, 0.01, 40}}};
    return sum_measured(four_calls(), three_cases(), times, of);
  };
  const double quiet_s = total(15).calls[0].latency_s;
  EXPECT_DOUBLE_EQ(quiet_s, 15) << "this machine is at rest";
  EXPECT_DOUBLE_EQ(total(7).calls[0].latency_s, 7);
  of.contention = 1.4;
  const MeasuredSum slow = total(15);
  EXPECT_GT(slow.calls[0].latency_s, 10);
  EXPECT_LT(slow.calls[0].latency_s, 15);
  EXPECT_NEAR(slow.calls[2].latency_s / slow.calls[0].latency_s, 2, 1e-9) << "the session's calls together";
  EXPECT_DOUBLE_EQ(slow.measured_s, 60) << "as measured";
  const double shift = std::log(slow.calls[0].latency_s / 15) / std::log(10.0 / 15);
  EXPECT_NEAR(std::log(total(7).calls[0].latency_s / 7) / std::log(10.0 / 7), shift, 1e-6) << "either way by the same part";
  of.contention = 2;
  EXPECT_LT(total(15).calls[0].latency_s, slow.calls[0].latency_s);
}

TEST(MeasuredSum, AnotherContextIsAnotherCase) {
  const CaseTimes times = {{case_key("a", "y"), {12, 0.0, 40}}};
  EXPECT_EQ(sum_measured(four_calls(), three_cases(), times, model()).measured_cases, 0);
}

TEST(CaseTimes, TakeTheLeastOfWellMeasuredOnes) {
  const auto timed = [](double quiet_s, int visits) {
    return TimedCase{"a", "x", quiet_s, 0.01, visits, "", 0, 0};
  };
  const CaseTimes times = case_times(std::vector{timed(5, 40), timed(4, 30), timed(3, 10), timed(6, 50)});
  ASSERT_EQ(times.size(), 1u);
  EXPECT_EQ(times.at(case_key("a", "x")).quiet_s, 4);
  EXPECT_EQ(times.at(case_key("a", "x")).visits, 30);
}

}  // namespace
}  // namespace opgauge
