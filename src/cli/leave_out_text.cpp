// SPDX-License-Identifier: Apache-2.0
#include "cli/leave_out_text.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/csv.hpp"
#include "base/units.hpp"
#include "models/family.hpp"

namespace opgauge {
namespace {

std::string percent(double value) { return fmt::format("{:.1f}", 100 * value); }
std::string signed_percent(double value) { return fmt::format("{:+.1f}", 100 * value); }

std::string classes_text(std::span<const Observation> observations, const OpFitOptions& options, const OpFitResult& fit) {
  Table table{{"cost class left out", "cases", "estimated as", "median %", "MAPE %", "bias %", "held out by network: median %"}, {}};
  std::vector<double> without, with;
  for (const LeftOutClass& one : leave_classes_out(observations, options, fit)) {
    const bool scored = one.without.count > 0;
    table.rows.push_back({one.key, std::to_string(one.with.count), !scored ? std::string("nothing left") : one.stand_in == one.key ? std::string("what leans on it") : one.stand_in, scored ? percent(one.without.median) : "",
                          scored ? percent(one.without.mape) : "", scored ? signed_percent(one.without.bias) : "", percent(one.with.median)});
    if (!scored) continue;
    without.push_back(one.without.median);
    with.push_back(one.with.median);
  }
  std::string text = "leave one class out: its calls are estimated as what it leans on\n" + to_text(table);
  if (!without.empty()) {
    text += fmt::format("half of the classes are estimated within {} (median call) without their own cases, within {} with them\n",
                        format_percent(median(without)), format_percent(median(with)));
  }
  return text;
}

std::string archetypes_text(std::span<const Observation> observations, const OpFitOptions& options, const OpFitResult& fit) {
  Table table{{"archetype left out", "networks", "MAPE %", "bias %", "held out by network: MAPE %", "held out: bias %"}, {}};
  for (const LeftOutArchetype& one : leave_archetypes_out(observations, options, fit)) {
    const bool scored = one.without.count > 0;
    table.rows.push_back({one.archetype, std::to_string(one.with.count), scored ? percent(one.without.mape) : "", scored ? signed_percent(one.without.bias) : "",
                          percent(one.with.mape), signed_percent(one.with.bias)});
  }
  return "leave one archetype out: none of its networks is fitted\n" + to_text(table);
}

std::string families_text(std::span<const Observation> families, const OpModel& model) {
  std::string missing;
  for (const ModelFamily& family : model_families()) {
    if (std::ranges::none_of(families, [&](const Observation& one) { return one.name == family.name; })) {
      missing += (missing.empty() ? "" : ", ") + std::string(family.name);
    }
  }
  std::string text = "built-in families, batch 1: no network of any is in the design\n";
  if (!families.empty()) {
    Table table{{"family", "predicted ms", "90 % interval", "measured ms", "error %"}, {}};
    std::vector<double> predicted, measured;
    for (const FamilyScore& one : score_families(families, model)) {
      table.rows.push_back({one.model, fmt::format("{:.3f}", 1e3 * one.predicted_s), fmt::format("{:.3f} to {:.3f}", 1e3 * one.low_s, 1e3 * one.high_s),
                            fmt::format("{:.3f}", 1e3 * one.measured_s), signed_percent(one.error())});
      predicted.push_back(one.predicted_s);
      measured.push_back(one.measured_s);
    }
    const ErrorSummary errors = summarize_errors(predicted, measured);
    text += to_text(table) + fmt::format("{} families: MAPE {}, bias {:+.1f} %\n", errors.count, format_percent(errors.mape), 100 * errors.bias);
  }
  if (!missing.empty()) text += "not measured in this run: " + missing + "\n";
  return text;
}

}  // namespace

std::string leave_out_text(std::span<const Observation> observations, std::span<const Observation> families, const OpFitOptions& options,
                           const OpFitResult& fit) {
  return classes_text(observations, options, fit) + "\n" + archetypes_text(observations, options, fit) + "\n" + families_text(families, fit.model);
}

}  // namespace opgauge
