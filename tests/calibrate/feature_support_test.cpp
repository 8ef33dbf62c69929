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
  limit_features(row, facts, {.memory_s_per_byte = 1e-10, .flop_s = 1e-11}, problem);
  return problem;
}

// What a unit of `feature` costs at least in a class of which three cases like `facts` were measured.
double least_price_s(const MachinePrices& machine, std::string_view name, const CaseFacts& facts, std::string_view feature) {
  const CostClass& row = cost_classes()[static_cast<size_t>(find_cost_class(name))];
  FitProblem problem;
  problem.features = Eigen::MatrixXd::Ones(3, static_cast<Eigen::Index>(row.features.size()));
  problem.seconds = Eigen::VectorXd::Constant(3, 1e-4);
  const CaseFacts* cases[] = {&facts, &facts, &facts};
  limit_features(row, cases, machine, problem);
  return problem.least[column_of(row, feature)];
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

// Three calls of relu whose rows were apart gave each of a thousand loops of a prelu two microseconds.
TEST(FeatureSupport, AFewCallsTellNothingOfLoops) {
  const CostClass& row = cost_classes()[static_cast<size_t>(find_cost_class("relu"))];
  std::vector<CaseFacts> cases(500);
  for (CaseFacts& one : cases) one.inner_loops = 1, one.output_elements = 1000;
  const Eigen::Index loops = column_of(row, "inner_loops");
  for (size_t i = 0; i < 3; ++i) cases[i].inner_loops = 8;
  EXPECT_EQ(limited(row, cases).features.col(loops).maxCoeff(), 0);
  for (size_t i = 0; i < 5; ++i) cases[i].inner_loops = 8;
  const FitProblem problem = limited(row, cases);
  EXPECT_EQ(problem.features.col(loops).maxCoeff(), 7);
  EXPECT_EQ(problem.most[loops], 3e-7);
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

// Strided 3x3 convolutions, all of them short, were once given 190 GFLOP/s on a core of 118.
TEST(FeatureSupport, NoFlopIsCheaperThanTheQuickestOfItsLibrary) {
  MachinePrices machine;
  CaseFacts product, convolution;
  product.family = OpFamily::matmul, convolution.family = OpFamily::convolution;
  convolution.onednn = true;
  product.flops = convolution.flops = 1e9;
  machine.note(product, 10e-3), machine.note(product, 12e-3), machine.note(convolution, 8e-3);
  product.flops = 1e5;
  machine.note(product, 1e-9);  // too short a call to say anything
  EXPECT_DOUBLE_EQ(machine.blas_flop_s, 1e-11);
  EXPECT_DOUBLE_EQ(machine.flop_s, 8e-12);

  const auto least_of = [&](std::string_view name, const CaseFacts& facts, std::string_view feature = "flops") {
    return least_price_s(machine, name, facts, feature);
  };
  EXPECT_DOUBLE_EQ(least_of("linear", product, "blas_flops"), 0.97e-11);
  EXPECT_DOUBLE_EQ(least_of("conv.3x3", convolution, "blocked_flops"), 0.97 * 8e-12);
  EXPECT_DOUBLE_EQ(least_of("conv.large", convolution), 0.97 * 8e-12);
  convolution.onednn = false;
  EXPECT_DOUBLE_EQ(least_of("conv.native_1x1", convolution, "blas_flops"), 0.97e-11);
  EXPECT_EQ(least_of("linear_few_rows", product), 0) << "the BLAS computes tiles and strips of them: these have their price";
  CaseFacts sum;
  sum.family = OpFamily::reduction;
  EXPECT_EQ(least_of("reduction", sum), 0);
}

// Every convolution of oneDNN takes tens of microseconds, reorders and all; some were once given three.
TEST(FeatureSupport, NoCallOfOneDnnIsCheaperThanTheShortestSeen) {
  MachinePrices machine;
  CaseFacts plain, last, product;
  plain.family = last.family = OpFamily::convolution, product.family = OpFamily::matmul;
  plain.onednn = last.onednn = last.channels_last = true;
  machine.note(plain, 40e-6), machine.note(plain, 60e-6), machine.note(last, 25e-6), machine.note(product, 1e-6);
  EXPECT_DOUBLE_EQ(least_price_s(machine, "conv.1x1", plain, "call"), 36e-6);
  EXPECT_DOUBLE_EQ(least_price_s(machine, "conv.1x1.channels_last", last, "call"), 22.5e-6);
  EXPECT_EQ(least_price_s(machine, "linear", product, "call"), 0);
}

// Grouped products of small images were once given 0.2 ns a FLOP for rows that start unaligned.
TEST(FeatureSupport, UnalignedRowsCostFourTimesTheQuickestFlopAtMost) {
  const CostClass& row = cost_classes()[static_cast<size_t>(find_cost_class("conv.native_grouped"))];
  std::vector<CaseFacts> cases(10);
  for (CaseFacts& one : cases) one.family = OpFamily::convolution, one.flops = 1e5, one.out_h = 7, one.out_w = 7;
  EXPECT_DOUBLE_EQ(limited(row, cases).most[column_of(row, "odd_pixel_flops")], 4e-11);
}

}  // namespace
}  // namespace opgauge
