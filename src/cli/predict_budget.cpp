// SPDX-License-Identifier: Apache-2.0
#include "cli/predict_budget.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include "base/units.hpp"
#include "cli/calendar.hpp"
#include "cli/interruption.hpp"
#include "cli/progress_line.hpp"
#include "machine/fingerprint.hpp"
#include "measure/device.hpp"
#include "measure/probe.hpp"

namespace opgauge {

void CaseOptions::declare(CLI::App& app) {
  app.add_option("--budget", budget,
                 "spend this long on measuring the calls that matter, as in 2s; loads LibTorch")
      ->type_name("TIME");
  app.add_option("--case-home", home, "where timed cases are kept; default: $OPGAUGE_CASES, else the user's")
      ->type_name("FOLDER");
}

TimedCases::TimedCases(const CaseOptions& options, const Calibration& calibration,
                       const Machine& machine, const std::string& precision, int threads)
    : home_(options.home.empty() ? case_home() : std::filesystem::path(options.home)),
      precision_(precision),
      calibration_(calibration) {
  if (options.measures()) budget_s_ = parse_duration_s("--budget", options.budget);
  std::map<std::string, std::string> facts = calibration.fingerprint;
  facts["class"] = fingerprint(machine).class_key;
  facts["threads"] = std::to_string(threads);
  facts["precision"] = precision;
  facts.try_emplace("device", "cpu");
  facts.try_emplace("flush_denormal", "true");
  facts["allocator"] = calibration.op_model ? calibration.op_model->allocator : "resident";
  conditions_ = completed(home_, case_conditions(facts));
  read();
}

void TimedCases::read() {
  cases_ = read_timed_cases(home_, conditions_);
  times_ = case_times(cases_);
}

Device& TimedCases::device() {
  if (device_) return *device_;
  ExecutionSettings settings;
  settings.threads = std::stoi(conditions_.at("threads"));
  settings.flush_denormal = conditions_.at("flush_denormal") != "false";
  settings.allocator = parse_enum<AllocatorMode>("calibration", "allocator", conditions_.at("allocator"));
  device_ = open_device(conditions_.at("device"), settings);
  if (const auto reason = device_->lacks(precision_)) {
    throw Error("--precision " + precision_, "this device cannot run it: " + *reason);
  }
  return *device_;
}

BudgetSpent TimedCases::spend(const Graph& graph, const EstimateOptions& given) {
  SteadyClock clock;
  std::unique_ptr<SpeedProbe> probe;
  ProgressLine line(::isatty(2) != 0);
  std::optional<Surroundings> around;
  const auto surroundings = [&]() -> const Surroundings& {
    probe = std::make_unique<SpeedProbe>(clock);
    around.emplace(Surroundings{clock, [&] { return probe->read(); }, {}});
    line.show(fmt::format("measuring {} for {}", graph.name, format_duration(budget_s_)));
    return *around;
  };
  TimeCasesOptions timing;
  timing.l3_bytes = calibration_.op_model->l3_bytes;
  timing.measured_at = utc_timestamp();
  timing.interrupted = [] { return interrupted(); };
  EstimateOptions options = given;
  options.case_times = &times_;
  catch_interruptions();
  SpentBudget spent = spend_budget(graph, options, budget_s_, [&]() -> Device& { return device(); },
                                   surroundings, timing);
  if (device_) {
    // The database is of what really ran, whatever the calibration was made with.
    const auto versions = device_->versions();
    if (const auto at = versions.find("libtorch"); at != versions.end() && conditions_["libtorch"] != at->second) {
      conditions_["libtorch"] = at->second;
    }
  }
  append_timed_cases(home_, conditions_, spent.cases);
  read();
  spent.spent.database = file().string();
  return spent.spent;
}

}  // namespace opgauge
