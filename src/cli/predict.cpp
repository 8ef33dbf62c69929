// SPDX-License-Identifier: Apache-2.0
// `opgauge predict mlp:1024-2048x4-256 --batch 1,8,32`: what a model costs on a machine, without
// running it. Opens no LibTorch: the graph, the machine's record and a calibration are all it
// needs, unless `--budget` asks to measure what matters.
#include <fmt/format.h>

#include <algorithm>
#include <iostream>
#include <memory>

#include "base/csv.hpp"
#include "base/units.hpp"
#include "calibrate/run_facts.hpp"
#include "cli/commands.hpp"
#include "cli/interruption.hpp"
#include "cli/machine_choice.hpp"
#include "cli/model_options.hpp"
#include "cli/predict_budget.hpp"
#include "estimate/estimators.hpp"
#include "graph/rewrite.hpp"
#include "report/estimate_report.hpp"
#include "sweep/model_source.hpp"

namespace opgauge {
namespace {

struct PredictArguments {
  std::string model, estimator = "auto", mode = "eager", precision = "fp32", device = "cpu";
  std::vector<int64_t> batches;
  std::vector<std::string> dims;
  int threads = 1;
  size_t regions = 10;
  bool allow_unknown = false, channels_last = false;
  CaseOptions cases;
  MachineOptions machine;
  OutputOptions files;
};

// What the calibration was made for and this is not: said, never silently ignored.
void warn_about(const StoredCalibration& stored, const Machine& machine, Estimate& estimate) {
  if (stored.calibration.machine != machine.name) {
    estimate.notes.push_back("calibrated on machine " + stored.calibration.machine + ", used for " +
                             machine.name);
  }
  for (const std::string& line :
       differences(stored.calibration, calibration_fingerprint(machine))) {
    estimate.notes.push_back(line);
  }
}

// Times that were taken at another speed of the machine: it is said.
void note_speed(const BudgetSpent& spent, Estimate& estimate) {
  if (std::abs(spent.speed_factor - 1) < 0.05) return;
  estimate.notes.push_back(fmt::format("by {} the machine was {:.0f} % {} while measuring than while calibrating{}",
                                       spent.referenced ? "the calibration's reference networks" : "its speed probes",
                                       100 * std::abs(spent.speed_factor - 1), spent.speed_factor > 1 ? "slower" : "faster",
                                       !spent.referenced ? "" : spent.speed_factor > 1 ? ", most of which was taken off" : ", most of which was added"));
}

// Nothing to look up without times, and times belong to a calibration.
std::unique_ptr<TimedCases> timed_cases(const PredictArguments& arguments, const Machine& machine,
                                        const std::optional<StoredCalibration>& stored) {
  if (!arguments.cases.measures() && arguments.estimator != "measured") return nullptr;
  if (arguments.cases.measures() && arguments.estimator != "auto" && arguments.estimator != "measured") {
    throw Error("--budget", "found --estimator " + arguments.estimator + ", expected measured or none: measured times go into no other");
  }
  if (!stored || !stored->calibration.op_model) {
    throw Error("predict", "found no op-level calibration of this machine, expected one: run `opgauge calibrate`");
  }
  return std::make_unique<TimedCases>(arguments.cases, stored->calibration, machine, arguments.precision, arguments.threads);
}

int predict_model(const PredictArguments& arguments) {
  const Machine machine = arguments.machine.read(arguments.device);
  const auto stored = arguments.machine.read_calibration(machine, {arguments.threads, arguments.precision});
  EstimateOptions options;
  options.estimator = arguments.estimator;
  options.mode = parse_enum<PartitionMode>("--mode", "mode", arguments.mode);
  options.threads = arguments.threads;
  options.calibration = stored ? &stored->calibration : nullptr;
  options.allow_unknown = arguments.allow_unknown;
  const std::unique_ptr<TimedCases> cases = timed_cases(arguments, machine, stored);
  if (cases) options.case_times = &cases->times();
  std::vector<BatchEstimate> estimates;
  std::vector<std::optional<int64_t>> batches(arguments.batches.begin(), arguments.batches.end());
  if (batches.empty()) batches.push_back(std::nullopt);
  for (const auto& batch : batches) {
    ModelBindings bindings;
    bindings.batch = batch;
    bindings.dims = parse_dims(arguments.dims);
    const ModelSource source = load_model(arguments.model, bindings);
    const Graph graph = to_precision(arguments.channels_last ? to_channels_last(source.graph) : source.graph, arguments.precision);
    BatchEstimate one;
    one.model = source.name;
    one.batch = batch;
    if (arguments.cases.measures()) {
      options.estimator = "calibrated";
      const Estimate before = predict(graph, machine, options);
      one.before = {before.latency_s, before.latency_low_s, before.latency_high_s, before.estimator,
                    cases->spend(graph, options)};
      if (interrupted()) return 130;
      options.estimator = "measured";
    }
    one.estimate = predict(graph, machine, options);
    if (one.before) note_speed(one.before->spent, one.estimate);
    if (stored) warn_about(*stored, machine, one.estimate);
    estimates.push_back(std::move(one));
  }
  const OutputOptions& files = arguments.files;
  if (!files.json.empty()) emit(files.json, estimates_json(estimates).dump(1) + "\n");
  if (!files.csv.empty()) emit(files.csv, to_csv(estimates_table(estimates)));
  if (!files.markdown.empty())
    emit(files.markdown, estimates_markdown(estimates, arguments.regions));
  if (!files.any()) std::cout << estimates_text(estimates, arguments.regions);
  return 0;
}

}  // namespace

void declare_predict(CLI::App& app, Run& run) {
  auto a = std::make_shared<PredictArguments>();
  app.add_option("model", a->model,
                 "a family as in mlp:1024-2048x4-256, a .pt2 file, a graph file, or one op case")
      ->required()
      ->type_name("MODEL");
  app.add_option("--batch", a->batches, "batch sizes, as in 1,8,32")
      ->delimiter(',')
      ->check(CLI::Range(int64_t{1}, int64_t{1} << 31))
      ->type_name("N,…");
  app.add_option("--dim", a->dims, "symbolic size of an export, by its name or input dimension")
      ->type_name("s0=8|x.1=8");
  app.add_option("--device", a->device, "cpu or cuda: whose machine record and calibration")
      ->check(CLI::IsMember({"cpu", "cuda"}))
      ->capture_default_str();
  app.add_option("--threads", a->threads, "intra-op threads")
      ->check(CLI::Range(1, 4096))
      ->type_name("N");
  app.add_option("--precision", a->precision, "fp32, bf16, fp16 or int8");
  app.add_option(
      "--mode", a->mode,
      "eager: an op a kernel; fused: products with the norm, add and activation behind them");
  std::string names = "auto (calibrated where the calibration fits, else roofline)";
  for (const Estimator& one : estimators())
    names += ", " + std::string(one.name);
  app.add_option("--estimator", a->estimator, names);
  app.add_option("--regions", a->regions, "how many of the heaviest regions to list")
      ->type_name("N");
  app.add_flag("--channels-last", a->channels_last, "images and convolution weights in NHWC order");
  app.add_flag("--allow-unknown", a->allow_unknown,
               "leave out ops outside the op table; totals are then lower bounds");
  a->cases.declare(app);
  a->machine.declare(app);
  a->files.declare(app);
  run = [a] { return predict_model(*a); };
}

}  // namespace opgauge
