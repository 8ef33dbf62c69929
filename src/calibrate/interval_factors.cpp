// SPDX-License-Identifier: Apache-2.0
#include "calibrate/interval_factors.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <string>
#include <vector>

#include "base/statistics.hpp"

namespace opgauge {
namespace {

// Shorter ones are mostly launches, and no model is as short: they do not decide how wide intervals are.
constexpr double least_network_s = 3e-4, least_call_s = 5e-5;

// A share of `scores`, as split conformal prediction takes it: the ceil(share (n + 1))-th smallest.
double conformal_quantile(std::vector<double> scores, double share = 0.9) {
  const double n = static_cast<double>(scores.size());
  return scores.empty() ? 1.645 : quantile(std::move(scores), std::min(1.0, std::ceil((n + 1) * share) / n));
}

// The same from some dozens of scores, of which the nine tenths is decided by three or four: the mean of three quantiles, each
// over what a normal distribution has there.
double smooth_quantile(const std::vector<double>& scores) {
  if (scores.size() < 8) return conformal_quantile(scores);
  constexpr double wanted = 1.645;
  double logs = 0;
  for (const auto& [share, normal] : {std::pair{0.7, 1.036}, std::pair{0.8, 1.282}, std::pair{0.9, wanted}}) logs += std::log(conformal_quantile(scores, share) / normal);
  return wanted * std::exp(logs / 3);
}

// Held-out networks of one archetype, taken together until they have as many calls as a model, each with the same share of
// the time: a network of ten calls is decided by one of them, a model is not.
struct Composite {
  std::vector<double> log_errors;  // of its networks
  std::vector<OpPrediction> calls;
};
constexpr size_t composite_calls = 80;

}  // namespace

void set_interval_factors(std::span<const Observation> observations, const OpFitOptions& options, OpFitResult& result) {
  OpModel& model = result.model;
  model.interval_factor = model.call_interval_factor = 1;
  const OpPredictor spreads(model);
  std::vector<double> of_composites, of_calls;
  std::vector<std::vector<OpPrediction>> calls(observations.size());
  std::map<std::string, Composite> open;  // by archetype
  const auto close = [&](Composite& one) {
    const OpPredictor::Total total = spreads.total(one.calls);
    if (total.latency_s > 0) {
      of_composites.push_back(std::abs(median(one.log_errors)) / std::log(total.high_s / total.latency_s));
    }
    one = {};
  };
  const std::vector<std::vector<size_t>> nodes = result.nodes_of_networks();
  for (size_t network = 0; network < observations.size(); ++network) {
    for (const CaseFacts& facts : facts_of(observations[network].graph, options.conditions)) calls[network].push_back(spreads.predict(facts));
    if (!(result.network_held_out_s[network] > 0) || result.network_measured_s[network] < least_network_s) continue;
    Composite& one = open[observations[network].group];
    const double scale = 1 / result.network_held_out_s[network];
    one.log_errors.push_back(std::log(scale * result.network_measured_s[network]));
    for (const size_t node : nodes[network]) {
      OpPrediction call = calls[network][node];
      call.latency_s *= scale;
      one.calls.push_back(std::move(call));
    }
    if (one.calls.size() >= composite_calls) close(one);
  }
  for (auto& [group, one] : open) {
    if (one.calls.size() >= composite_calls / 2) close(one);
  }
  for (const FittedCase& one : result.cases) {
    if (one.measured_s < least_call_s) continue;
    const OpPrediction& call = calls[one.network][one.node];
    of_calls.push_back(std::abs(std::log(one.measured_s / one.held_out_s)) / std::log(spreads.interval(call).high_s / call.latency_s));
  }
  model.interval_factor = options.model_over_composite * smooth_quantile(of_composites);
  model.call_interval_factor = conformal_quantile(std::move(of_calls));
}

}  // namespace opgauge
