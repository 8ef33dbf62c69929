// SPDX-License-Identifier: Apache-2.0
#include "calibrate/last_cache.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <map>
#include <utility>
#include <vector>

#include "calibrate/far_input.hpp"
#include "calibrate/fit_loss.hpp"

namespace opgauge {
namespace {

constexpr std::array near_multiples = {0.5, 0.6, 0.7, 0.85, 1.0, 1.1, 1.2, 1.3, 1.4, 1.55, 1.7, 2.0, 2.5, 3.2};
constexpr std::array far_multiples = {0.25, 0.35, 0.5, 0.7, 1.0, 1.4, 2.0, 2.8, 4.0, 8.0, 16.0};
constexpr std::array fill_rates = {0.0, 2e9, 4e9, 6e9, 8e9, 12e9, 16e9};  // bytes a second
constexpr size_t least_calls = 40;
constexpr double error_of_a_doubling = 0.02;  // of the mean log error: what must be gained to believe in half the cache or twice
constexpr double error_if_not_told = 0.004;   // … where the record tells nothing of its size
constexpr size_t coarse = 2;  // every second capacity with every second rate, then all capacities, then all rates
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

// Not each with each: what fits take is most of the time after measuring.
LastCache effective_last_cache(std::span<const Observation> observations, const OpFitOptions& options, bool told) {
  const std::span<const double> multiples = told ? std::span<const double>(near_multiples) : far_multiples;
  const double of_a_doubling = told ? error_of_a_doubling : error_if_not_told;
  const double recorded_bytes = options.conditions.l3_bytes;
  const auto fitted = [&](const CaseFacts& facts) { return streams_weights(facts, options.conditions.l2_bytes); };
  const std::vector<Observation> telling = observations_with(observations, options, fitted);
  std::map<std::pair<double, double>, double> known;  // doubt by multiple and rate; infinite where too few calls tell
  const auto doubt = [&](double multiple, double rate) {
    const auto [at, fresh] = known.try_emplace({multiple, rate}, std::numeric_limits<double>::infinity());
    if (!fresh) return at->second;
    OpFitOptions trial = options;
    trial.conditions.l3_bytes = multiple * recorded_bytes;
    trial.conditions.fill_bytes_per_s = rate;
    const FitLoss loss = loss_of_fit(telling, trial, fitted, [&](std::span<const CaseFacts> facts) { return !surrounded(facts, trial); });
    if (loss.calls < least_calls) return at->second;
    const double doublings = std::log2(multiple), unusual = rate / usual_rate - 1;
    return at->second = loss.mean_log_error + of_a_doubling * doublings * doublings + error_of_the_unusual * unusual * unusual;
  };
  double multiple = 1, rate = usual_rate, least = std::numeric_limits<double>::infinity();
  for (size_t m = 0; m < multiples.size(); m += coarse) {
    for (size_t r = 0; r < fill_rates.size(); r += coarse) {
      if (const double one = doubt(multiples[m], fill_rates[r]); one < least) {
        least = one;
        multiple = multiples[m];
        rate = fill_rates[r];
      }
    }
  }
  if (!std::isfinite(least)) return {recorded_bytes, options.conditions.fill_bytes_per_s};
  multiple = *std::ranges::min_element(multiples, {}, [&](double one) { return doubt(one, rate); });
  rate = *std::ranges::min_element(fill_rates, {}, [&](double one) { return doubt(multiple, one); });
  return {multiple * recorded_bytes, rate};
}

}  // namespace opgauge
