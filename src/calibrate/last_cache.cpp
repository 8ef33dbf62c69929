// SPDX-License-Identifier: Apache-2.0
#include "calibrate/last_cache.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "calibrate/far_input.hpp"
#include "estimate/op_predictor.hpp"

namespace opgauge {
namespace {

constexpr std::array multiples = {0.5, 0.6, 0.7, 0.85, 1.0, 1.1, 1.2, 1.3, 1.4, 1.55, 1.7, 2.0};
constexpr std::array fill_rates = {0.0, 2e9, 4e9, 6e9, 8e9, 12e9, 16e9};  // bytes a second
constexpr size_t least_calls = 40;
constexpr double error_of_a_doubling = 0.02;  // of the mean log error: what must be gained to believe in half the cache or twice
constexpr double usual_rate = 1e10, error_of_the_unusual = 0.01;  // of neighbours; and what must be gained to believe in none or in twice as much
constexpr double most_log_error = 1;  // a gross outlier says nothing of a cache

// A product of few rows streams its weights: where they were decides its time.
bool streams_weights(const CaseFacts& facts, double l2_bytes) {
  return facts.family == OpFamily::matmul && facts.m <= 16 && facts.weight_bytes > l2_bytes / 2;
}

// Its weights are cold by design, whatever the cache.
bool surrounded(std::span<const CaseFacts> facts, const OpFitOptions& options) {
  return std::ranges::any_of(facts, [&](const CaseFacts& one) { return is_surroundings(one, options.conditions.l2_bytes); });
}

struct Loss {
  double sum = 0;
  size_t calls = 0;
};

// Every capacity has the same coefficients to fit, so the fitted calls themselves say which of them explains most.
Loss loss_of(std::span<const Observation> observations, const OpFitOptions& options) {
  const auto use = [&](const CaseFacts& facts) { return streams_weights(facts, options.conditions.l2_bytes); };
  const OpModel model = fit_classes(observations, options, [&](size_t, const CaseFacts& facts) { return use(facts); });
  Loss loss;
  if (model.classes.empty()) return loss;
  const OpPredictor predictor(model);
  for (const Observation& seen : observations) {
    const std::vector<CaseFacts> facts = facts_of(seen.graph, options.conditions);
    if (surrounded(facts, options)) continue;
    for (size_t node = 0; node < facts.size(); ++node) {
      if (!use(facts[node]) || !(seen.quiet_node_s[node] > 0)) continue;
      const double error = std::log(predictor.predict(facts[node]).latency_s / seen.quiet_node_s[node]);
      loss.sum += std::min(std::abs(error), most_log_error);
      ++loss.calls;
    }
  }
  return loss;
}

}  // namespace

LastCache effective_last_cache(std::span<const Observation> observations, const OpFitOptions& options) {
  LastCache best{options.conditions.l3_bytes, options.conditions.fill_bytes_per_s};
  double least = std::numeric_limits<double>::infinity();
  for (const double rate : fill_rates) {
    for (const double multiple : multiples) {
      OpFitOptions trial = options;
      trial.conditions.l3_bytes = multiple * options.conditions.l3_bytes;
      trial.conditions.fill_bytes_per_s = rate;
      const Loss loss = loss_of(observations, trial);
      if (loss.calls < least_calls) return best;
      const double doublings = std::log2(multiple);
      const double unusual = rate / usual_rate - 1;
      const double doubt = loss.sum / static_cast<double>(loss.calls) + error_of_a_doubling * doublings * doublings + error_of_the_unusual * unusual * unusual;
      if (doubt >= least) continue;
      least = doubt;
      best = {trial.conditions.l3_bytes, rate};
    }
  }
  return best;
}

}  // namespace opgauge
