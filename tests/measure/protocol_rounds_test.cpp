// SPDX-License-Identifier: Apache-2.0
#include "measure/protocol_rounds.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "graph/builder.hpp"
#include "measure/fake_device.hpp"
#include "measure/protocol_pool.hpp"
#include "measure/protocol_statistics.hpp"

namespace opgauge {
namespace {

using testing::HasSubstr;

Graph linear_graph(int64_t width) {
  GraphBuilder b("linear" + std::to_string(width));
  const ValueId x = b.input("x", {Dtype::f32, {4, width}});
  const ValueId w = b.parameter("w", {Dtype::f32, {width, width}});
  const ValueId h = b.call("aten::linear", {{"input", x}, {"weight", w}});
  return b.finish({b.call("aten::relu", {{"self", h}})});
}

struct Bench {
  FakeClock clock;
  FakeBehaviour behaviour;
  ProtocolSettings settings;
  RoundHooks hooks;
  std::vector<MeasuredRow> rows;
  std::vector<RowState> states;
  std::vector<size_t> visited;
  int64_t capacity_bytes = int64_t{1} << 30;

  explicit Bench(std::vector<int64_t> widths = {16, 32, 64}) {
    behaviour.noise = 0.01;
    for (const int64_t width : widths)
      rows.push_back({[width] { return RunnableModel{linear_graph(width), {}}; }});
    states.resize(rows.size());
    hooks.on_visit = [this](size_t row, const Visit&) { visited.push_back(row); };
  }
  End run() {
    FakeDevice device(clock, behaviour);
    return run(device);
  }
  End run(Device& device) {
    return measure_rows(device, rows, states, settings, {clock, {}, {}}, capacity_bytes, hooks);
  }
};

TEST(ProtocolRounds, FindsTheQuietTimeUnderContention) {
  Bench bench;
  bench.behaviour.node_s = [](const Graph&, const Node&) { return 50e-6; };
  bench.behaviour.contention = [](double now_s) { return std::fmod(now_s, 1.3) < 0.4 ? 1.0 : 1.6; };
  EXPECT_EQ(bench.run(), End::finished);
  for (const RowState& state : bench.states) {
    ASSERT_TRUE(state.outcome);
    EXPECT_EQ(state.outcome->verdict, Verdict::valid);
    const auto summary = summarize(state.visits);
    EXPECT_NEAR(summary->quiet.value, 100e-6, 5e-6);
    EXPECT_GT(summary->contention, 1.2);
    ASSERT_TRUE(state.facts);
    EXPECT_GT(state.facts->macs, 0);
    EXPECT_EQ(state.facts->calls, 2);
  }
}

TEST(ProtocolRounds, InterleavesRowsInRandomOrder) {
  Bench bench({8, 16, 24, 32, 40, 48});
  bench.run();
  std::set<std::vector<size_t>> orders;
  for (size_t round = 0; round < 12; ++round) {
    std::vector<size_t> order(bench.visited.begin() + static_cast<std::ptrdiff_t>(6 * round),
                              bench.visited.begin() + static_cast<std::ptrdiff_t>(6 * round + 6));
    orders.insert(order);
    std::sort(order.begin(), order.end());
    EXPECT_EQ(order, (std::vector<size_t>{0, 1, 2, 3, 4, 5})) << "a round visits every row once";
  }
  EXPECT_GE(orders.size(), 8u);
}

TEST(ProtocolRounds, VisitsLongRowsInEverySecondRoundOnly) {
  Bench bench({16, 32, 64, 128});
  bench.behaviour.node_s = [](const Graph& graph, const Node&) { return graph.name.ends_with("16") ? 1e-6 : 5e-3; };
  bench.settings.seldom_above_s = 0.004;
  bench.settings.min_rounds = bench.settings.max_rounds = 10;
  bench.settings.target_half_width = 1e-6;
  bench.run();
  for (size_t row = 1; row < bench.states.size(); ++row) {
    const std::vector<Visit>& visits = bench.states[row].visits;
    EXPECT_EQ(visits.size(), 10u) << "no visit is lost, they only come later";
    for (size_t i = 2; i < visits.size(); ++i) EXPECT_EQ(visits[i].round, visits[i - 1].round + 2);
  }
  EXPECT_EQ(bench.states[0].visits.back().round, 9) << "short rows are visited in every round";
}

// The last cache takes in what is read again by and by.
TEST(ProtocolRounds, RunsModelsOfTheSizeOfTheLastCacheAgainAndAgain) {
  Bench bench({64, 1536, 3200});  // 16 KB, 9 MB, 41 MB
  bench.behaviour.node_s = [](const Graph&, const Node&) { return 1e-3; };
  bench.run();
  EXPECT_LE(bench.states[0].visits.back().pairs, 2);
  EXPECT_EQ(bench.states[1].visits.back().pairs, 8);
  EXPECT_LE(bench.states[2].visits.back().pairs, 2);
}

TEST(ProtocolRounds, RoundsAreSpreadInTime) {
  Bench bench;
  bench.run();
  for (const RowState& state : bench.states) {
    EXPECT_GE(state.visits.back().at_s - state.visits.front().at_s,
              0.4 * static_cast<double>(state.visits.size() - 1));
  }
}

TEST(ProtocolRounds, WarmsUpUntilTwoWindowsAgree) {
  Bench bench({64});
  bench.behaviour.warm_up_runs = 20;
  bench.behaviour.warm_up_factor = 5;
  bench.behaviour.noise = 0;
  bench.behaviour.contention = [calls = 0](double) mutable {
    return ++calls < 40 ? 1 + 1.0 / calls : 1.0;
  };
  bench.run();
  const std::vector<Visit>& visits = bench.states[0].visits;
  EXPECT_TRUE(visits[0].steady);
  EXPECT_GE(visits[0].warm_up_runs, 10);
  EXPECT_LT(visits[1].warm_up_runs, visits[0].warm_up_runs + 60);
}

TEST(ProtocolRounds, SaysWhenWarmUpFindsNoSteadyState) {
  Bench bench({64});
  bench.behaviour.contention = [calls = 0](double) mutable {
    return std::pow(1.02, ++calls % 900);
  };
  bench.settings.max_rounds = 12;
  bench.run();
  EXPECT_FALSE(bench.states[0].visits[0].steady);
  EXPECT_EQ(bench.states[0].visits[0].warm_up_runs, bench.settings.max_warm_up_runs);
}

TEST(ProtocolRounds, ContinuesWhereAnInterruptionLeftOff) {
  Bench whole;
  whole.behaviour.noise = 0;
  whole.run();

  Bench parts;
  parts.behaviour.noise = 0;
  int sessions = 0;
  for (End end = End::interrupted; end == End::interrupted; ++sessions) {
    const size_t enough = parts.visited.size() + 5;
    parts.hooks.interrupted = [&, enough] { return parts.visited.size() >= enough; };
    end = parts.run();
    ASSERT_LT(sessions, 100);
  }
  EXPECT_GT(sessions, 5);
  EXPECT_EQ(parts.visited, whole.visited) << "the same visits in the same order, none twice";
}

TEST(ProtocolRounds, ABudgetClosesRowsAndMoreBudgetOpensThem) {
  Bench bench;
  bench.behaviour.noise = 0.3;
  bench.settings.target_half_width = 0.001;
  bench.settings.budget_s = 3;
  EXPECT_EQ(bench.run(), End::budget);
  for (const RowState& state : bench.states) EXPECT_EQ(state.outcome->verdict, Verdict::budget);
  const size_t before = bench.states[0].visits.size();
  bench.settings.budget_s.reset();
  EXPECT_EQ(bench.run(), End::finished);
  EXPECT_GT(bench.states[0].visits.size(), before);
  EXPECT_EQ(bench.states[0].outcome->verdict, Verdict::noisy);
}

TEST(ProtocolRounds, ARowThatCannotRunDoesNotStopTheOthers) {
  Bench bench;
  bench.behaviour.on_prepare = [](const Graph& graph) {
    if (graph.name == "linear32") throw Error("aten::linear", "not implemented for it");
  };
  EXPECT_EQ(bench.run(), End::finished);
  EXPECT_EQ(bench.states[1].outcome->verdict, Verdict::failed);
  EXPECT_EQ(bench.states[1].outcome->reason, "[aten::linear] not implemented for it");
  EXPECT_EQ(bench.states[2].outcome->verdict, Verdict::valid);
}

TEST(ProtocolRounds, ARowThatFailsLaterKeepsItsVisits) {
  Bench bench({16});
  bench.behaviour.on_run = [runs = 0](const Graph&) mutable {
    if (++runs > 200) throw Error("device", "lost");
  };
  bench.run();
  EXPECT_EQ(bench.states[0].outcome->verdict, Verdict::failed);
  EXPECT_GT(bench.states[0].visits.size(), 0u);
}

TEST(ProtocolRounds, SkipsARowThatIsTooLargeWithItsBytes) {
  Bench bench({16, 4096});
  bench.capacity_bytes = 1 << 20;
  bench.run();
  EXPECT_EQ(bench.states[0].outcome->verdict, Verdict::valid);
  EXPECT_EQ(bench.states[1].outcome->verdict, Verdict::skipped);
  EXPECT_THAT(bench.states[1].outcome->reason, HasSubstr("needs 67"));
  EXPECT_THAT(bench.states[1].outcome->reason, HasSubstr("1048576 bytes (1 MiB) are available"));
}

TEST(ProtocolRounds, AClockThatGoesBackwardsSpoilsNothing) {
  Bench bench;
  bench.behaviour.on_run = [&, runs = 0](const Graph&) mutable {
    if (++runs % 97 == 0) bench.clock.advance_s(-1000);
  };
  EXPECT_EQ(bench.run(), End::finished);
  for (const RowState& state : bench.states) {
    EXPECT_EQ(state.outcome->verdict, Verdict::valid);
    for (const Visit& visit : state.visits) EXPECT_GE(visit.elapsed_s, 0);
  }
}

TEST(ProtocolRounds, TimesThatAreNotTimesAreCountedAndLeftOut) {
  Bench bench({16});
  bench.behaviour.node_s = [calls = 0](const Graph&, const Node&) mutable {
    return ++calls % 11 == 0 ? -5e-6 : 1e-6;
  };
  bench.run();
  int faults = 0;
  for (const Visit& visit : bench.states[0].visits) {
    faults += visit.clock_faults;
    for (const double t : visit.node_s) EXPECT_GT(t, 0);
  }
  EXPECT_GT(faults, 0);
}

TEST(ProtocolRounds, DisturbancesAreRecorded) {
  Bench bench({16});
  FakeDevice device(bench.clock, bench.behaviour);
  Snapshot now;
  measure_rows(device, bench.rows, bench.states, bench.settings,
               {bench.clock,
                [] {
                  return MachineSpeed{20e-6, 21e-6, 22e-6};
                },
                [&] {
                  now.steal_s = now.steal_s.value_or(0) + 0.01;
                  now.involuntary_switches += 3;
                  return now;
                }},
               bench.capacity_bytes, bench.hooks);
  const Visit& visit = bench.states[0].visits[3];
  EXPECT_EQ(visit.probe->compute_s, 20e-6);
  EXPECT_NEAR(*visit.disturbance.steal_s, 0.01, 1e-12);
  EXPECT_EQ(visit.disturbance.involuntary_switches, 3);
}

TEST(ProtocolPool, CountsSharedParametersOnceAndLetsGoOfTheOldest) {
  FakeClock clock;
  FakeDevice device(clock);
  const auto graph = [](int64_t batch, const char* name) {
    GraphBuilder b(name);
    const ValueId x = b.input("x", {Dtype::f32, {batch, 256}});
    const ValueId w = b.parameter("w", {Dtype::f32, {256, 256}});
    return b.finish({b.call("aten::linear", {{"input", x}, {"weight", w}})});
  };
  PreparedPool pool(device, 700'000);
  pool.prepare(0, graph(1, "a"), {});
  const int64_t one = pool.held_bytes();
  EXPECT_EQ(one, 256 * 256 * 4 + 256 * 4);
  pool.prepare(1, graph(2, "b"), {});
  EXPECT_EQ(pool.held_bytes(), one + 2 * 256 * 4);
  pool.prepare(2, linear_graph(300), {});
  EXPECT_EQ(pool.size(), 3u);
  EXPECT_NE(pool.find(0), nullptr);
  pool.prepare(3, linear_graph(301), {});
  EXPECT_EQ(pool.find(2), nullptr) << "used longest ago, with 1";
  EXPECT_LE(pool.held_bytes(), 700'000);
  pool.release(0);
  pool.release(1);
  pool.release(3);
  EXPECT_EQ(pool.held_bytes(), 0);
}

}  // namespace
}  // namespace opgauge
