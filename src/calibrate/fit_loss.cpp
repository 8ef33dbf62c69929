// SPDX-License-Identifier: Apache-2.0
#include "calibrate/fit_loss.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>

#include "estimate/op_predictor.hpp"

namespace opgauge {
namespace {

constexpr double most_log_error = 1;  // a gross outlier says nothing

}  // namespace

std::vector<Observation> observations_with(std::span<const Observation> observations, const OpFitOptions& options, const std::function<bool(const CaseFacts&)>& fitted) {
  std::vector<Observation> out;
  std::ranges::copy_if(observations, std::back_inserter(out), [&](const Observation& one) { return std::ranges::any_of(facts_of(one.graph, options.conditions), fitted); });
  return out;
}

FitLoss loss_of_fit(std::span<const Observation> observations, const OpFitOptions& options, const std::function<bool(const CaseFacts&)>& fitted,
                    const std::function<bool(std::span<const CaseFacts>)>& counts) {
  const OpModel model = fit_classes(observations, options, [&](size_t, const CaseFacts& facts) { return fitted(facts); });
  FitLoss loss;
  if (model.classes.empty()) return loss;
  const OpPredictor predictor(model);
  double sum = 0;
  for (const Observation& seen : observations) {
    const std::vector<CaseFacts> facts = facts_of(seen.graph, options.conditions);
    if (!counts(facts)) continue;
    for (size_t node = 0; node < facts.size(); ++node) {
      if (!fitted(facts[node]) || !(seen.quiet_node_s[node] > 0)) continue;
      const double error = std::log(predictor.predict(facts[node]).latency_s / seen.quiet_node_s[node]);
      sum += std::min(std::abs(error), most_log_error);
      ++loss.calls;
    }
  }
  if (loss.calls > 0) loss.mean_log_error = sum / static_cast<double>(loss.calls);
  return loss;
}

}  // namespace opgauge
