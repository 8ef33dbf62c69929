// SPDX-License-Identifier: Apache-2.0
#include "measure/protocol_statistics.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace opgauge {
namespace {

using testing::HasSubstr;

Visit visit_of(std::vector<double> node_s, double run_s, double elapsed_s = 0.01) {
  Visit visit;
  visit.pairs = 3;
  visit.node_s = std::move(node_s);
  visit.run_s = run_s;
  visit.least_run_s = run_s;
  visit.elapsed_s = elapsed_s;
  return visit;
}

// Visits to a row of `nodes` nodes of 10 us each, disturbed one-sidedly, as machines are.
std::vector<Visit> random_visits(uint64_t seed, int count, double disturbance, size_t nodes = 8) {
  std::mt19937_64 random(seed);
  std::exponential_distribution<double> slow(1 / disturbance);
  std::vector<Visit> visits;
  for (int i = 0; i < count; ++i) {
    std::vector<double> node_s;
    double run_s = 0;
    for (size_t n = 0; n < nodes; ++n) {
      node_s.push_back(10e-6 * (1 + slow(random)));
      run_s += node_s.back();
    }
    visits.push_back(visit_of(node_s, run_s));
    visits.back().round = i;
  }
  return visits;
}

TEST(ProtocolStatistics, QuietSumsTheLeastTimeOfEachNode) {
  const std::vector<Visit> visits = {visit_of({3, 10}, 14), visit_of({4, 8}, 13),
                                     visit_of({5, 9}, 15)};
  const auto summary = summarize(visits);
  ASSERT_TRUE(summary);
  EXPECT_EQ(summary->quiet.value, 11);
  EXPECT_EQ(summary->quiet_node_s, (std::vector<double>{3, 8}));
  EXPECT_EQ(summary->typical.value, 14);
  EXPECT_DOUBLE_EQ(summary->contention, 14.0 / 11.0);
  EXPECT_EQ(summary->samples, 18);
  EXPECT_LT(summary->quiet.low, 11);
  EXPECT_GT(summary->quiet.high, 11);
}

TEST(ProtocolStatistics, OneLuckyVisitDoesNotSettleARow) {
  std::vector<Visit> visits(15, visit_of({1e-3, 2e-3}, 3e-3));
  visits[4] = visit_of({0.8e-3, 1.6e-3}, 2.4e-3);
  EXPECT_NEAR(summarize(visits)->unsettled_by, std::max(0.25, summarize(visits)->quiet.half_width()),
              1e-9);
  EXPECT_FALSE(decide(visits, {}));
  visits[8] = visits[12] = visits[4];
  EXPECT_LT(summarize(visits)->unsettled_by, 1e-9);
  EXPECT_EQ(decide(visits, {})->stop, Stop::half_width);
  // Each node for itself: the third-least times need not come from one visit.
  const std::vector<Visit> apart = {visit_of({1, 9}, 10), visit_of({1, 9}, 10), visit_of({1, 9}, 10),
                                    visit_of({9, 1}, 10), visit_of({9, 1}, 10), visit_of({9, 1}, 10)};
  std::vector<const Visit*> all;
  for (const Visit& visit : apart) all.push_back(&visit);
  EXPECT_EQ(unsettled_by(all), quiet_interval(all).half_width());
}

TEST(ProtocolStatistics, VisitsWithoutASampleAreLeftOut) {
  Visit empty;
  EXPECT_FALSE(summarize(std::vector<Visit>{empty}));
  const auto summary = summarize(std::vector<Visit>{empty, visit_of({3, 10}, 14)});
  ASSERT_TRUE(summary);
  EXPECT_EQ(summary->rounds, 1);
  EXPECT_GE(summary->quiet.half_width(), 1.0) << "one visit says nothing of its repeatability";
}

// The interval of one run contains the value of another in about 95 % of cases (both runs have
// their share of noise).
TEST(ProtocolStatistics, TheQuietIntervalIsHonest) {
  int inside = 0;
  const int trials = 400;
  for (int i = 0; i < trials; ++i) {
    const auto a = summarize(random_visits(static_cast<uint64_t>(2 * i), 24, 0.1));
    const auto b = summarize(random_visits(static_cast<uint64_t>(2 * i + 1), 24, 0.1));
    inside += a->quiet.low <= b->quiet.value && b->quiet.value <= a->quiet.high;
  }
  EXPECT_GE(inside, trials * 85 / 100);
  EXPECT_LE(inside, trials * 995 / 1000);
}

TEST(ProtocolStatistics, TheMedianIntervalCoversTheMedian) {
  std::mt19937_64 random(7);
  std::lognormal_distribution<double> times(0, 0.3);
  for (const size_t n : {6u, 12u, 25u, 40u}) {
    int inside = 0;
    const int trials = 1000;
    for (int i = 0; i < trials; ++i) {
      std::vector<double> values(n);
      for (double& v : values) v = times(random);
      const Interval found = median_interval(values);
      inside += found.low <= 1 && 1 <= found.high;
    }
    EXPECT_GE(inside, trials * 94 / 100) << n;
  }
}

TEST(ProtocolStatistics, FewValuesGiveAWideMedianInterval) {
  const Interval found = median_interval(std::vector<double>{10, 10.1, 9.9});
  EXPECT_EQ(found.value, 10);
  EXPECT_GE(found.half_width(), 0.5);
}

TEST(ProtocolStatistics, ClosesWhenNarrowEnough) {
  ProtocolSettings settings;
  const std::vector<Visit> visits = random_visits(3, 12, 0.001);
  EXPECT_FALSE(decide(std::span(visits).first(11), settings)) << "too few rounds to trust";
  const auto outcome = decide(visits, settings);
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->verdict, Verdict::valid);
  EXPECT_EQ(outcome->stop, Stop::half_width);
  EXPECT_THAT(outcome->reason, HasSubstr("after 12 rounds, target 2.5 %"));
}

