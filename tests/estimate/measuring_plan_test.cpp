// SPDX-License-Identifier: Apache-2.0
#include "estimate/measuring_plan.hpp"

#include <gtest/gtest.h>

#include "estimate/graphs.hpp"

namespace opgauge {
namespace {

// Linear layers of distinct sizes, 10 ms each, but the last one: 100 ms and less certain. A ReLU takes
// nothing.
struct Planned {
  Graph graph = make_mlp(4, {8, 16, 32, 64, 128});
  GraphCases cases;
  MeasuredSum sum;
  OpModel model;

  explicit Planned(const CaseTimes& times = {}) {
    cases = cases_of(graph, facts_of(graph, CostConditions{}));
    std::vector<OpPrediction> calls;
    for (size_t n = 0; n < graph.nodes.size(); ++n) {
      OpPrediction call;
      const bool linear = graph.nodes[n].target == "aten::linear";
      call.key = linear ? "linear" : "relu";
      call.latency_s = !linear ? 1e-6 : n + 1 == graph.nodes.size() ? 0.1 : 0.01;
      call.common_sd = 0.1;
      call.own_sd = n + 1 == graph.nodes.size() ? 1 : 0.1;
      calls.push_back(call);
    }
    sum = sum_measured(calls, cases, times, model);
  }
  MeasuringPlan plan(double budget_s) const {
    PlanSettings settings;
    settings.budget_s = budget_s;
    return plan_measuring(graph, cases, sum, model, settings);
  }
};

TEST(MeasuringPlan, RunsTheWholeGraphWhereTheTimeSuffices) {
  const MeasuringPlan plan = Planned().plan(2);
  EXPECT_TRUE(plan.whole);
  EXPECT_NEAR(plan.model_s, 0.13, 1e-4);
  EXPECT_EQ(plan.budget_s, 2);
  EXPECT_EQ(plan.keep, std::vector<bool>(7, true));
}

TEST(MeasuringPlan, BeginsWithWhatMattersMost) {
  const Planned planned;
  const MeasuringPlan plan = planned.plan(2);
  ASSERT_FALSE(plan.cases.empty());
  EXPECT_EQ(planned.cases.cases[plan.cases.front()].nodes.front(), 6u) << "the layer of 100 ms";
}

TEST(MeasuringPlan, LeavesOutWhatTheTimeDoesNotSufficeFor) {
  const MeasuringPlan plan = Planned().plan(0.2);  // five passes of 40 ms
  EXPECT_FALSE(plan.whole);
  EXPECT_FALSE(plan.keep[6]);
  EXPECT_LE(plan.pass_s, 0.04);
  EXPECT_FALSE(plan.cases.empty());
}

TEST(MeasuringPlan, WhatIsKnownSavesItsTime) {
  const Planned fresh;
  CaseTimes known;
  known[fresh.cases.cases[fresh.cases.of_node[6]].key()] = {0.1, 0.01, 40};
  const MeasuringPlan plan = Planned(known).plan(2);
  EXPECT_FALSE(plan.whole);
  EXPECT_FALSE(plan.keep[6]);
  EXPECT_LT(plan.budget_s, 1.3);

  for (const GraphCases::One& one : fresh.cases.cases) known[one.key()] = {0.01, 0.01, 40};
  EXPECT_TRUE(Planned(known).plan(2).cases.empty());
}

TEST(MeasuringPlan, WhatIsScoredHasItsMakersBeforeIt) {
  const Planned planned;
  const MeasuringPlan plan = planned.plan(0.2);
  int scored = 0;
  for (size_t n = 0; n < plan.keep.size(); ++n) {
    scored += plan.scored[n];
    if (plan.scored[n] && n > 0) {
      EXPECT_TRUE(plan.keep[n - 1]) << n;
    }
  }
  EXPECT_GT(scored, 0);
}

TEST(CaseContext, TellsColdFromWarm) {
  CaseFacts facts;
  facts.weight_bytes = 100;
  facts.input_bytes = 10;
  EXPECT_EQ(case_context(facts), "w00 i0 c0");
  facts.cold_weight_l2_bytes = 90;
  facts.cold_weight_l3_bytes = 50;
  facts.cold_input_bytes = 10;
  facts.cold_code = 0.5;
  EXPECT_EQ(case_context(facts), "w21 i2 c1");
}

}  // namespace
}  // namespace opgauge
