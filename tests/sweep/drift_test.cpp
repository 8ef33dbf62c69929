// SPDX-License-Identifier: Apache-2.0
#include "sweep/drift.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace opgauge {
namespace {

using testing::HasSubstr;

// Visits on a machine that is slower by these factors; the row follows with the given exponent.
RowState row_of(double time_s, double exponent, const std::vector<double>& slowness) {
  RowState row;
  for (const double slow : slowness) {
    Visit& visit = row.visits.emplace_back();
    visit.pairs = 1;
    visit.node_s = {time_s * std::pow(slow, exponent)};
    visit.run_s = visit.node_s[0];
    visit.probe = MachineSpeed{30e-6 * slow, 30e-6 * slow, 30e-6 * slow};
  }
  return row;
}

TEST(Drift, TheExponentIsHowRowsFollowTheProbes) {
  const std::vector<RowState> rows{row_of(1e-3, 0.6, {1, 1.02, 1.05, 1.1, 1.01}),
                                   row_of(5e-3, 0.6, {1.1, 1, 1.03, 1.07})};
  const auto drift = drift_of(rows, std::nullopt);
  ASSERT_TRUE(drift);
  EXPECT_NEAR(drift->exponent, 0.6, 1e-6);
  EXPECT_EQ(drift->visits, 9);
  EXPECT_THAT(drift->source(), HasSubstr("this run's own quiet readings, exponent 0.60 of 9"));
}

TEST(Drift, ARowThatOnlySawASlowMachineIsCorrected) {
  const std::vector<double> calm(20, 1), slow(20, 1.1), mixed{1, 1.1, 1, 1.1, 1, 1.1};
  std::vector<RowState> rows;
  for (int i = 0; i < 8; ++i) rows.push_back(row_of(1e-3, 1, mixed));
  rows.push_back(row_of(1e-3, 1, calm));
  rows.push_back(row_of(1e-3, 1, slow));
  const auto drift = drift_of(rows, std::nullopt);
  EXPECT_NEAR(drift->exponent, 1, 1e-6);
  EXPECT_NEAR(*drift_factor(*drift, rows[8]), 1, 1e-6);
  EXPECT_NEAR(*drift_factor(*drift, rows[9]), 1.1, 1e-6);
}

TEST(Drift, AReferenceShowsThatTheWholeRunWasSlow) {
  const std::vector<RowState> rows{row_of(1e-3, 1, {1.2, 1.25, 1.3, 1.2, 1.2})};
  const auto drift = drift_of(rows, ProbeReference{30e-6, 30e-6, "the calibration of today"});
  EXPECT_NEAR(drift->run_slowness, 1.2, 1e-6);
  EXPECT_NEAR(*drift_factor(*drift, rows[0]), 1.2, 1e-6);
  EXPECT_THAT(drift->source(), HasSubstr("the calibration of today"));
}

TEST(Drift, BurstsAreNotDriftAndTheExponentStaysWithinReason) {
  EXPECT_EQ(drift_of(std::vector{row_of(1e-3, -2, {1, 1.02, 1.05, 1.1})}, std::nullopt)->exponent, 0);
  EXPECT_EQ(drift_of(std::vector{row_of(1e-3, 3, {1, 1.02, 1.05, 1.03})}, std::nullopt)->exponent, 1);
  EXPECT_EQ(drift_of(std::vector{row_of(1e-3, 1, {1, 2, 1, 2, 3})}, std::nullopt)->visits, 2);
}

TEST(Drift, WithoutReadingsThereIsNone) {
  RowState row = row_of(1e-3, 1, {1, 1, 1});
  for (Visit& visit : row.visits) visit.probe.reset();
  EXPECT_FALSE(drift_of(std::vector{row}, std::nullopt));
  const auto drift = drift_of(std::vector{row_of(1e-3, 1, {1, 1.1})}, std::nullopt);
  EXPECT_FALSE(drift_factor(*drift, row));
}

}  // namespace
}  // namespace opgauge
