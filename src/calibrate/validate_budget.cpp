// SPDX-License-Identifier: Apache-2.0
// Scores of predictions that some measuring was spent on, beside those of the same models without.
#include <algorithm>
#include <cmath>

#include "calibrate/validate.hpp"

namespace opgauge {

void score_budget(std::span<const ModelPrediction> predictions, Validation& validation) {
  BudgetScore out;
  std::vector<double> with, without, truth, ratios, ratios_without, spent;
  std::vector<std::pair<ValidationRow*, const BudgetPrediction*>> scored;
  for (ValidationRow& row : validation.rows) {
    const auto at = std::ranges::find(predictions, row.model, &ModelPrediction::model);
    if (at == predictions.end() || !at->budget) continue;
    const BudgetPrediction& one = *at->budget;
    scored.emplace_back(&row, &one);
    with.push_back(one.predicted_s);
    without.push_back(row.predicted_s);
    truth.push_back(row.measured_quiet_s);
    ratios.push_back(one.predicted_high_s / one.predicted_low_s);
    ratios_without.push_back(row.predicted_high_s / row.predicted_low_s);
    spent.push_back(one.spent.spent_s);
    out.budget_s = one.spent.budget_s;
    out.whole += one.spent.whole;
  }
  if (scored.empty()) return;
  out.models = static_cast<int>(scored.size());
  const ErrorSummary raw = summarize_errors(with, truth);
  out.mape_raw = raw.mape;
  out.common_factor = raw.common_factor;
  std::vector<double> corrected = with;
  for (double& p : corrected) p *= raw.common_factor;
  const ErrorSummary errors = summarize_errors(corrected, truth);
  out.mape = errors.mape;
  out.bias = errors.bias;
  out.median = errors.median;
  out.p90 = errors.p90;
  out.max = errors.max;
  out.within_5 = errors.within_5;
  out.within_10 = errors.within_10;
  out.mape_without = summarize_errors(without, truth).mape_common;
  out.gain = out.mape_without > 0 ? 1 - out.mape / out.mape_without : 0;
  out.interval_ratio = median(ratios);
  out.interval_ratio_without = median(ratios_without);
  out.spent_s = median(spent);
  for (const auto& [row, one] : scored) {
    row->budget_predicted_s = one->predicted_s;
    row->budget_low_s = one->predicted_low_s;
    row->budget_high_s = one->predicted_high_s;
    row->budget_raw_error = one->predicted_s / row->measured_quiet_s - 1;
    row->budget_error = one->predicted_s * out.common_factor / row->measured_quiet_s - 1;
    row->budget_spent_s = one->spent.spent_s;
    row->budget_measured_share = one->measured_share;
    row->budget_whole = one->spent.whole;
    row->budget_covered = one->predicted_low_s * out.common_factor <= row->measured_quiet_s &&
                          row->measured_quiet_s <= one->predicted_high_s * out.common_factor;
    out.coverage += *row->budget_covered / static_cast<double>(out.models);
  }
  validation.budget = out;
}

}  // namespace opgauge
