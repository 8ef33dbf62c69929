// SPDX-License-Identifier: Apache-2.0
#include "calibrate/feature_support.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace opgauge {
namespace {

Eigen::Index column_of(const CostClass& row, std::string_view feature) {
  const auto at = std::ranges::find(row.features, cost_feature(feature));
  EXPECT_NE(at, row.features.end()) << feature;
  return at - row.features.begin();
}

FitProblem limited(const CostClass& row, const std::vector<CaseFacts>& cases) {
  FitProblem problem;
  problem.features.resize(static_cast<Eigen::Index>(cases.size()), static_cast<Eigen::Index>(row.features.size()));
  problem.seconds = Eigen::VectorXd::Constant(static_cast<Eigen::Index>(cases.size()), 1e-4);
  std::vector<const CaseFacts*> facts;
  for (size_t i = 0; i < cases.size(); ++i) {
    facts.push_back(&cases[i]);
    for (size_t j = 0; j < row.features.size(); ++j) {
      problem.features(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j)) = cost_features()[row.features[j]].value(cases[i]);
    }
  }
  limit_features(row, facts, 1e-10, problem);
  return problem;
}

// One mask of 25 elements was once given 90 ns an element, and masks of models have a hundred thousand.
TEST(FeatureSupport, AFeatureOfOneCaseTellsNothing) {
  const CostClass& row = cost_classes()[static_cast<size_t>(find_cost_class("attention"))];
  std::vector<CaseFacts> cases(10);
  for (CaseFacts& one : cases) one.products = 2, one.m = one.n = one.k = 32;
  const Eigen::Index masks = column_of(row, "mask_elements");
  cases[0].mask_elements = 25;
  EXPECT_EQ(limited(row, cases).features.col(masks).maxCoeff(), 0);
  cases[1].mask_elements = cases[2].mask_elements = 1024;
  EXPECT_EQ(limited(row, cases).features.col(masks).maxCoeff(), 1024);
}

TEST(FeatureSupport, ColdRowsAreLearntWhereTheyAreColdAndCostAMissAtMost) {
  const CostClass& row = cost_classes()[static_cast<size_t>(find_cost_class("gemv"))];
  std::vector<CaseFacts> cases(10);
  for (CaseFacts& one : cases) one.n = 100, one.cold_weight_rows = 10;
  const Eigen::Index rows = column_of(row, "cold_weight_rows");
  EXPECT_EQ(limited(row, cases).features.col(rows).maxCoeff(), 0) << "a tenth of them";
  for (CaseFacts& one : cases) one.cold_weight_rows = 60;
  const FitProblem problem = limited(row, cases);
  EXPECT_EQ(problem.features.col(rows).maxCoeff(), 60);
  EXPECT_DOUBLE_EQ(problem.most[rows], 250e-9) << "docs/model.md";
}

}  // namespace
}  // namespace opgauge
