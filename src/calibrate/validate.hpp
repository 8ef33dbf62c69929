// SPDX-License-Identifier: Apache-2.0
// Accuracy is a protocol: predictions are written and hashed before anything is measured; every model is scored, none is
// left out; each error stands beside the noise floor of the same protocol (the same models measured by another process).
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/fields.hpp"
#include "base/statistics.hpp"
#include "calibrate/budget.hpp"
#include "estimate/op_predictor.hpp"
#include "graph/graph.hpp"

namespace opgauge {

// The same after some time was spent on timing the model's heaviest cases, before it is measured as a whole.
struct BudgetPrediction {
  double predicted_s = 0, predicted_low_s = 0, predicted_high_s = 0;
  double measured_share = 0;  // of predicted_s: looked up
  BudgetSpent spent;
  static constexpr auto fields() {
    using B = BudgetPrediction;
    return std::make_tuple(field("predicted_s", &B::predicted_s, "s", "quiet latency"),
                           field("predicted_low_s", &B::predicted_low_s, "s", "lower end of the 90 % interval"),
                           field("predicted_high_s", &B::predicted_high_s, "s", "upper end of the 90 % interval"),
                           field("measured_share", &B::measured_share, "", "part of the time that was looked up"),
                           field("spent", &B::spent, "", "what the budget was spent on"));
  }
};

// Made before measuring.
struct ModelPrediction {
  std::string model;
  double predicted_s = 0, predicted_low_s = 0, predicted_high_s = 0;
  double memory_s = 0;     // of predicted_s, what main memory makes
  double constants_s = 0;  // the baseline: one rate of FLOPs, one of bytes, one launch term
  std::string extrapolated;
  std::vector<std::string> node_class;  // per node
  std::vector<double> node_s, node_constant_s, node_low_s, node_high_s;
  std::optional<BudgetPrediction> budget;
  static constexpr auto fields() {
    using M = ModelPrediction;
    return std::make_tuple(
        field("model", &M::model, "", "spec or file"), field("predicted_s", &M::predicted_s, "s", "quiet latency"),
        field("predicted_low_s", &M::predicted_low_s, "s", "lower end of the 90 % interval"),
        field("predicted_high_s", &M::predicted_high_s, "s", "upper end of the 90 % interval"),
        field("memory_s", &M::memory_s, "s", "of predicted_s, what main memory makes", Presence::may_be_missing),
        field("constants_s", &M::constants_s, "s", "baseline of constants and a launch term"),
        field("extrapolated", &M::extrapolated, "", "calls outside the calibrated region, or empty"),
        field("node_class", &M::node_class, "", "cost class of each node"), field("node_s", &M::node_s, "s", "prediction of each node"),
        field("node_constant_s", &M::node_constant_s, "s", "baseline of each node"),
        field("node_low_s", &M::node_low_s, "s", "lower end of each node"), field("node_high_s", &M::node_high_s, "s", "upper end of each node"),
        field("budget", &M::budget, "", "prediction after measuring some of its cases"));
  }
};
ModelPrediction predict_model(const std::string& name, const Graph& graph, const OpModel& model);

// What one process measured of one model.
struct MeasuredModel {
  std::string model;
  std::vector<double> node_s;  // per node, the least over visits
  double typical_s = 0;        // median end-to-end run
  double least_run_s = 0;
  std::optional<double> sum_over_run;  // sum over nodes of a timed run / that run, median
  int visits = 0;
  std::vector<double> first_half_s, second_half_s;  // node_s over every second visit, see visit_bias.hpp
  static constexpr auto fields() {
    using M = MeasuredModel;
    return std::make_tuple(field("model", &M::model, "", "spec or file"), field("node_s", &M::node_s, "s", "least over visits of each node"),
                           field("typical_s", &M::typical_s, "s", "median end-to-end run"),
                           field("least_run_s", &M::least_run_s, "s", "quickest end-to-end run"),
                           field("sum_over_run", &M::sum_over_run, "", "sum over nodes of a timed run / that run, median",
                                 Presence::may_be_missing),
                           field("visits", &M::visits, "", "visits"),
                           field("first_half_s", &M::first_half_s, "s", "least over the first, third, ... visit of each node", Presence::may_be_missing),
                           field("second_half_s", &M::second_half_s, "s", "least over the second, fourth, ... visit of each node", Presence::may_be_missing));
  }
};
// One process's measurements and the state of the machine it saw.
struct MeasuredSet {
  std::vector<MeasuredModel> models;
  double probe_compute_s = 0, probe_memory_s = 0;  // quiet
  std::map<std::string, std::string> versions;
  std::vector<std::string> failures;  // "model: reason"
  static constexpr auto fields() {
    using M = MeasuredSet;
    return std::make_tuple(field("models", &M::models, "", "measured models"),
                           field("probe_compute_s", &M::probe_compute_s, "s", "quiet time of the compute probe"),
                           field("probe_memory_s", &M::probe_memory_s, "s", "quiet time of the memory probe"),
                           field("versions", &M::versions, "", "software that ran"),
                           field("failures", &M::failures, "", "models that could not run, with reasons"));
  }
};

struct ValidationRow {
  std::string model;
  double predicted_s = 0, predicted_low_s = 0, predicted_high_s = 0;
  double measured_quiet_s = 0, measured_typical_s = 0;
  std::optional<double> repeated_quiet_s;  // the second process
  double error = 0;                        // predicted x common factor / measured - 1
  double raw_error = 0;
  bool covered = false;  // the interval, common factor applied, holds the measured value
  double constants_s = 0;
  std::string extrapolated;
  // With a budget for measuring cases, if one was given; its own common factor.
  std::optional<double> budget_predicted_s, budget_low_s, budget_high_s, budget_error, budget_raw_error, budget_spent_s, budget_measured_share;
  std::optional<bool> budget_covered, budget_whole;
  static constexpr auto fields() {
    using V = ValidationRow;
    return std::make_tuple(
        field("model", &V::model, "", "spec or file"), field("predicted_s", &V::predicted_s, "s", "predicted quiet latency"),
        field("predicted_low_s", &V::predicted_low_s, "s", "lower end of the 90 % interval"),
        field("predicted_high_s", &V::predicted_high_s, "s", "upper end of the 90 % interval"),
        field("measured_quiet_s", &V::measured_quiet_s, "s", "sum over calls of the least over visits"),
        field("measured_typical_s", &V::measured_typical_s, "s", "median end-to-end run"),
        field("repeated_quiet_s", &V::repeated_quiet_s, "s", "quiet latency by the second process"),
        field("error", &V::error, "", "relative error, common factor removed"), field("raw_error", &V::raw_error, "", "relative error as it is"),
        field("covered", &V::covered, "", "the interval holds the measured value"),
        field("constants_s", &V::constants_s, "s", "baseline of constants and a launch term"),
        field("extrapolated", &V::extrapolated, "", "calls outside the calibrated region, or empty"),
        field("budget_predicted_s", &V::budget_predicted_s, "s", "predicted after measuring cases"),
        field("budget_low_s", &V::budget_low_s, "s", "lower end of that prediction's interval"),
        field("budget_high_s", &V::budget_high_s, "s", "upper end of that prediction's interval"),
        field("budget_error", &V::budget_error, "", "its relative error, its common factor removed"),
        field("budget_raw_error", &V::budget_raw_error, "", "its relative error as it is"),
        field("budget_spent_s", &V::budget_spent_s, "s", "time that cases were measured for"),
        field("budget_measured_share", &V::budget_measured_share, "", "part of that prediction that was looked up"),
        field("budget_covered", &V::budget_covered, "", "that interval holds the measured value"),
        field("budget_whole", &V::budget_whole, "", "the whole model ran to measure its cases"));
  }
};

// Scores of the predictions with a budget, over the models that have one.
struct BudgetScore {
  double budget_s = 0;     // given to each model
  std::string cases;       // "fresh for each model" or "shared by all models"
  int models = 0, whole = 0;
  double mape = 0, mape_raw = 0, bias = 0, median = 0, p90 = 0, max = 0, within_5 = 0, within_10 = 0;
  double coverage = 0, common_factor = 1;
  double mape_without = 0;  // of the same models without a budget, common factor removed
  double gain = 0;          // 1 - mape / mape_without
  double interval_ratio = 0;          // median high / low
  double interval_ratio_without = 0;
  double spent_s = 0;       // median
  static constexpr auto fields() {
    using B = BudgetScore;
    return std::make_tuple(
        field("budget_s", &B::budget_s, "s", "given to each model"), field("cases", &B::cases, "", "whose case database"),
        field("models", &B::models, "", "models with such a prediction"), field("whole", &B::whole, "", "of them run as a whole"),
        field("mape", &B::mape, "", "mean absolute relative error, common factor removed"),
        field("mape_raw", &B::mape_raw, "", "the same, as it is"), field("bias", &B::bias, "", "mean relative error"),
        field("median", &B::median, "", "median absolute relative error"), field("p90", &B::p90, "", "90 % quantile"),
        field("max", &B::max, "", "largest"), field("within_5", &B::within_5, "", "share within 5 %"),
        field("within_10", &B::within_10, "", "share within 10 %"),
        field("coverage", &B::coverage, "", "share of models inside their 90 % interval"),
        field("common_factor", &B::common_factor, "", "measured over predicted, the median over models"),
        field("mape_without", &B::mape_without, "", "of the same models without a budget"),
        field("gain", &B::gain, "", "1 - mape / mape_without"),
        field("interval_ratio", &B::interval_ratio, "", "upper over lower end of an interval, median"),
        field("interval_ratio_without", &B::interval_ratio_without, "", "the same without a budget"),
        field("spent_s", &B::spent_s, "s", "time that a model's cases were measured for, median"));
  }
};

struct ClassScore {
  std::string key;
  int calls = 0;
  double share = 0;         // of all measured time
  double median_error = 0;  // of single calls, common factor removed
  double total_bias = 0;    // sum predicted / sum measured - 1
  static constexpr auto fields() {
    using C = ClassScore;
    return std::make_tuple(field("key", &C::key, "", "cost class"), field("calls", &C::calls, "", "calls in all models"),
                           field("share", &C::share, "", "of all measured time"),
                           field("median_error", &C::median_error, "", "median relative error of a call"),
                           field("total_bias", &C::total_bias, "", "sum of predictions over sum of measurements - 1"));
  }
};

struct Validation {
  int schema_version = 1;
  std::string created_at, commit, machine, predictions_id;
  int threads = 1, visits = 0;
  double visit_factor = 1;     // measured quiet latency, carried on to 40 visits, over what the visits gave; median over models
  double mape = 0;             // common factor removed
  double mape_raw = 0, mape_probe = 0;
  double bias = 0, median = 0, p90 = 0, max = 0, within_5 = 0, within_10 = 0, wape = 0;
  double coverage = 0;         // of models by their 90 % interval
  double coverage_heavy = 0;   // of calls of 50 us and more
  double common_factor = 1, probe_factor = 1;
  std::optional<double> noise_floor_mape;      // one process against the other, common factor removed
  std::optional<double> noise_floor_mape_raw;
  double constants_mape = 0;   // baseline, its own common factor removed
  double heavy_median_error = 0;  // calls of 50 us and more
  std::optional<double> sum_of_calls_mape;   // sum of the calls of a run against that run
  double contention = 1;
  std::optional<BudgetScore> budget;  // mape_budget and what belongs to it
  std::vector<ValidationRow> rows;
  std::vector<ClassScore> classes;
  std::vector<std::string> failures;
  std::map<std::string, std::string> versions;
  static constexpr auto fields() {
    using V = Validation;
    return std::make_tuple(
        field("schema_version", &V::schema_version, "", "version of this record, 1"), field("created_at", &V::created_at, "", "UTC, ISO 8601"),
        field("commit", &V::commit, "", "of the program"), field("machine", &V::machine, "", "machine"),
        field("predictions_id", &V::predictions_id, "", "hash of the predictions, made before measuring"),
        field("threads", &V::threads, "", "intra-op threads"), field("visits", &V::visits, "", "visits to each model"),
        field("visit_factor", &V::visit_factor, "", "measured quiet latency carried on to 40 visits, over what the visits gave; median over models"),
        field("mape", &V::mape, "", "mean absolute relative error, common factor removed"),
        field("mape_raw", &V::mape_raw, "", "the same, as it is"), field("mape_probe", &V::mape_probe, "", "the same, corrected by the speed probes"),
        field("bias", &V::bias, "", "mean relative error"), field("median", &V::median, "", "median absolute relative error"),
        field("p90", &V::p90, "", "90 % quantile"), field("max", &V::max, "", "largest"), field("within_5", &V::within_5, "", "share within 5 %"),
        field("within_10", &V::within_10, "", "share within 10 %"), field("wape", &V::wape, "", "sum of errors over sum of times"),
        field("coverage", &V::coverage, "", "share of models inside their 90 % interval"),
        field("coverage_heavy", &V::coverage_heavy, "", "share of calls of 50 us and more inside theirs"),
        field("common_factor", &V::common_factor, "", "measured over predicted, the median over models"),
        field("probe_factor", &V::probe_factor, "", "what the speed probes make of a prediction: its share of main memory by the memory probe, the rest by the compute probe, now over at calibration; median over models"),
        field("noise_floor_mape", &V::noise_floor_mape, "", "two processes against each other, common factor removed"),
        field("noise_floor_mape_raw", &V::noise_floor_mape_raw, "", "the same, as it is"),
        field("constants_mape", &V::constants_mape, "", "baseline of constants and a launch term"),
        field("heavy_median_error", &V::heavy_median_error, "", "median error of calls of 50 us and more"),
        field("sum_of_calls_mape", &V::sum_of_calls_mape, "", "sum of call times against the runs they are from"),
        field("contention", &V::contention, "", "typical over quiet latency, median"),
        field("budget", &V::budget, "", "scores with a budget for measuring cases"), field("rows", &V::rows, "", "models"),
        field("classes", &V::classes, "", "scores by cost class"), field("failures", &V::failures, "", "models that could not run"),
        field("versions", &V::versions, "", "software that ran"));
  }
};

// The quiet times as 40 visits would have given them, the number that calibrations are carried on to (visit_bias.hpp).
MeasuredSet at_reference_visits(MeasuredSet set);

// Scores against the measured times at 40 visits. `second` may be empty: then there is no noise floor. Models that were not
// measured are failures, never dropped.
Validation score(std::span<const ModelPrediction> predictions, const MeasuredSet& first, const MeasuredSet& second,
                 const OpModel& model);

// Adds the scores of predictions with a budget to rows and summary; nothing if there is none.
void score_budget(std::span<const ModelPrediction> predictions, Validation& validation);

std::string validation_markdown(const Validation& validation);

}  // namespace opgauge
