// SPDX-License-Identifier: Apache-2.0
#include "cli/validate_models.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/uuid/name_generator_sha1.hpp>
#include <boost/uuid/uuid_io.hpp>
#include <filesystem>
#include <iostream>

#include "base/csv.hpp"
#include "base/units.hpp"
#include "calibrate/validate.hpp"
#include "cli/calendar.hpp"
#include "cli/run_again.hpp"
#include "cli/validation_models.hpp"
#include "cli/version.hpp"
#include "estimate/cost_class.hpp"
#include "graph/case.hpp"
#include "machine/calibration.hpp"
#include "machine/machine_files.hpp"

namespace opgauge {
namespace {

namespace fs = std::filesystem;

// The least of both, model by model and call by call.
void merge(MeasuredSet& into, const MeasuredSet& from) {
  if (into.models.empty()) {
    into = from;
    return;
  }
  into.probe_compute_s = std::min(into.probe_compute_s, from.probe_compute_s);
  into.probe_memory_s = std::min(into.probe_memory_s, from.probe_memory_s);
  for (const MeasuredModel& one : from.models) {
    const auto at = std::find_if(into.models.begin(), into.models.end(), [&](const auto& m) { return m.model == one.model; });
    if (at == into.models.end()) {
      into.models.push_back(one);
      continue;
    }
    const auto keep_least = [](std::vector<double>& least, const std::vector<double>& more) {
      for (size_t n = 0; n < std::min(least.size(), more.size()); ++n) least[n] = std::min(least[n], more[n]);
    };
    keep_least(at->node_s, one.node_s);
    keep_least(at->first_half_s, one.first_half_s);
    keep_least(at->second_half_s, one.second_half_s);
    at->typical_s = (at->typical_s * at->visits + one.typical_s * one.visits) / (at->visits + one.visits);
    at->least_run_s = std::min(at->least_run_s, one.least_run_s);
    at->visits += one.visits;
  }
}

// One row a call: what was predicted, what was measured, and the features it was predicted from.
Table call_table(const std::vector<ValidationModel>& chosen, const std::vector<ModelPrediction>& predictions, const MeasuredSet& measured,
                 const CostConditions& conditions) {
  Table table{{"model", "cost_class", "case", "measured_s", "predicted_s", "predicted_low_s", "predicted_high_s", "constants_s"}, {}};
  for (const CostFeature& feature : cost_features()) table.columns.emplace_back(feature.name);
  const auto number = [](double value) { return fmt::format("{:.9g}", value); };
  for (const ModelPrediction& one : predictions) {
    const auto seen = std::ranges::find(measured.models, one.model, &MeasuredModel::model);
    if (seen == measured.models.end() || seen->node_s.size() != one.node_s.size()) continue;
    const Graph graph = std::ranges::find(chosen, one.model, &ValidationModel::name)->load().graph;
    const std::vector<CaseFacts> facts = facts_of(graph, conditions);
    for (size_t n = 0; n < one.node_s.size(); ++n) {
      std::vector<std::string> row{one.model, one.node_class[n], case_text(graph, graph.nodes[n]), number(seen->node_s[n]), number(one.node_s[n]),
                                   number(one.node_low_s[n]), number(one.node_high_s[n]), number(one.node_constant_s[n])};
      for (const CostFeature& feature : cost_features()) row.push_back(number(feature.value(facts[n])));
      table.rows.push_back(std::move(row));
    }
  }
  return table;
}

StoredCalibration calibration_for(const std::string& given, const Machine& machine, const std::string& precision) {
  if (!given.empty()) return {given, read_calibration(given)};
  const auto stored = newest_calibration(calibration_roots(), machine.name, {std::nullopt, precision});
  if (!stored) throw Error("validate", "found no calibration of " + machine.name + ", expected one: run `opgauge calibrate`");
  return *stored;
}

}  // namespace

void ValidateModels::declare(CLI::App& app) {
  app.add_option("--calibration", calibration, "calibration file; the newest of this machine if not given");
  app.add_option("--folder", folder, "where predictions and measurements are kept")->capture_default_str();
  app.add_option("--budget", budget, "time for each measuring process")->capture_default_str();
  app.add_option("--visits", visits, "to each model, of all processes of one side together")->capture_default_str()->check(CLI::Range(1, 100000));
  app.add_option("--processes", processes, "measuring processes; every second one gives the noise floor")->capture_default_str()->check(CLI::Range(1, 100));
  app.add_option("--device", device, "cpu or cuda")->capture_default_str();
  app.add_option("--min-coverage", min_coverage, "exit 1 if fewer percent of the models lie inside their interval")->check(CLI::Range(0.0, 100.0));
  app.add_option("--precision", precision, "fp32, bf16, fp16 or int8: every model is rewritten to it")->capture_default_str();
  app.add_flag("--channels-last", channels_last, "images and convolution weights in NHWC order");
  app.add_flag("--rescore", rescore, "score the measurements that the folder holds already; the report says so");
  app.add_option("--cases", cases, "write every call, predicted and measured, to FILE (CSV)")->type_name("FILE");
  app.add_option("--predict-budget", predict_budget, "also score predictions after measuring each model's cases for this long, as in 2s")->type_name("TIME");
  app.add_flag("--shared-cases", shared_cases, "for --predict-budget: one case database for all models, in their order; else each starts with an empty one");
  output.declare(app);
}

namespace {

// What `predict --budget` says of one model, in a process of its own.
std::optional<BudgetPrediction> predict_with_budget(const ValidationModel& model, const std::vector<std::string>& options, const fs::path& file,
                                                    bool again) {
  if (again) {
    std::vector<std::string> arguments{"predict", model.text, "--json", file.string()};
    if (model.bindings.batch) arguments.insert(arguments.end(), {"--batch", std::to_string(*model.bindings.batch)});
    arguments.insert(arguments.end(), options.begin(), options.end());
    const int code = run_again(arguments);
    if (code == 130) return std::nullopt;
    if (code != 0) throw Error("predict --budget", fmt::format("the process ended with {}", code));
  }
  const Json said = read_json(file);
  BudgetPrediction out;
  const auto take = [&](const char* name, auto& to) {
    if (!said.is_object() || !said.contains(name)) throw Error(file.string(), std::string("field \"") + name + "\" is missing");
    decode(file.string() + ": " + name, said[name], to);
  };
  take("latency_s", out.predicted_s);
  take("latency_low_s", out.predicted_low_s);
  take("latency_high_s", out.predicted_high_s);
  take("measured_share", out.measured_share);
  take("budget", out.spent);
  return out;
}

}  // namespace

// Returns 130 if it was interrupted, else 0.
int ValidateModels::predict_with_budgets(const std::vector<ValidationModel>& chosen, const fs::path& calibration_file, int threads,
                                         std::vector<ModelPrediction>& predictions, std::vector<std::string>& failures) const {
  const fs::path kept = fs::path(folder) / "budget";
  std::error_code failed;
  if (!rescore) fs::remove_all(kept, failed);  // of an earlier run
  fs::create_directories(kept, failed);
  if (failed) throw Error(kept.string(), "cannot be made: " + failed.message());
  for (size_t i = 0; i < chosen.size(); ++i) {
    const auto prediction = std::ranges::find(predictions, chosen[i].name, &ModelPrediction::model);
    if (prediction == predictions.end()) continue;
    const fs::path home = kept / (shared_cases ? "cases" : fmt::format("cases_{}", i));
    std::vector<std::string> options{"--budget", predict_budget, "--threads", std::to_string(threads), "--calibration",
                                     calibration_file.string(), "--case-home", home.string()};
    if (!machine.empty()) options.insert(options.end(), {"--machine", machine});
    options.insert(options.end(), {"--precision", precision});
    if (channels_last) options.push_back("--channels-last");
    try {
      prediction->budget = predict_with_budget(chosen[i], options, kept / fmt::format("predicted_{}.json", i), !rescore);
      if (!prediction->budget) return 130;
    } catch (const Error& error) {
      failures.push_back(chosen[i].name + ": " + error.what());
    }
  }
  return 0;
}

int ValidateModels::run() {
  const double budget_s = parse_duration_s("--budget", budget);
  const Machine record = find_machine(machine, MachineFolders::standard(), SystemFiles(), device);
  const StoredCalibration stored = calibration_for(calibration, record, precision);
  if (!stored.calibration.op_model) {
    throw Error(stored.path.string(), "found no op-level section, expected one written by `opgauge calibrate`");
  }
  const OpModel& model = *stored.calibration.op_model;
  const std::vector<ValidationModel> chosen = validation_models(models, precision, channels_last);

  std::error_code made;
  fs::create_directories(folder, made);
  if (made) throw Error(folder, "cannot be made: " + made.message());
  std::vector<ModelPrediction> predictions;
  std::vector<std::string> failures;
  for (const ValidationModel& one : chosen) {
    try {
      predictions.push_back(predict_model(one.name, one.load().graph, model));
    } catch (const Error& error) {
      failures.push_back(one.name + ": " + error.what());
    }
  }
  if (!predict_budget.empty()) {
    parse_duration_s("--predict-budget", predict_budget);
    if (const int code = predict_with_budgets(chosen, stored.path, model.threads, predictions, failures); code != 0) return code;
  }
  const std::string text = encode(predictions).dump();
  boost::uuids::name_generator_sha1 hash(boost::uuids::ns::oid());
  const std::string id = boost::uuids::to_string(hash(text));
  write_file(fs::path(folder) / "predictions.json", text + "\n");
  std::cerr << fmt::format("{} predictions written, {}\n", predictions.size(), id);

  MeasuredSet sides[2];
  const int per_side = (processes + 1) / 2;
  for (int p = 0; p < processes; ++p) {
    const fs::path file = fs::path(folder) / fmt::format("measured_{}.json", p);
    std::vector<std::string> arguments{"observe", "--threads", std::to_string(model.threads), "--allocator", model.allocator, "--device", device,
                                       "--budget", fmt::format("{}s", budget_s), "--visits", std::to_string(std::max(1, visits / per_side)),
                                       "--seed", "1", "-o", file.string()};
    arguments.insert(arguments.end(), {"--precision", precision});
    if (channels_last) arguments.push_back("--channels-last");
    arguments.insert(arguments.end(), models.begin(), models.end());
    if (!rescore) {
      const int code = run_again(arguments);
      if (code == 130) return 130;
      if (code != 0 && code != 3) throw Error("observe", fmt::format("a measuring process ended with {}", code));
    }
    merge(sides[p % 2], read_record<MeasuredSet>(file));
  }
  if (!cases.empty()) {
    write_file(cases, to_csv(call_table(chosen, predictions, at_reference_visits(sides[0]), conditions_of(model))));
  }
  Validation result = score(predictions, sides[0], sides[1], model);
  result.failures.insert(result.failures.end(), failures.begin(), failures.end());
  std::sort(result.failures.begin(), result.failures.end());
  result.failures.erase(std::unique(result.failures.begin(), result.failures.end()), result.failures.end());
  if (result.budget) result.budget->cases = shared_cases ? "a case database shared by all models" : "an empty case database for each model";
  result.created_at = utc_timestamp();
  result.commit = program_commit();
  result.machine = record.name;
  result.predictions_id = rescore ? id + " (made after measuring: a rescore)" : id;
  write_json(fs::path(folder) / "validation.json", encode(result));
  const std::string markdown = validation_markdown(result);
  write_file(fs::path(folder) / "validation.md", markdown);
  if (!output.json.empty()) emit(output.json, encode(result).dump(1) + "\n");
  if (!output.csv.empty()) emit(output.csv, to_csv(to_table(result.rows)));
  if (!output.markdown.empty()) emit(output.markdown, markdown);
  if (!output.any()) std::cout << markdown;
  int code = result.failures.empty() ? 0 : 3;
  if (max_mape > 0 && 100 * result.mape > max_mape) {
    std::cerr << fmt::format("MAPE {} is above {} %\n", format_percent(result.mape), max_mape);
    code = 1;
  }
  if (min_coverage > 0 && 100 * result.coverage < min_coverage) {
    std::cerr << fmt::format("coverage {} is below {} %\n", format_percent(result.coverage), min_coverage);
    code = 1;
  }
  return code;
}

}  // namespace opgauge
