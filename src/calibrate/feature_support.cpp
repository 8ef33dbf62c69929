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
constexpr double most_passes = 1.5, most_result_passes = 2;         // a byte is read once; a line of a result is fetched and written back
constexpr double least_flop_share = 0.02, most_flop_ratio = 50;
constexpr double least_flop_ratio = 0.97;                           // of the quickest FLOP seen: what is left is noise
constexpr double least_call_ratio = 0.9;                            // of the shortest call seen, which computes a little, too
constexpr double least_counted_flops = 1e7;                         // of a call whose FLOPs are asked for their price
constexpr double most_unaligned_ratio = 4;                          // rows that start unaligned: every line is read twice
constexpr Eigen::Index least_cases = 3, loops_of_many = 100;  // of loops one of so many: few are stretched a thousand times

double all_of(std::string_view feature, const CaseFacts& facts) {
  return feature.ends_with("_rows")                          ? static_cast<double>(facts.n)
         : feature.find("weight") != std::string_view::npos  ? facts.weight_bytes
         : feature.find("input") != std::string_view::npos  ? facts.input_bytes
         : feature.find("output") != std::string_view::npos ? facts.output_bytes
                                                           : facts.input_bytes + facts.output_bytes;
}

// Whether it is the BLAS that multiplies: products, ATen's own convolutions and attention.
bool calls_blas(const CaseFacts& facts) {
  return facts.family == OpFamily::matmul || facts.family == OpFamily::attention || (facts.family == OpFamily::convolution && !facts.onednn);
}

// Whether it counts the FLOPs that are executed for a class: by the BLAS those of its tiles and strips, by oneDNN those of whole blocks of channels.
bool executed(std::string_view feature, const CostClass& row) {
  for (const std::string_view counted : {"blas_flops", "attention_block_flops", "half_blocked_flops", "flops", "blocked_flops"}) {
    if (std::ranges::find(row.features, cost_feature(counted)) != row.features.end()) return feature == counted;
  }
  return feature == "flops" || feature == "attention_flops" || feature == "step_flops" || feature == "input_flops";
}

bool calls_onednn(const CaseFacts& facts) { return facts.family == OpFamily::convolution && facts.onednn; }

void lower(double& least, double value) {
  if (least == 0 || value < least) least = value;
}

double cheapest_flop_s(std::span<const CaseFacts* const> cases, const Eigen::VectorXd& seconds) {
  double least_s = std::numeric_limits<double>::infinity();
  for (size_t i = 0; i < cases.size(); ++i) {
    if (cases[i]->flops > 0) least_s = std::min(least_s, seconds[static_cast<Eigen::Index>(i)] / cases[i]->flops);
  }
  return least_s;
}

}  // namespace

bool is_context(std::string_view feature) {
  return (feature.starts_with("beyond_") || feature.starts_with("cold_")) && (feature.ends_with("_bytes") || feature.ends_with("_rows"));
}

bool is_memory(std::string_view feature) { return feature == "cold_weight_l3_bytes" || feature == "cold_output_bytes" || feature == "beyond_l3_bytes" || feature == "filled_bytes"; }

void MachinePrices::note(const CaseFacts& facts, double seconds) {
  if (calls_onednn(facts)) {
    lower(onednn_call_s, seconds);
    if (!facts.channels_last) lower(onednn_reordered_call_s, seconds);
  }
  if ((facts.family != OpFamily::matmul && facts.family != OpFamily::convolution) || facts.flops < least_counted_flops) return;
  const double price_s = seconds / facts.flops;
  lower(flop_s, price_s);
  if (calls_blas(facts)) lower(blas_flop_s, price_s);
}

void limit_features(const CostClass& row, std::span<const CaseFacts* const> cases, const MachinePrices& machine, FitProblem& problem) {
  const double flop_s = cheapest_flop_s(cases, problem.seconds);
  const auto all = [&](auto holds) { return std::ranges::all_of(cases, [&](const CaseFacts* facts) { return holds(*facts); }); };
  const bool products = all(multiplies);
  const double flop_at_least_s = all(calls_blas) ? machine.blas_flop_s : machine.flop_s;
  const double call_at_least_s = !all(calls_onednn)                                       ? 0
                                 : all([](const CaseFacts& f) { return !f.channels_last; }) ? machine.onednn_reordered_call_s
                                                                                          : machine.onednn_call_s;
  problem.least = Eigen::VectorXd::Zero(problem.features.cols());
  problem.most.resize(problem.features.cols());
  for (Eigen::Index j = 0; j < problem.features.cols(); ++j) {
    const CostFeature& feature = cost_features()[row.features[static_cast<size_t>(j)]];
    auto column = problem.features.col(j);
    const Eigen::Index having = (column.array() > 0).count();
    const Eigen::Index wanted = feature.per == "loop" ? std::max(least_cases, column.size() / loops_of_many) : least_cases;
    if (having < wanted && having < column.size()) column.setZero();
    problem.most[j] = feature.most_s();
    if (products && executed(feature.name, row)) problem.least[j] = least_flop_ratio * flop_at_least_s;
    if (feature.name == "call") problem.least[j] = least_call_ratio * call_at_least_s;
    if (is_context(feature.name)) {
      double most_share = 0;
      for (size_t i = 0; i < cases.size(); ++i) {
        const double all = all_of(feature.name, *cases[i]);
        if (all > 0) most_share = std::max(most_share, column[static_cast<Eigen::Index>(i)] / all);
      }
      if (most_share < least_context_share) column.setZero();
      problem.most[j] = feature.per == "row" ? most_row_s : (feature.name.starts_with("cold_output") ? most_result_passes : most_passes) * machine.memory_s_per_byte;
    } else if (feature.per == "FLOP" && !executed(feature.name, row) && feature.name != "flops" && std::isfinite(flop_s)) {
      if (flop_s * column.cwiseQuotient(problem.seconds).maxCoeff() < least_flop_share) column.setZero();
      problem.most[j] = std::min(problem.most[j], most_flop_ratio * flop_s);
      if (feature.name.starts_with("odd_") && machine.flop_s > 0) problem.most[j] = std::min(problem.most[j], most_unaligned_ratio * machine.flop_s);
    }
  }
}

}  // namespace opgauge
