// SPDX-License-Identifier: Apache-2.0
// An estimate for people: totals, throughput by batch size, the heaviest regions with their terms.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/csv.hpp"
#include "calibrate/budget.hpp"
#include "estimate/estimate.hpp"

namespace opgauge {

// What was known before a budget was spent on measuring, and what it was spent on.
struct BeforeBudget {
  double latency_s = 0;
  std::optional<double> latency_low_s, latency_high_s;
  std::string estimator;
  BudgetSpent spent;
};

struct BatchEstimate {
  std::string model;
  std::optional<int64_t> batch;  // nullopt: as the model is
  Estimate estimate;
  std::optional<BeforeBudget> before;
};

std::string estimates_text(const std::vector<BatchEstimate>& estimates, size_t regions);
std::string estimates_markdown(const std::vector<BatchEstimate>& estimates, size_t regions);
Table estimates_table(const std::vector<BatchEstimate>& estimates);  // SI, one row a batch size
Json estimates_json(const std::vector<BatchEstimate>& estimates);

}  // namespace opgauge
