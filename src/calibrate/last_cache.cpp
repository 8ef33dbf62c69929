// SPDX-License-Identifier: Apache-2.0
#include "calibrate/last_cache.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "calibrate/far_input.hpp"
#include "calibrate/fit_loss.hpp"

namespace opgauge {
namespace {

constexpr std::array near_multiples = {0.5, 0.6, 0.7, 0.85, 1.0, 1.1, 1.2, 1.3, 1.4, 1.55, 1.7, 2.0};
constexpr std::array far_multiples = {0.25, 0.35, 0.5, 0.7, 1.0, 1.4, 2.0, 2.8, 4.0, 8.0, 16.0};
constexpr std::array fill_rates = {0.0, 2e9, 4e9, 6e9, 8e9, 12e9, 16e9};  // bytes a second
constexpr size_t least_calls = 40;
constexpr double error_of_a_doubling = 0.02;  // of the mean log error: what must be gained to believe in half the cache or twice
constexpr double error_if_not_told = 0.002;   // … where the record tells nothing of its size
constexpr double usual_rate = 1e10, error_of_the_unusual = 0.01;  // of neighbours; and what must be gained to believe in none or in twice as much

// A product of few rows streams its weights: where they were decides its time.
bool streams_weights(const CaseFacts& facts, double l2_bytes) {
  return facts.family == OpFamily::matmul && facts.m < least_packed_rows && facts.weight_bytes > l2_bytes / 2;
}

// Its weights are cold by design, whatever the cache.
bool surrounded(std::span<const CaseFacts> facts, const OpFitOptions& options) {
  return std::ranges::any_of(facts, [&](const CaseFacts& one) { return is_surroundings(one, options.conditions.l2_bytes); });
}

}  // namespace

LastCache effective_last_cache(std::span<const Observation> observations, const OpFitOptions& options, bool told) {
  const std::span<const double> multiples = told ? std::span<const double>(near_multiples) : far_multiples;
  const double of_a_doubling = told ? error_of_a_doubling : error_if_not_told;
  LastCache best{options.conditions.l3_bytes, options.conditions.fill_bytes_per_s};
  double least = std::numeric_limits<double>::infinity();
  for (const double rate : fill_rates) {
    for (const double multiple : multiples) {
      OpFitOptions trial = options;
      trial.conditions.l3_bytes = multiple * options.conditions.l3_bytes;
      trial.conditions.fill_bytes_per_s = rate;
      const FitLoss loss = loss_of_fit(
          observations, trial, [&](const CaseFacts& facts) { return streams_weights(facts, trial.conditions.l2_bytes); },
          [&](std::span<const CaseFacts> facts) { return !surrounded(facts, trial); });
      if (loss.calls < least_calls) return best;
      const double doublings = std::log2(multiple);
      const double unusual = rate / usual_rate - 1;
      const double doubt = loss.mean_log_error + of_a_doubling * doublings * doublings + error_of_the_unusual * unusual * unusual;
      if (doubt >= least) continue;
      least = doubt;
      best = {trial.conditions.l3_bytes, rate};
    }
  }
  return best;
}

}  // namespace opgauge
