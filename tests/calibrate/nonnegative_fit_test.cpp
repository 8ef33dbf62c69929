// SPDX-License-Identifier: Apache-2.0
#include "calibrate/nonnegative_fit.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cmath>

#include "calibrate/random.hpp"

namespace opgauge {
namespace {

// 2 us a call + 20 ps a FLOP + 0.1 ns a byte over three decades, with noise and gross outliers.
FitProblem synthetic(int cases, double noise, double outliers, uint64_t seed) {
  Random random(seed);
  FitProblem problem;
  problem.features.resize(cases, 3);
  problem.seconds.resize(cases);
  problem.weights = Eigen::VectorXd::Ones(cases);
  for (int i = 0; i < cases; ++i) {
    const double flops = random.log_uniform(1e4, 1e8), bytes = random.log_uniform(1e3, 1e7);
    problem.features.row(i) << 1, flops, bytes;
    const double error = noise * (random.uniform() + random.uniform() + random.uniform() - 1.5) * 2;
    problem.seconds[i] = (2e-6 + 2e-11 * flops + 1e-10 * bytes) * std::exp(error) * (random.chance(outliers) ? 8 : 1);
  }
  return problem;
}

TEST(NonnegativeFit, RecoversKnownParametersDespiteOutliers) {
  const FitResult fit = fit_nonnegative(synthetic(300, 0.03, 0.05, 3));
  ASSERT_TRUE(fit.converged);
  EXPECT_NEAR(fit.coefficients[0] / 2e-6, 1, 0.1);
  EXPECT_NEAR(fit.coefficients[1] / 2e-11, 1, 0.05);
  EXPECT_NEAR(fit.coefficients[2] / 1e-10, 1, 0.05);
  for (int j = 0; j < 3; ++j) EXPECT_LT(fit.standard_errors[j], 0.1 * fit.coefficients[j]);
}

TEST(NonnegativeFit, NeverGivesANegativeCoefficient) {
  FitProblem problem = synthetic(100, 0.03, 0, 4);
  // A fourth feature that falls while time rises.
  problem.features.conservativeResize(Eigen::NoChange, 4);
  for (int i = 0; i < 100; ++i) problem.features(i, 3) = 1e-3 / problem.seconds[i];
  const FitResult fit = fit_nonnegative(problem);
  for (int j = 0; j < 4; ++j) EXPECT_GE(fit.coefficients[j], 0);
}

TEST(NonnegativeFit, StaysWithinItsBounds) {
  FitProblem problem = synthetic(200, 0.03, 0, 8);
  problem.least = Eigen::Vector3d(0, 4e-11, 0);
  problem.most = Eigen::Vector3d(1e-6, 1, 1);
  const FitResult fit = fit_nonnegative(problem);
  EXPECT_GE(fit.coefficients[1], 4e-11 * (1 - 1e-9)) << "of 2e-11";
  EXPECT_LE(fit.coefficients[0], 1e-6 * (1 + 1e-9)) << "of 2e-6";
}

TEST(NonnegativeFit, FollowsItsPriorWhereThereAreNoCases) {
  FitProblem problem = synthetic(2, 0, 0, 5);
  problem.prior_features = synthetic(50, 0, 0, 6).features;
  problem.prior_seconds = problem.prior_features * Eigen::Vector3d(4e-6, 4e-11, 2e-10);
  problem.prior_weights = Eigen::VectorXd::Constant(problem.prior_features.rows(), 3.0 / static_cast<double>(problem.prior_features.rows()));
  const FitResult fit = fit_nonnegative(problem);
  const double predicted = fit.coefficients.dot(Eigen::Vector3d(1, 1e6, 1e5));
  EXPECT_GT(predicted, 0.9 * (2e-6 + 2e-5 + 1e-5));
  EXPECT_LT(predicted, 1.1 * 2 * (2e-6 + 2e-5 + 1e-5));
}

TEST(NonnegativeFit, IsTheSameEveryTime) {
  const FitResult a = fit_nonnegative(synthetic(200, 0.05, 0.05, 7)), b = fit_nonnegative(synthetic(200, 0.05, 0.05, 7));
  EXPECT_EQ(a.coefficients, b.coefficients);
}

}  // namespace
}  // namespace opgauge
