// SPDX-License-Identifier: Apache-2.0
#include "calibrate/thin_class.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include "base/statistics.hpp"
#include "estimate/cost_class.hpp"
#include "estimate/thin_class_bound.hpp"

namespace opgauge {
namespace {

constexpr double free_departure = 1.6, departure_quantile = 0.8, half_trusted_cases = 3, least_root_s = 1e-9;

}  // namespace

void bound_thin_classes(std::vector<ClassFit>& fits, std::span<const ClassCase> cases) {
  std::map<std::string, std::vector<const ClassCase*>> own, subtree;
  for (const ClassCase& one : cases) {
    own[one.key].push_back(&one);
    if (one.variant_key != one.key) own[one.variant_key].push_back(&one);
    const std::string suffix = dtype_suffix(one.facts->dtype);
    for (int at = static_cast<int>(one.cost_class); at >= 0;) {
      const CostClass& row = cost_classes()[static_cast<size_t>(at)];
      subtree[std::string(row.name) + suffix].push_back(&one);
      at = row.parent.empty() ? -1 : find_cost_class(row.parent);
    }
  }
  std::map<std::string, const ClassFit*> by_key;
  const auto find = [&](const std::string& key) {
    const auto at = by_key.find(key);
    return at == by_key.end() ? nullptr : at->second;
  };
  for (ClassFit& fit : fits) {
    by_key[fit.key] = &fit;
    fit.most_departure.reset();
    const auto& members = own[fit.key].empty() ? subtree[fit.key] : own[fit.key];
    const ClassFit* root = root_of(fit, find);
    if (!root || members.empty()) continue;
    std::vector<double> departures;
    for (const ClassCase* one : members) {
      departures.push_back(std::abs(std::log(one->seconds / std::max(class_seconds(*root, *one->facts), least_root_s))));
    }
    const double n = static_cast<double>(members.size());
    fit.most_departure = free_departure * std::exp(n / (n + half_trusted_cases) * quantile(departures, departure_quantile));
  }
}

}  // namespace opgauge
