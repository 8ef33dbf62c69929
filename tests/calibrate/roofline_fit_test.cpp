// SPDX-License-Identifier: Apache-2.0
#include "calibrate/roofline_fit.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

#include "base/error.hpp"
#include "estimate/graphs.hpp"
#include "graph/liveness.hpp"

namespace opgauge {
namespace {

using testing::HasSubstr;

const Coefficient& coefficient(const RooflineFit& fit, std::string_view name,
                               std::string_view level = "") {
  for (const Coefficient& one : fit.coefficients) {
    if (one.name == name && one.level == level) return one;
  }
  throw std::runtime_error("no such coefficient");
}

FitCase make_case(const Rates& rates, int64_t batch, const std::vector<int64_t>& widths) {
  const Graph g = make_mlp(batch, widths);
  FitCase one;
  for (const int64_t width : widths) one.group += std::to_string(width) + "-";
  one.loads = map_regions(g, partition(g, PartitionMode::eager), rates,
                          static_cast<double>(plan_memory(g).peak_live_bytes()));
  return one;
}

// A grid of architectures and batches, timed by the model itself with `truth`, noise, and gross
// outliers.
std::vector<FitCase> synthetic(const Rates& rates, const RooflineTerms<double>& truth, double noise,
                               double outliers, unsigned seed = 1) {
  std::mt19937 random(seed);
  std::normal_distribution<double> normal;
  std::uniform_real_distribution<double> uniform;
  std::vector<FitCase> cases;
  for (const int64_t input : {16, 64, 256, 1024, 3000}) {
    for (const std::vector<int64_t>& hidden :
         {std::vector<int64_t>{32}, {128}, {512, 512}, {1024, 1024, 1024}, {2048, 2048}}) {
      std::vector<int64_t> widths{input};
      widths.insert(widths.end(), hidden.begin(), hidden.end());
      widths.push_back(10);
      for (const int64_t batch : {1, 4, 16, 64, 256}) {
        FitCase one = make_case(rates, batch, widths);
        one.measured_s = predicted_s(one, truth) * std::exp(noise * normal(random));
        if (uniform(random) < outliers) one.measured_s *= 3;
        cases.push_back(std::move(one));
      }
    }
  }
  return cases;
}

RooflineTerms<double> some_truth() {
  RooflineTerms<double> truth;
  truth.efficiency_factor = 0.52;
  truth.launch_s = 3.1e-6;
  truth.tail_rows = 5;
  truth.memory_bottleneck_factor = {0.35, 0.45, 0.9, 0.75, 0.6, 0.6};
  return truth;
}

TEST(RooflineFit, RecoversKnownCoefficientsFromNoiseAndOutliers) {
  const Rates rates(example_machine(), 1);
  const RooflineTerms<double> truth = some_truth();
  const RooflineFit fit = fit_roofline(Precision::fp32, rates, synthetic(rates, truth, 0.02, 0.05),
                                       RooflineCoefficients{});
  EXPECT_NEAR(coefficient(fit, "efficiency_factor").value, truth.efficiency_factor, 0.02);
  EXPECT_NEAR(coefficient(fit, "launch_s").value, truth.launch_s, 0.15e-6);
  EXPECT_NEAR(coefficient(fit, "tail_rows").value, truth.tail_rows, 1);
  for (size_t i = 1; i < rates.levels.size(); ++i) {
    const Coefficient& one = coefficient(fit, "memory_bottleneck_factor", rates.levels[i].name);
    EXPECT_TRUE(one.identified) << one.level << ": " << one.note;
    EXPECT_NEAR(one.value / truth.memory_bottleneck_factor[i], 1, 0.25) << one.level;
    ASSERT_TRUE(one.standard_error);
    EXPECT_LT(std::abs(one.value - truth.memory_bottleneck_factor[i]), 5 * *one.standard_error);
  }
  const RooflineFit clean = fit_roofline(Precision::fp32, rates, synthetic(rates, truth, 0.02, 0),
                                         RooflineCoefficients{});
  EXPECT_LT(*clean.held_out_mape, 0.03);
  EXPECT_GT(*clean.assumed_mape, 2 * *clean.held_out_mape);
  EXPECT_EQ(clean.configurations, 125);
  EXPECT_EQ(clean.groups, 25);
}

TEST(RooflineFit, TheIntervalCoversNineInTen) {
  const Rates rates(example_machine(), 1);
  const RooflineTerms<double> truth = some_truth();
  const RooflineFit fit = fit_roofline(Precision::fp32, rates, synthetic(rates, truth, 0.05, 0),
                                       RooflineCoefficients{});
  ASSERT_TRUE(fit.interval_ratio);
  RooflineTerms<double> by;
  by.efficiency_factor = coefficient(fit, "efficiency_factor").value;
  by.launch_s = coefficient(fit, "launch_s").value;
  by.tail_rows = coefficient(fit, "tail_rows").value;
  for (size_t i = 0; i < rates.levels.size(); ++i) {
    by.memory_bottleneck_factor[i] =
        coefficient(fit, "memory_bottleneck_factor", rates.levels[i].name).value;
  }
  int inside = 0, all = 0;
  for (const FitCase& one : synthetic(rates, truth, 0.05, 0, 99)) {
    inside +=
        std::abs(std::log(predicted_s(one, by) / one.measured_s)) <= std::log(*fit.interval_ratio);
    ++all;
  }
  EXPECT_GT(inside, 0.8 * all);
}

TEST(RooflineFit, ACoefficientThatNothingDependsOnKeepsItsValueAndSaysSo) {
  const Rates rates(example_machine(), 1);
  const RooflineFit fit = fit_roofline(
      Precision::fp32, rates, synthetic(rates, some_truth(), 0.02, 0), RooflineCoefficients{});
  const Coefficient& view = coefficient(fit, "view_s");  // an MLP makes no views
  EXPECT_FALSE(view.identified);
  EXPECT_EQ(view.note, "no configuration depends on it");
  EXPECT_EQ(view.source, Source::assumed);
  EXPECT_FALSE(view.standard_error);
  EXPECT_DOUBLE_EQ(view.value, RooflineCoefficients{}.view_s);
}

TEST(RooflineFit, FewConfigurationsStayNearWhatWasAssumed) {
  const Rates rates(example_machine(), 1);
  std::vector<FitCase> cases = synthetic(rates, some_truth(), 0.1, 0);
  for (size_t n = 1; n <= 5; ++n) {
    const RooflineFit fit =
        fit_roofline(Precision::fp32, rates, std::span(cases).first(n), RooflineCoefficients{});
    for (const Coefficient& one : fit.coefficients) {
      if (one.name == "efficiency_factor" || one.name == "memory_bottleneck_factor") {
        EXPECT_GT(one.value, 0.1) << one.name << one.level;
        EXPECT_LT(one.value, 4) << one.name << one.level;
      }
    }
    EXPECT_FALSE(fit.interval_ratio);
  }
}

TEST(RooflineFit, IsTheSameForTheSameData) {
  const Rates rates(example_machine(), 1);
  const std::vector<FitCase> cases = synthetic(rates, some_truth(), 0.05, 0.05);
  EXPECT_EQ(encode(fit_roofline(Precision::fp32, rates, cases, RooflineCoefficients{})),
            encode(fit_roofline(Precision::fp32, rates, cases, RooflineCoefficients{})));
}

TEST(RooflineFit, RefusesTimesThatAreNone) {
  const Rates rates(example_machine(), 1);
  FitCase one = make_case(rates, 4, {16, 16});
  for (const double time : {0.0, -1.0, std::numeric_limits<double>::quiet_NaN()}) {
    one.measured_s = time;
    EXPECT_THROW(fit_roofline(Precision::fp32, rates, std::span(&one, 1), RooflineCoefficients{}),
                 Error);
  }
  EXPECT_THROW(fit_roofline(Precision::fp32, rates, {}, RooflineCoefficients{}), Error);
}

}  // namespace
}  // namespace opgauge
