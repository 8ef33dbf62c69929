// SPDX-License-Identifier: Apache-2.0
#include "calibrate/private_cache.hpp"

#include <array>
#include <cmath>
#include <limits>

#include "calibrate/fit_loss.hpp"

namespace opgauge {
namespace {

constexpr std::array multiples = {1.0, 1.2, 1.4, 2.0, 2.8, 4.0};
constexpr size_t least_calls = 40;
constexpr double usual = 2, error_of_a_doubling = 0.003;  // of the mean log error: what must be gained to believe in half or twice the usual
constexpr double least_share = 0.1;                       // of the private cache, for a matrix to be waited for

}  // namespace

double effective_weight_l2_multiple(std::span<const Observation> observations, const OpFitOptions& options) {
  double best = options.conditions.weight_l2_multiple, least = std::numeric_limits<double>::infinity();
  const auto fitted = [&](const CaseFacts& facts) {
    return facts.family == OpFamily::matmul && facts.m < least_packed_rows && facts.weight_bytes > least_share * options.conditions.l2_bytes;
  };
  const std::vector<Observation> telling = observations_with(observations, options, fitted);
  for (const double multiple : multiples) {
    OpFitOptions trial = options;
    trial.conditions.weight_l2_multiple = multiple;
    const FitLoss loss = loss_of_fit(telling, trial, fitted, [](std::span<const CaseFacts>) { return true; });
    if (loss.calls < least_calls) return best;
    const double doublings = std::log2(multiple / usual);
    const double doubt = loss.mean_log_error + error_of_a_doubling * doublings * doublings;
    if (doubt >= least) continue;
    least = doubt;
    best = multiple;
  }
  return best;
}

}  // namespace opgauge
