// SPDX-License-Identifier: Apache-2.0
#include "calibrate/spread.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include "base/statistics.hpp"

namespace opgauge {
namespace {

constexpr double prior_sd = 0.25;       // log error of a class of which little is known ...
constexpr double prior_networks = 5;    // ... with the weight of so many networks
constexpr double most_log_error = 1.0;  // one gross outlier says no more than this
constexpr double least_clip = 0.1, median_to_sd = 1.4826;  // of a normal distribution

using Errors = std::vector<const HeldOutError*>;

double clipped(const HeldOutError& one, double most = most_log_error) { return std::clamp(one.log_error, -most, most); }

// Log error of a call of the class, calls weighted as in the fit. Errors beyond three standard deviations, as the median
// tells them, count as three: a class is as wide as its calls are, not as its worst call is.
double error_sd(const Errors& errors) {
  double squares = 0, weights = 0;
  std::map<size_t, int> networks;
  std::vector<double> absolute;
  for (const HeldOutError* one : errors) absolute.push_back(std::abs(one->log_error));
  const double most = std::clamp(3 * median_to_sd * median(std::move(absolute)), least_clip, most_log_error);
  for (const HeldOutError* one : errors) {
    squares += one->weight * clipped(*one, most) * clipped(*one, most);
    weights += one->weight;
    ++networks[one->network];
  }
  const double n = static_cast<double>(networks.size());
  return std::sqrt((squares / weights * n + prior_sd * prior_sd * prior_networks) / (n + prior_networks));
}

struct Pair {
  double distance, product, weight;
};

// correlation(d) = far + (1 - far) exp(-d / range): the pair of (far, range) on a grid that is nearest to the products of
// standardised errors of calls of one class in one network.
std::pair<double, double> fit_correlation(const std::vector<Pair>& pairs) {
  std::pair<double, double> best{0.25, 1.0};
  if (pairs.size() < 50) return best;
  double least = std::numeric_limits<double>::infinity();
  for (double far = 0; far < 0.85; far += 0.05) {
    for (const double range : {0.25, 0.5, 1.0, 2.0, 4.0, 8.0}) {
      double loss = 0;
      for (const Pair& one : pairs) loss += one.weight * std::pow(one.product - far - (1 - far) * std::exp(-one.distance / range), 2);
      if (loss < least) least = loss, best = {far, range};
    }
  }
  return best;
}

}  // namespace

void learn_spread(std::span<const HeldOutError> errors, OpModel& model) {
  std::map<std::string, Errors> by_key;
  std::map<std::pair<size_t, std::string>, Errors> by_network;
  for (const HeldOutError& one : errors) {
    by_key[one.key].push_back(&one);
    by_key[one.variant_key].push_back(&one);
    by_network[{one.network, one.key}].push_back(&one);
  }
  std::map<std::string, double> sd;
  for (const auto& [key, members] : by_key) sd[key] = error_sd(members);

  std::vector<Pair> pairs;
  for (const auto& [where, members] : by_network) {
    for (size_t i = 0; i < members.size(); ++i) {
      for (size_t j = 0; j < i; ++j) {
        pairs.push_back({distance(members[i]->place, members[j]->place),
                         clipped(*members[i]) * clipped(*members[j]) / std::pow(sd[where.second], 2),
                         members[i]->weight * members[j]->weight / static_cast<double>(members.size() - 1)});
      }
    }
  }
  const auto [far, range] = fit_correlation(pairs);
  model.error_range = range;
  for (ClassFit& fit : model.classes) {
    const auto at = by_key.find(fit.key);
    if (at == by_key.end()) continue;
    fit.common_sd = std::sqrt(far) * sd[fit.key];
    fit.own_sd = std::sqrt(1 - far) * sd[fit.key];
    std::vector<double> relative, absolute;
    for (const HeldOutError* one : at->second) {
      relative.push_back(one->relative);
      absolute.push_back(std::abs(one->relative));
    }
    fit.held_out_error = median(absolute);
    fit.held_out_bias = median(relative);
  }
}

}  // namespace opgauge
