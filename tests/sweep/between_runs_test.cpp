// SPDX-License-Identifier: Apache-2.0
#include "sweep/between_runs.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace opgauge {
namespace {

using testing::HasSubstr;

// Runs of the same rows on a machine with these standard deviations of logarithms.
class FakeMachine {
 public:
  FakeMachine(double run_sd, double row_sd, double within_sd)
      : run_(0, run_sd), row_(0, row_sd), within_(0, within_sd), within_sd_(within_sd) {}
  std::vector<std::optional<RunReading>> run(size_t rows) {
    const double shared = run_(random_);
    std::vector<std::optional<RunReading>> values;
    for (size_t r = 0; r < rows; ++r) {
      const double log_s = std::log(1e-3 * static_cast<double>(r + 1)) + shared + row_(random_) +
                           within_(random_);
      values.push_back(RunReading{std::exp(log_s), 2.365 * within_sd_});
    }
    return values;
  }

 private:
  std::mt19937_64 random_{7};
  std::normal_distribution<double> run_, row_, within_;
  double within_sd_;
};

constexpr double target = 0.025;

// Share of later runs' values that lie in the stated interval of the first, over many days.
double coverage(FakeMachine machine, int processes, size_t rows, int days = 1000) {
  int inside = 0, all = 0;
  for (int day = 0; day < days; ++day) {
    RunTable table;
    for (int p = 0; p < processes; ++p) table.push_back(machine.run(rows));
    const BetweenRuns between = between_runs(table, target);
    const auto later = machine.run(rows);
    for (size_t r = 0; r < rows; ++r, ++all) {
      const double half = *between.half_width(table[0][r]->within);
      inside += std::abs(later[r]->quiet_s / table[0][r]->quiet_s - 1) <= half;
    }
  }
  return static_cast<double>(inside) / all;
}

TEST(BetweenRuns, TheIntervalHoldsAnotherRun) {
  EXPECT_NEAR(coverage(FakeMachine(0.002, 0.02, 0.004), 3, 40), 0.95, 0.02);
  EXPECT_NEAR(coverage(FakeMachine(0.0, 0.0, 0.02), 3, 40), 0.95, 0.02);
  EXPECT_NEAR(coverage(FakeMachine(0.0, 0.02, 0.004), 3, 5), 0.95, 0.03);  // by Student's t
  // What a whole run has in common is seen in as many differences as there are processes: two tell
  // it badly, and the document says so.
  EXPECT_GT(coverage(FakeMachine(0.02, 0.01, 0.004), 3, 40), 0.80);
  EXPECT_GT(coverage(FakeMachine(0.02, 0.01, 0.004), 9, 40), 0.92);
}

TEST(BetweenRuns, RowsThatDoNotSettleHaveAWiderScaleOfTheirOwn) {
  FakeMachine quiet(0, 0.004, 0.002), loud(0, 0.1, 0.03);
  RunTable table;
  for (int p = 0; p < 3; ++p) {
    table.push_back(quiet.run(30));
    for (const auto& reading : loud.run(30)) table.back().push_back(reading);
  }
  const BetweenRuns found = between_runs(table, target);
  EXPECT_LT(*found.half_width(2.365 * 0.002), 0.02);
  EXPECT_GT(*found.half_width(2.365 * 0.03), 0.2);
}

TEST(BetweenRuns, TellsWhatIsSharedFromWhatIsNot) {
  FakeMachine shared(0.03, 0.002, 0.0005);
  RunTable table;
  for (int p = 0; p < 40; ++p) table.push_back(shared.run(20));
  BetweenRuns found = between_runs(table, target);
  EXPECT_NEAR(found.run_sd, 0.03, 0.01);
  EXPECT_NEAR(found.rest_sd, 0.002, 0.0005);
  EXPECT_EQ(found.processes, 40);
  EXPECT_EQ(found.rows, 20);
  FakeMachine own(0.0, 0.02, 0.0005);
  table.clear();
  for (int p = 0; p < 40; ++p) table.push_back(own.run(20));
  found = between_runs(table, target);
  EXPECT_LT(found.run_sd, 0.003);
  EXPECT_NEAR(found.rest_sd, 0.02, 0.002);
  EXPECT_NEAR(*found.half_width(2.365 * 0.0005), 1.96 * std::sqrt(2.0) * 0.02, 0.005);
}

TEST(BetweenRuns, RowsThatAProcessLacksAreLeftOut) {
  FakeMachine machine(0.01, 0.01, 0.001);
  RunTable table{machine.run(5), machine.run(5)};
  table[1][2].reset();
  EXPECT_EQ(between_runs(table, target).rows, 4);
  for (auto& reading : table[1]) reading.reset();
  EXPECT_FALSE(between_runs(table, target).half_width(0.01));
  EXPECT_FALSE(between_runs({table[0]}, target).half_width(0.01));
  EXPECT_FALSE(between_runs({}, target).half_width(0.01));
  EXPECT_THAT(between_runs({}, target).source, HasSubstr("no row was measured by two"));
}

TEST(BetweenRuns, OneRowAndTwoProcessesSayLittleWithAWideInterval) {
  const RunTable table{{RunReading{1.00e-3, 0.001}}, {RunReading{1.01e-3, 0.001}}};
  EXPECT_GT(*between_runs(table, target).half_width(0.001), 0.1);  // one degree of freedom
}

TEST(BetweenRuns, TheIntervalIsNeverNarrowerThanTheRoundsSay) {
  const RunTable table{{RunReading{1e-3, 0.001}}, {RunReading{1e-3, 0.001}}};
  EXPECT_DOUBLE_EQ(*between_runs(table, target).half_width(0.02), 0.02);
}

RowState row_with(const std::vector<double>& visits_s) {
  RowState row;
  for (const double time_s : visits_s) {
    Visit& visit = row.visits.emplace_back();
    visit.pairs = 1;
    visit.node_s = {time_s};
    visit.run_s = time_s;
  }
  return row;
}

TEST(BetweenRuns, HalvesOfARunHoldItsDriftAndSaySo) {
  std::vector<RowState> drifting, steady;
  for (int r = 1; r <= 30; ++r) {
    std::vector<double> rising, flat;
    for (int v = 0; v < 12; ++v) {
      rising.push_back(1e-3 * r * (1 + 0.03 * (v / 6)));
      flat.push_back(1e-3 * r);
    }
    drifting.push_back(row_with(rising));
    steady.push_back(row_with(flat));
  }
  const BetweenRuns found = between_halves(drifting, target, "no process");
  EXPECT_NEAR(found.run_sd, 0.03 / std::sqrt(2.0), 0.001);
  EXPECT_EQ(found.processes, 1);
  EXPECT_THAT(found.source, HasSubstr("no process: only the difference between the halves"));
  EXPECT_THAT(found.source, HasSubstr("none between processes"));
  EXPECT_NEAR(*found.half_width(0), 0.03, 0.001);
  EXPECT_NEAR(*between_halves(steady, target, "no process").half_width(0), 0, 1e-9);
  const std::vector<RowState> few{row_with({1e-3, 1e-3}), row_with({1e-3, 1e-3})};
  EXPECT_FALSE(between_halves(few, target, "no process").half_width(0));
  EXPECT_THAT(between_halves(few, target, "no process").source, HasSubstr("too few rounds"));
}

}  // namespace
}  // namespace opgauge
