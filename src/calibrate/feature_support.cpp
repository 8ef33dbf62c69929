// SPDX-License-Identifier: Apache-2.0
#include "calibrate/feature_support.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string_view>

namespace opgauge {
namespace {

constexpr double least_context_share = 0.3;                         // of a call's bytes or rows
constexpr double most_row_s = 2.5e-7;                               // a page that must be looked up, and a line from memory
constexpr double most_memory_passes = 4, most_weight_passes = 1.5;  // weights are read once
constexpr double least_flop_share = 0.02, most_flop_ratio = 50;
constexpr Eigen::Index least_cases = 3;

// Features of where operands are, not of what is computed.
bool is_context(std::string_view feature) {
  return (feature.starts_with("beyond_") || feature.starts_with("cold_")) && (feature.ends_with("_bytes") || feature.ends_with("_rows"));
}

double all_of(std::string_view feature, const CaseFacts& facts) {
  return feature.ends_with("_rows")                          ? static_cast<double>(facts.n)
         : feature.find("weight") != std::string_view::npos  ? facts.weight_bytes
         : feature.find("input") != std::string_view::npos  ? facts.input_bytes
         : feature.find("output") != std::string_view::npos ? facts.output_bytes
                                                           : facts.input_bytes + facts.output_bytes;
}

double cheapest_flop_s(std::span<const CaseFacts* const> cases, const Eigen::VectorXd& seconds) {
  double least_s = std::numeric_limits<double>::infinity();
  for (size_t i = 0; i < cases.size(); ++i) {
    if (cases[i]->flops > 0) least_s = std::min(least_s, seconds[static_cast<Eigen::Index>(i)] / cases[i]->flops);
  }
  return least_s;
}

}  // namespace

void limit_features(const CostClass& row, std::span<const CaseFacts* const> cases, double memory_s_per_byte, FitProblem& problem) {
  const double flop_s = cheapest_flop_s(cases, problem.seconds);
  problem.most.resize(problem.features.cols());
  for (Eigen::Index j = 0; j < problem.features.cols(); ++j) {
    const CostFeature& feature = cost_features()[row.features[static_cast<size_t>(j)]];
    auto column = problem.features.col(j);
    const Eigen::Index having = (column.array() > 0).count();
    if (having < least_cases && having < column.size()) column.setZero();
    problem.most[j] = feature.most_s();
    if (is_context(feature.name)) {
      double most_share = 0;
      for (size_t i = 0; i < cases.size(); ++i) {
        const double all = all_of(feature.name, *cases[i]);
        if (all > 0) most_share = std::max(most_share, column[static_cast<Eigen::Index>(i)] / all);
      }
      if (most_share < least_context_share) column.setZero();
      problem.most[j] = feature.per == "row" ? most_row_s : (feature.name.starts_with("cold_weight") ? most_weight_passes : most_memory_passes) * memory_s_per_byte;
    } else if (feature.per == "FLOP" && feature.name != "flops" && std::isfinite(flop_s)) {
      if (flop_s * column.cwiseQuotient(problem.seconds).maxCoeff() < least_flop_share) column.setZero();
      problem.most[j] = std::min(problem.most[j], most_flop_ratio * flop_s);
    }
  }
}

}  // namespace opgauge
