// SPDX-License-Identifier: Apache-2.0
#include "machine/plateau.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace opgauge {
namespace {

using testing::HasSubstr;

// Level k holds from the last capacity to its own; between levels the curve falls over `smear`
// octaves. `noise` only slows down, as neighbours do.
struct Hierarchy {
  std::vector<double> capacities;
  std::vector<double> rates;
  double smear = 0.5, noise = 0;
};

std::vector<SweepPoint> sweep(const Hierarchy& h, double largest, unsigned seed = 1) {
  std::mt19937 random(seed);
  std::exponential_distribution<double> slower(1);
  std::vector<SweepPoint> curve;
  for (double size = 8192; size <= largest; size *= std::cbrt(2.0)) {
    double rate = std::log2(h.rates.back());
    for (size_t k = h.capacities.size(); k-- > 0;) {
      const double past =
          std::log2(size / h.capacities[k]) / h.smear;  // -0.5 .. 0.5 within the slope
      const double share = std::clamp(past + 0.5, 0.0, 1.0);
      rate = share * rate + (1 - share) * std::log2(h.rates[k]);
    }
    curve.push_back({size, std::exp2(rate) / (1 + h.noise * slower(random))});
  }
  return curve;
}

constexpr double KiB = 1024, MiB = 1024 * KiB;

TEST(Plateau, CapacitiesAreFoundWithinAQuarterOctave) {
  const Hierarchy truth{{48 * KiB, 1 * MiB, 32 * MiB}, {470, 190, 90, 38}};
  const auto steps = find_steps(sweep(truth, 256 * MiB), 3);
  ASSERT_EQ(steps.size(), 3u);
  for (size_t i = 0; i < 3; ++i) {
    EXPECT_NEAR(std::log2(steps[i].capacity_bytes / truth.capacities[i]), 0, 0.25) << i;
    EXPECT_NEAR(steps[i].inner_bytes_per_s / truth.rates[i], 1, 0.05) << i;
    EXPECT_NEAR(steps[i].outer_bytes_per_s / truth.rates[i + 1], 1, 0.05) << i;
  }
}

TEST(Plateau, SlopesAndNoiseMoveThemByLessThanAnOctave) {
  for (unsigned seed = 1; seed <= 20; ++seed) {
    const Hierarchy truth{{32 * KiB, 512 * KiB, 16 * MiB}, {300, 150, 70, 20}, 1.5, 0.05};
    const auto steps = find_steps(sweep(truth, 256 * MiB, seed), 3);
    ASSERT_EQ(steps.size(), 3u) << seed;
    for (size_t i = 0; i < 3; ++i) {
      EXPECT_LT(std::abs(std::log2(steps[i].capacity_bytes / truth.capacities[i])), 1)
          << seed << " " << i;
    }
  }
}

TEST(Plateau, AFlatCurveHasNoSteps) {
  const Hierarchy flat{{}, {100}, 0.5, 0.02};
  EXPECT_TRUE(find_steps(sweep(flat, 64 * MiB), 3).empty());
  EXPECT_TRUE(find_steps({}, 3).empty());
  EXPECT_TRUE(find_steps({{1024, 5}}, 3).empty());
}

TEST(Plateau, AgreementHasNoNote) {
  const Hierarchy truth{{48 * KiB, 1 * MiB, 32 * MiB}, {470, 190, 90, 38}};
  const auto verdicts = judge_capacities({48 * KiB, 1 * MiB, 32 * MiB},
                                         find_steps(sweep(truth, 256 * MiB), 3), 256 * MiB);
  for (const CapacityVerdict& verdict : verdicts) {
    EXPECT_FALSE(verdict.contradicted);
    EXPECT_EQ(verdict.note, "");
    EXPECT_TRUE(verdict.measured_capacity_bytes);
  }
}

TEST(Plateau, ADeclaredCacheOfAnotherSizeIsContradicted) {
  const Hierarchy truth{{48 * KiB, 1 * MiB, 20 * MiB}, {470, 190, 90, 38}};
  const auto verdicts = judge_capacities({48 * KiB, 1 * MiB, 480 * MiB},
                                         find_steps(sweep(truth, 512 * MiB), 3), 512 * MiB);
  EXPECT_FALSE(verdicts[1].contradicted);
  EXPECT_TRUE(verdicts[2].contradicted);
  EXPECT_NEAR(verdicts[2].measured_capacity_bytes.value() / (20 * MiB), 1, 0.3);
  EXPECT_THAT(verdicts[2].note, HasSubstr("declared 480 MiB, bandwidth falls at"));
}

TEST(Plateau, ADeclaredCacheThatIsNotThereIsContradicted) {
  const Hierarchy truth{{32 * KiB, 16 * MiB}, {300, 90, 20}};
  const auto verdicts = judge_capacities({32 * KiB, 512 * KiB, 16 * MiB},
                                         find_steps(sweep(truth, 256 * MiB), 2), 256 * MiB);
  EXPECT_FALSE(verdicts[0].contradicted);
  EXPECT_TRUE(verdicts[1].contradicted);
  EXPECT_EQ(verdicts[1].measured_capacity_bytes, std::nullopt);
  EXPECT_THAT(verdicts[1].note, HasSubstr("does not fall there"));
  EXPECT_FALSE(verdicts[2].contradicted);
}

TEST(Plateau, WhatTheSweepDidNotReachIsSaid) {
  const auto verdicts = judge_capacities({32 * KiB, 64 * MiB}, {{32 * KiB, 300, 100}}, 100 * MiB);
  EXPECT_FALSE(verdicts[1].contradicted);
  EXPECT_THAT(verdicts[1].note, HasSubstr("not tested: the sweep ended at 100 MiB"));
}

}  // namespace
}  // namespace opgauge
