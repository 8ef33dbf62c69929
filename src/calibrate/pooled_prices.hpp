// SPDX-License-Identifier: Apache-2.0
// Prices that are the machine's more than a kernel's, learnt from all classes: docs/model.md, "Prices of memory".
#pragma once

#include <limits>
#include <map>
#include <string>
#include <string_view>

namespace opgauge {

// What a unit of a feature costs in all classes together: their coefficients' mean, each as heavy as its cases tell something of it.
class PooledPrices {
 public:
  void add(std::string_view feature, double value_s, double evidence) {
    Sum& sum = sums_[std::string(feature)];
    sum.evidence += evidence;
    sum.value_s += evidence * value_s;
  }
  double of(std::string_view feature) const {
    const auto at = sums_.find(std::string(feature));
    return at == sums_.end() || !(at->second.evidence > 0) ? std::numeric_limits<double>::quiet_NaN() : at->second.value_s / at->second.evidence;
  }

 private:
  struct Sum {
    double evidence = 0, value_s = 0;
  };
  std::map<std::string, Sum> sums_;
};

}  // namespace opgauge