// A neighbour that is busy for ten seconds makes twelve visits agree: 64 channels by 3x3 took 0.91 ms in one process, 0.52 in the next.
TEST(ProtocolStatistics, AgreementWithinASlowSpellSettlesNothing) {
  ProtocolSettings settings;
  settings.least_span_s = 30;
  std::vector<Visit> visits = random_visits(3, 40, 0.001);
  for (size_t i = 0; i < visits.size(); ++i) visits[i].at_s = 0.5 * static_cast<double>(i);
  EXPECT_FALSE(decide(visits, settings)) << "20 s";
  visits.back().at_s = 31;
  EXPECT_EQ(decide(visits, settings)->stop, Stop::half_width);
  // Another process goes on: its clock begins anew.
  for (size_t i = 20; i < visits.size(); ++i) visits[i].at_s = 0.5 * static_cast<double>(i - 20);
  EXPECT_FALSE(decide(visits, settings)) << "9.5 s, then 9.5 s";
  visits.back().at_s = 31;
  EXPECT_TRUE(decide(visits, settings));
  for (size_t i = 0; i < visits.size(); ++i) visits[i].at_s = 0;
  settings.max_rounds = 40;
  EXPECT_EQ(decide(visits, settings)->stop, Stop::rounds) << "a limit is a limit";
}

// Rounds after which a row with these visits is closed.
std::pair<size_t, Outcome> closed_after(const std::vector<Visit>& visits,
                                        const ProtocolSettings& settings) {
  for (size_t n = 1; n <= visits.size(); ++n) {
    if (const auto outcome = decide(std::span(visits).first(n), settings)) return {n, *outcome};
  }
  return {0, {}};
}

TEST(ProtocolStatistics, CallsARowNoisyThatDoesNotSettle) {
  ProtocolSettings settings;
  settings.max_rounds = 30;
  std::vector<Visit> visits = random_visits(5, 60, 0.02);
  double falling = 2;  // the machine gets faster and faster: no minimum repeats
  for (Visit& visit : visits) {
    for (double& t : visit.node_s) t *= falling;
    falling *= 0.94;
  }
  const auto [rounds, outcome] = closed_after(visits, settings);
  EXPECT_EQ(outcome.verdict, Verdict::noisy);
  EXPECT_TRUE(outcome.stop == Stop::plateau || outcome.stop == Stop::rounds);
  EXPECT_GE(rounds, 24u);
}

TEST(ProtocolStatistics, ARowHasABudgetOfItsOwn) {
  ProtocolSettings settings;
  settings.row_budget_s = 0.05;
  const auto [rounds, outcome] = closed_after(random_visits(6, 40, 0.5), settings);
  EXPECT_EQ(rounds, 5u);
  EXPECT_EQ(outcome.verdict, Verdict::budget);
  EXPECT_EQ(outcome.stop, Stop::row_budget);
}

TEST(ProtocolStatistics, ARowWithoutUsableTimesFails) {
  const std::vector<Visit> visits(3);
  EXPECT_FALSE(decide(std::span(visits).first(2), {}));
  const auto outcome = decide(visits, {});
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->verdict, Verdict::failed);
}

TEST(ProtocolStatistics, ClosedAtTheTimeBudgetSaysSo) {
  const ProtocolSettings settings;
  EXPECT_EQ(close_at(Stop::budget, {}, settings).reason,
            "the time budget ended before its first visit");
  EXPECT_EQ(close_at(Stop::budget, random_visits(1, 4, 0.3), settings).verdict, Verdict::budget);
  EXPECT_EQ(close_at(Stop::budget, random_visits(1, 8, 0.001), settings).verdict, Verdict::valid);
}

}  // namespace
}  // namespace opgauge
