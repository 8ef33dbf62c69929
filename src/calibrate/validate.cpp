// SPDX-License-Identifier: Apache-2.0
#include "calibrate/validate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>

#include "base/csv.hpp"
#include "calibrate/visit_bias.hpp"

namespace opgauge {
namespace {

constexpr double heavy_s = 50e-6;

double sum(const std::vector<double>& values) { return std::accumulate(values.begin(), values.end(), 0.0); }

const MeasuredModel* find(const MeasuredSet& set, const std::string& model) {
  for (const MeasuredModel& one : set.models) {
    if (one.model == model) return &one;
  }
  return nullptr;
}

// The baseline: the root class alone.
double constants_time(const OpModel& model, const CaseFacts& facts) {
  for (const std::string& key : {"any" + dtype_suffix(facts.dtype), std::string("any")}) {
    for (const ClassFit& fit : model.classes) {
      if (fit.key != key) continue;
      double seconds = 0;
      for (const FeatureCoefficient& one : fit.coefficients) seconds += one.value_s * cost_features()[cost_feature(one.feature)].value(facts);
      return seconds;
    }
  }
  return 0;
}

}  // namespace

ModelPrediction predict_model(const std::string& name, const Graph& graph, const OpModel& model) {
  const OpPredictor predictor(model);
  ModelPrediction out;
  out.model = name;
  std::vector<OpPrediction> calls;
  std::map<std::string, double> outside;
  for (const CaseFacts& facts : facts_of(graph, conditions_of(model))) {
    const OpPrediction call = predictor.predict(facts);
    const OpPredictor::Total alone = predictor.interval(call);
    out.node_class.push_back(call.key);
    out.node_s.push_back(call.latency_s);
    out.node_low_s.push_back(alone.low_s);
    out.node_high_s.push_back(alone.high_s);
    out.node_constant_s.push_back(constants_time(model, facts));
    out.constants_s += out.node_constant_s.back();
    if (!call.extrapolated.empty()) outside[std::string(facts.name) + " (" + call.extrapolated + ")"] += call.latency_s;
    calls.push_back(call);
  }
  const OpPredictor::Total total = predictor.total(calls);
  out.predicted_s = total.latency_s;
  out.memory_s = main_memory_s(calls);
  out.predicted_low_s = total.low_s;
  out.predicted_high_s = total.high_s;
  // Only calls that matter are named: 1 % of the model's time or more.
  for (const auto& [what, seconds] : outside) {
    if (seconds < 0.01 * total.latency_s) continue;
    out.extrapolated += (out.extrapolated.empty() ? "" : "; ") + what;
  }
  return out;
}

MeasuredSet at_reference_visits(MeasuredSet set) {
  VisitBias bias;
  for (const MeasuredModel& one : set.models) bias.learn(one.node_s, one.first_half_s, one.second_half_s, one.visits);
  for (MeasuredModel& one : set.models) {
    for (double& seconds : one.node_s) seconds = bias.at_reference(seconds, one.visits);
  }
  return set;
}

Validation score(std::span<const ModelPrediction> predictions, const MeasuredSet& as_measured, const MeasuredSet& as_repeated,
                 const OpModel& model) {
  const MeasuredSet first = at_reference_visits(as_measured), second = at_reference_visits(as_repeated);
  Validation out;
  std::vector<double> carried_on;
  for (size_t i = 0; i < first.models.size(); ++i) carried_on.push_back(sum(first.models[i].node_s) / sum(as_measured.models[i].node_s));
  if (!carried_on.empty()) out.visit_factor = median(carried_on);
  out.threads = model.threads;
  out.versions = first.versions;
  out.failures = first.failures;
  std::vector<double> predicted, memory_share, truth, constants, again_first, again_second, contention, sums;
  for (const ModelPrediction& one : predictions) {
    const MeasuredModel* seen = find(first, one.model);
    if (!seen) continue;
    if (seen->node_s.size() != one.node_s.size()) {
      throw Error(one.model, fmt::format("found {} measured nodes, expected {} as predicted", seen->node_s.size(), one.node_s.size()));
    }
    ValidationRow row;
    row.model = one.model;
    row.predicted_s = one.predicted_s;
    row.predicted_low_s = one.predicted_low_s;
    row.predicted_high_s = one.predicted_high_s;
    row.measured_quiet_s = sum(seen->node_s);
    row.measured_typical_s = seen->typical_s;
    row.constants_s = one.constants_s;
    row.extrapolated = one.extrapolated;
    row.raw_error = row.predicted_s / row.measured_quiet_s - 1;
    if (const MeasuredModel* repeated = find(second, one.model)) {
      row.repeated_quiet_s = sum(repeated->node_s);
      again_first.push_back(row.measured_quiet_s);
      again_second.push_back(*row.repeated_quiet_s);
    }
    predicted.push_back(row.predicted_s);
    memory_share.push_back(one.predicted_s > 0 ? one.memory_s / one.predicted_s : 0);
    truth.push_back(row.measured_quiet_s);
    constants.push_back(row.constants_s);
    contention.push_back(row.measured_typical_s / row.measured_quiet_s);
    if (seen->sum_over_run) sums.push_back(std::abs(*seen->sum_over_run - 1));
    out.visits = std::max(out.visits, seen->visits);
    out.rows.push_back(std::move(row));
  }
  if (out.rows.empty()) throw Error("validate", "no model was measured, expected at least one");

  const ErrorSummary raw = summarize_errors(predicted, truth);
  out.mape_raw = raw.mape;
  out.common_factor = raw.common_factor;
  std::vector<double> corrected = predicted;
  for (double& p : corrected) p *= raw.common_factor;
  const ErrorSummary scored = summarize_errors(corrected, truth);
  out.mape = scored.mape;
  out.bias = scored.bias;
  out.median = scored.median;
  out.p90 = scored.p90;
  out.max = scored.max;
  out.within_5 = scored.within_5;
  out.within_10 = scored.within_10;
  out.wape = scored.wape;
  out.contention = median(contention);
  out.constants_mape = summarize_errors(constants, truth).mape_common;
  if (!sums.empty()) out.sum_of_calls_mape = mean(sums);
  if (first.probe_compute_s > 0 && model.probe_compute_s > 0) {
    const MachineSpeed now{first.probe_compute_s / model.probe_compute_s, 0, first.probe_memory_s / model.probe_memory_s};
    std::vector<double> probed = predicted, factors;
    for (size_t i = 0; i < probed.size(); ++i) {
      factors.push_back(slowdown(now, memory_share[i]));
      probed[i] *= factors.back();
    }
    if (!factors.empty()) out.probe_factor = median(factors);
    out.mape_probe = summarize_errors(probed, truth).mape;
  } else {
    out.mape_probe = raw.mape;
  }
  if (!again_first.empty()) {
    const ErrorSummary floor = summarize_errors(again_first, again_second);
    out.noise_floor_mape = floor.mape_common;
    out.noise_floor_mape_raw = floor.mape;
  }

  double covered = 0, heavy = 0, heavy_covered = 0, all_s = 0;
  std::vector<double> heavy_error;
  struct ClassSums {
    std::vector<double> errors;
    double predicted_s = 0, measured_s = 0;
  };
  std::map<std::string, ClassSums> classes;
  for (ValidationRow& row : out.rows) {
    row.error = row.predicted_s * out.common_factor / row.measured_quiet_s - 1;
    row.covered = row.predicted_low_s * out.common_factor <= row.measured_quiet_s &&
                  row.measured_quiet_s <= row.predicted_high_s * out.common_factor;
    covered += row.covered;
    const auto prediction = std::find_if(predictions.begin(), predictions.end(), [&](const auto& p) { return p.model == row.model; });
    const MeasuredModel* seen = find(first, row.model);
    for (size_t n = 0; n < seen->node_s.size(); ++n) {
      const double measured = seen->node_s[n], scaled = prediction->node_s[n] * out.common_factor;
      if (measured <= 0) continue;
      ClassSums& sums_of = classes[prediction->node_class[n]];
      sums_of.errors.push_back(std::abs(scaled / measured - 1));
      sums_of.predicted_s += scaled;
      sums_of.measured_s += measured;
      all_s += measured;
      if (measured < heavy_s) continue;
      ++heavy;
      heavy_covered += prediction->node_low_s[n] * out.common_factor <= measured && measured <= prediction->node_high_s[n] * out.common_factor;
      heavy_error.push_back(std::abs(scaled / measured - 1));
    }
  }
  out.coverage = covered / static_cast<double>(out.rows.size());
  out.coverage_heavy = heavy > 0 ? heavy_covered / heavy : 0;
  if (!heavy_error.empty()) out.heavy_median_error = median(heavy_error);
  for (const auto& [key, sums_of] : classes) {
    out.classes.push_back({key, static_cast<int>(sums_of.errors.size()), sums_of.measured_s / all_s, median(sums_of.errors),
                           sums_of.predicted_s / sums_of.measured_s - 1});
  }
  std::sort(out.classes.begin(), out.classes.end(), [](const auto& a, const auto& b) { return a.share > b.share; });
  score_budget(predictions, out);
  return out;
}

std::string validation_markdown(const Validation& v) {
  const auto percent = [](double value) { return fmt::format("{:.1f} %", 100 * value); };
  const auto floor = [&](const std::optional<double>& value) { return value ? percent(*value) : std::string("not measured"); };
  std::string text = fmt::format(
      "{} models, {} thread{}, machine {}, {}, commit {}, {} visits; predictions {} were written before anything was measured.\n\n",
      v.rows.size(), v.threads, v.threads == 1 ? "" : "s", v.machine, v.created_at, v.commit, v.visits, v.predictions_id);
  Table summary{{"quantity", "value"}, {}};
  summary.rows = {{"MAPE, common factor removed", percent(v.mape)},
                  {"noise floor of the same protocol", floor(v.noise_floor_mape)},
                  {"MAPE, corrected by the speed probes", percent(v.mape_probe)},
                  {"MAPE, raw", percent(v.mape_raw) + " (floor " + floor(v.noise_floor_mape_raw) + ")"},
                  {"median, p90, largest error", percent(v.median) + ", " + percent(v.p90) + ", " + percent(v.max)},
                  {"bias", fmt::format("{:+.1f} %", 100 * v.bias)},
                  {"within 5 %, within 10 %", percent(v.within_5) + ", " + percent(v.within_10)},
                  {"WAPE", percent(v.wape)},
                  {"90 % intervals hold: models, calls of 50 us and more", percent(v.coverage) + ", " + percent(v.coverage_heavy)},
                  {"median error of calls of 50 us and more", percent(v.heavy_median_error)},
                  {"constants and a launch term, same rows", percent(v.constants_mape)},
                  {"common factor, probe factor", fmt::format("{:.3f}, {:.3f}", v.common_factor, v.probe_factor)},
                  {"sum of call times against the runs they are from", v.sum_of_calls_mape ? percent(*v.sum_of_calls_mape) : "not measured"},
                  {"contention (typical over quiet)", fmt::format("{:.2f}", v.contention)},
                  {fmt::format("measured quiet time, carried on from {} to {} visits", v.visits, reference_visits), fmt::format("x {:.3f}", v.visit_factor)}};
  if (v.budget) {
    const BudgetScore& b = *v.budget;
    summary.rows.push_back({fmt::format("with {:.3g} s of measuring cases ({}): MAPE, common factor removed", b.budget_s, b.cases),
                            fmt::format("{} ({} without, {:.0f} % less)", percent(b.mape), percent(b.mape_without), 100 * b.gain)});
    summary.rows.push_back({"the same, raw", percent(b.mape_raw)});
    summary.rows.push_back({"the same, median, p90, largest error", percent(b.median) + ", " + percent(b.p90) + ", " + percent(b.max)});
    summary.rows.push_back({"the same, within 5 %, within 10 %", percent(b.within_5) + ", " + percent(b.within_10)});
    summary.rows.push_back({"the same, 90 % intervals hold; upper over lower end, median",
                            fmt::format("{}; {:.2f} ({:.2f} without)", percent(b.coverage), b.interval_ratio, b.interval_ratio_without)});
    summary.rows.push_back({"models run as a whole for that, time spent, median",
                            fmt::format("{} of {}, {:.2f} s", b.whole, b.models, b.spent_s)});
  }
  text += to_markdown(summary) + "\n";
  Table rows{{"model", "predicted ms", "90 % interval", "measured ms", "repeated ms", "typical ms", "error %", "constants ms", "extrapolated"}, {}};
  if (v.budget) rows.columns.insert(rows.columns.begin() + 7, {"with budget ms", "its interval", "its error %"});
  for (const ValidationRow& row : v.rows) {
    rows.rows.push_back({row.model, fmt::format("{:.3f}", 1e3 * row.predicted_s * v.common_factor),
                         fmt::format("{:.3f} to {:.3f}", 1e3 * row.predicted_low_s * v.common_factor, 1e3 * row.predicted_high_s * v.common_factor),
                         fmt::format("{:.3f}", 1e3 * row.measured_quiet_s), row.repeated_quiet_s ? fmt::format("{:.3f}", 1e3 * *row.repeated_quiet_s) : "",
                         fmt::format("{:.3f}", 1e3 * row.measured_typical_s), fmt::format("{:+.1f}", 100 * row.error),
                         fmt::format("{:.3f}", 1e3 * row.constants_s), row.extrapolated});
    if (!v.budget) continue;
    const double factor = 1e3 * v.budget->common_factor;
    std::vector<std::string> with(3);
    if (row.budget_predicted_s) {
      with = {fmt::format("{:.3f}", factor * *row.budget_predicted_s),
              fmt::format("{:.3f} to {:.3f}", factor * *row.budget_low_s, factor * *row.budget_high_s),
              fmt::format("{:+.1f}", 100 * *row.budget_error)};
    }
    rows.rows.back().insert(rows.rows.back().begin() + 7, with.begin(), with.end());
  }
  text += to_markdown(rows) + "\n";
  Table classes{{"cost class", "calls", "share of time %", "median error %", "bias of the sum %"}, {}};
  for (const ClassScore& one : v.classes) {
    classes.rows.push_back({one.key, std::to_string(one.calls), fmt::format("{:.1f}", 100 * one.share), fmt::format("{:.1f}", 100 * one.median_error),
                            fmt::format("{:+.1f}", 100 * one.total_bias)});
  }
  text += to_markdown(classes);
  for (const std::string& failure : v.failures) text += "\nfailed: " + failure + "\n";
  return text;
}

}  // namespace opgauge
