// SPDX-License-Identifier: Apache-2.0
// Least values of few visits are carried on to forty as their halves say.
#include "calibrate/visit_bias.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "calibrate/validate.hpp"

namespace opgauge {
namespace {

// Calls whose least time over n visits falls like exp(0.5 n^-0.4), as measured ones do (docs/accuracy.md): the least of n
// Weibull numbers of shape k is n^(-1/k) times as large as one of them.
MeasuredModel model(double true_s, int calls, int visits, uint64_t seed) {
  std::mt19937_64 random(seed);
  std::uniform_real_distribution<double> uniform(1e-9, 1);
  MeasuredModel out;
  out.visits = visits;
  for (int n = 0; n < calls; ++n) {
    double halves[2] = {1e9, 1e9};
    for (int v = 0; v < visits; ++v) halves[v % 2] = std::min(halves[v % 2], true_s * std::exp(0.5 * std::pow(-std::log(uniform(random)), 0.4)));
    out.first_half_s.push_back(halves[0]);
    out.second_half_s.push_back(halves[1]);
    out.node_s.push_back(std::min(halves[0], halves[1]));
  }
  return out;
}

double mean_of(const std::vector<double>& values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return sum / static_cast<double>(values.size());
}

TEST(VisitBias, FewVisitsAreCarriedOnTowardsForty) {
  MeasuredSet few, many;
  few.models.push_back(model(1e-4, 2000, 8, 1));
  many.models.push_back(model(1e-4, 2000, 40, 2));
  const double raw = mean_of(few.models[0].node_s), wanted = mean_of(many.models[0].node_s);
  const double carried = mean_of(at_reference_visits(few).models[0].node_s);
  EXPECT_GT(raw / wanted, 1.08);
  EXPECT_NEAR(carried / wanted, 1, 0.01);
  // Forty stay what they are.
  EXPECT_NEAR(mean_of(at_reference_visits(many).models[0].node_s) / wanted, 1, 1e-9);
}

TEST(VisitBias, WithoutHalvesNothingIsCarriedOn) {
  MeasuredSet set;
  set.models.push_back(model(1e-4, 50, 8, 3));
  const std::vector<double> before = set.models[0].node_s;
  set.models[0].first_half_s.clear();
  set.models[0].second_half_s.clear();
  EXPECT_EQ(at_reference_visits(set).models[0].node_s, before);
}

TEST(VisitBias, AFewLongCallsAreTreatedAsTheNextShorterOnes) {
  MeasuredSet set;
  set.models.push_back(model(5e-4, 500, 8, 4));
  set.models.push_back(model(2e-2, 3, 8, 5));
  const MeasuredSet at = at_reference_visits(set);
  EXPECT_NEAR(at.models[1].node_s[0] / set.models[1].node_s[0], at.models[0].node_s[0] / set.models[0].node_s[0], 1e-9);
}

}  // namespace
}  // namespace opgauge
