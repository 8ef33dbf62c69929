// SPDX-License-Identifier: Apache-2.0
// Spending a budget on a device that tells its times: what is measured, what is found again.
#include <gtest/gtest.h>

#include <cmath>

#include "calibrate/budget.hpp"
#include "graph/builder.hpp"
#include "graph/text.hpp"
#include "measure/fake_device.hpp"

namespace opgauge {
namespace {

Graph layers(std::string name, const std::vector<int64_t>& widths) {
  GraphBuilder b(std::move(name));
  ValueId x = b.input("x", {Dtype::f32, {8, widths.front()}});
  for (size_t i = 1; i < widths.size(); ++i) {
    const ValueId w = b.parameter("fc" + std::to_string(i) + ".weight", {Dtype::f32, {widths[i], widths[i - 1]}});
    x = b.call("aten::relu", {{"self", b.call("aten::linear", {{"input", x}, {"weight", w}})}});
  }
  return b.finish({x});
}

Calibration calibration() {
  Calibration out;
  OpModel model;
  model.l2_bytes = 1 << 20;
  model.l3_bytes = 32 << 20;
  ClassFit any;
  any.key = "any";
  any.cases = 100;
  any.coefficients = {{"call", 2e-6}, {"flops", 2e-11}, {"bytes", 5e-11}};
  model.classes = {any};
  out.op_model = model;
  return out;
}

class Budget : public testing::Test {
 protected:
  SpentBudget spend(const Graph& graph, double budget_s = 0.02) {
    EstimateOptions options;
    options.calibration = &calibration_;
    options.case_times = &times_;
    const Surroundings around{clock_, [] { return MachineSpeed{1, 1, 1}; }, {}};
    asked_ = 0;
    SpentBudget spent = spend_budget(
        graph, options, budget_s,
        [&]() -> Device& {
          ++asked_;
          return device_;
        },
        [&]() -> const Surroundings& { return around; }, {});
    known_.insert(known_.end(), spent.cases.begin(), spent.cases.end());
    times_ = case_times(known_);
    return spent;
  }
  FakeClock clock_;
  FakeDevice device_{clock_};
  Calibration calibration_ = calibration();
  std::vector<TimedCase> known_;
  CaseTimes times_;
  int asked_ = 0;
};

TEST_F(Budget, MeasuresAModelAndFindsItAgain) {
  const Graph graph = layers("a", {64, 128, 256, 512});
  const SpentBudget first = spend(graph);
  EXPECT_TRUE(first.spent.whole);
  EXPECT_EQ(first.spent.found, 0);
  EXPECT_EQ(first.spent.measured, 6);
  EXPECT_GT(first.spent.passes, 40);
  EXPECT_NEAR(first.spent.spent_s, 0.02, 2e-3);
  const auto executable = device_.prepare(graph);
  std::vector<double> node_s(6);
  executable->run_timed_s(node_s);
  for (size_t i = 0; i < 6; ++i) EXPECT_NEAR(first.cases[i].quiet_s, node_s[i], 1e-12);

  const SpentBudget second = spend(graph);
  EXPECT_EQ(second.spent.found, 6);
  EXPECT_EQ(second.spent.measured, 0);
  EXPECT_EQ(asked_, 0) << "nothing to measure: LibTorch is not needed";
}

TEST_F(Budget, ASimilarModelMeasuresLess) {
  spend(layers("a", {64, 128, 256, 512}));
  const SpentBudget similar = spend(layers("b", {64, 128, 256, 512, 32}));
  EXPECT_EQ(similar.spent.found, 6);
  EXPECT_FALSE(similar.spent.whole);
  EXPECT_GE(similar.spent.measured, 1);
  EXPECT_LE(similar.spent.measured, 2);
  EXPECT_LT(similar.spent.calls, 6);
  EXPECT_LT(similar.spent.spent_s, 0.02);
}

TEST_F(Budget, LowersTheErrorOfThePrediction) {
  const Graph graph = layers("a", {64, 128, 256, 512});
  double truth_s = 0;
  std::vector<double> node_s(6);
  device_.prepare(graph)->run_timed_s(node_s);
  for (const double one : node_s) truth_s += one;
  const OpModel& model = *calibration_.op_model;
  const std::vector<CaseFacts> facts = facts_of(graph, conditions_of(model));
  const OpPredictor predictor(model);
  std::vector<OpPrediction> calls;
  for (const CaseFacts& one : facts) calls.push_back(predictor.predict(one));
  const GraphCases cases = cases_of(graph, facts);
  const auto before = sum_measured(calls, cases, {}, model).total;
  device_.behaviour().noise = 0.05;
  spend(graph);
  const auto after = sum_measured(calls, cases, times_, model).total;
  EXPECT_LT(std::abs(std::log(after.latency_s / truth_s)), 0.5 * std::abs(std::log(before.latency_s / truth_s)));
  EXPECT_LT(after.high_s / after.low_s, before.high_s / before.low_s);
}

Passes passes_of(std::vector<std::vector<double>> node_s) {
  Passes passes;
  passes.nodes = node_s.front().size();
  passes.node_s = std::move(node_s);
  return passes;
}

TEST(LeastOfVisits, IsTheMeanLeastOfSoManyDraws) {
  std::vector<double> samples;
  for (int i = 1; i <= 9; ++i) samples.push_back(i);
  EXPECT_NEAR(least_of_visits(samples, 1), 5, 1e-12) << "the mean";
  EXPECT_NEAR(least_of_visits(samples, 4), 2, 1e-12) << "(n + 1) / (k + 1) of 1 to n";
  EXPECT_NEAR(least_of_visits(samples, 9), 1, 1e-12) << "the least";
  EXPECT_NEAR(least_of_visits(samples, 40), 1, 1e-12);
}

TEST(SessionBias, LowersWhatFewPassesCouldNotSee) {
  const Passes falling = passes_of({{1.0}, {1.2}, {1.1}, {1.3}});  // even 1.0, odd 1.2: an octave of log 1.1
  const double contention = 0.1 * std::log(1.15);
  EXPECT_NEAR(session_bias(falling, {0}, 16).log_excess, 0.5 * std::log(1.1) * 2 + contention, 1e-9);
  EXPECT_NEAR(session_bias(falling, {0}, 4).log_excess, contention, 1e-9) << "as many as a calibration takes";
  EXPECT_EQ(session_bias(passes_of({{1.0}, {1.0}, {1.0}, {1.0}}), {0}, 40).log_excess, 0);
}

TEST(SessionBias, IsLessSureOnABusyMachine) {
  const SessionBias quiet = session_bias(passes_of({{1.0}, {1.0}, {1.0}}), {0}, 3);
  const SessionBias busy = session_bias(passes_of({{1.0}, {1.5}, {1.5}}), {0}, 3);
  EXPECT_GT(busy.log_sd, 2 * quiet.log_sd);
  EXPECT_GT(busy.log_excess, quiet.log_excess);
}

// Networks of two layers as a calibration of the fake device at rest knows them.
std::vector<Observation> observed_layers(FakeClock& clock) {
  FakeDevice device(clock);
  std::vector<Observation> out;
  for (const int64_t width : {1024, 1056, 1100, 1180}) {
    Observation one{"n" + std::to_string(width), "layers", layers("n", {160, width, 320}), std::vector<double>(4), 0, 0, 8, {}, {}};
    device.prepare(one.graph)->run_timed_s(one.quiet_node_s);
    one.half_node_s[0] = one.half_node_s[1] = one.quiet_node_s;
    out.push_back(std::move(one));
  }
  return out;
}

TEST(References, AreShortNetworksWhoseVisitsAgree) {
  FakeClock clock;
  std::vector<Observation> observations = observed_layers(clock);
  observations[0].half_node_s[1][0] *= 1.2;
  observations[1].visits = 2;
  const std::vector<ReferenceNetwork> chosen = choose_references(observations);
  ASSERT_EQ(chosen.size(), 2U) << "of one kind of work";
  EXPECT_EQ(chosen[0].graph, print_graph(observations[2].graph));
  EXPECT_EQ(chosen[1].graph, print_graph(observations[3].graph));
  double quiet_s = 0;
  for (const double seconds : observations[2].quiet_node_s) quiet_s += seconds;
  EXPECT_NEAR(chosen[0].quiet_s, quiet_s, 1e-9 * quiet_s) << "halves that agree promise nothing of more visits";
  EXPECT_TRUE(choose_references({}).empty());
}

TEST(References, TellHowSlowTheMachineIsBesideASession) {
  FakeClock clock;
  FakeDevice device(clock);
  std::vector<ReferenceNetwork> references = choose_references(observed_layers(clock));
  references.push_back({"no graph", 1});
  ReferenceRuns runs(device, references);
  device.behaviour().contention = [](double) { return 1.3; };
  for (int turn = 0; turn < 4; ++turn, clock.advance_s(0.2)) runs.run(clock);
  EXPECT_FALSE(runs.slowness()) << "too few turns";
  for (int turn = 0; turn < 4; ++turn, clock.advance_s(0.2)) runs.run(clock);
  ASSERT_TRUE(runs.slowness());
  EXPECT_NEAR(runs.slowness()->log_factor, std::log(1.3), 1e-9);
  const int64_t before = device.runs();
  runs.run(clock);
  const int64_t turn = device.runs() - before;
  runs.run(clock);
  EXPECT_EQ(device.runs() - before, turn) << "not again within a tenth of a second";
  EXPECT_FALSE(ReferenceRuns(device, {}).slowness());
}

TEST_F(Budget, WhatReferencesLostIsTakenOff) {
  const Graph graph = layers("a", {64, 128, 256, 512});
  spend(graph, 2);
  const double at_rest_s = known_.front().quiet_s;
  const double at_rest_sd = known_.front().log_sd;
  const std::vector<ReferenceNetwork> references = choose_references(observed_layers(clock_));
  device_.behaviour().contention = [](double) { return 1.4; };
  calibration_.op_model->references = references;
  known_.clear();
  times_.clear();
  const SpentBudget slow = spend(graph, 2);
  EXPECT_TRUE(slow.spent.referenced);
  EXPECT_NEAR(slow.spent.speed_factor, 1.4, 1e-6);
  EXPECT_NEAR(std::log(known_.front().quiet_s / at_rest_s), std::log(1.4) - 0.7 * (std::log(1.4) - 0.03), 1e-3)
      << "but for what references are not sure of, and what models lose less than they";
  EXPECT_GT(known_.front().log_sd, 2 * at_rest_sd);
  // Either way, beyond their noise.
  EXPECT_NEAR(with_slowness({0.01, 0.02}, {-0.13, 0.01}).log_excess, 0.01 - 0.7 * 0.1, 1e-12);
  EXPECT_NEAR(with_slowness({0.01, 0.02}, {0.13, 0.01}).log_excess, 0.01 + 0.7 * 0.1, 1e-12);
  EXPECT_EQ(with_slowness({0.01, 0.02}, {-0.02, 0.01}).log_excess, 0.01);
  EXPECT_EQ(with_slowness({0.01, 0.02}, {0.02, 0.01}).log_sd, 0.02);
}

}  // namespace
}  // namespace opgauge
