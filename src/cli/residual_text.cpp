// SPDX-License-Identifier: Apache-2.0
#include "cli/residual_text.hpp"

#include <fmt/format.h>

#include "base/csv.hpp"

namespace opgauge {

std::string residual_text(const OpModel& model) {
  if (model.residuals.empty()) return "residuals: none kept, no class gained in cross-validation\n";
  Table table{{"residual of", "cases", "points", "held-out error before %", "after %", "gain %"}, {}};
  for (const ClassResidual& one : model.residuals) {
    table.rows.push_back({one.key, std::to_string(one.cases), std::to_string(one.weights.size()), fmt::format("{:.1f}", 100 * one.error_before),
                          fmt::format("{:.1f}", 100 * one.error_after), fmt::format("{:.0f}", 100 * (1 - one.error_after / one.error_before))});
  }
  return to_text(table);
}

}  // namespace opgauge
