// SPDX-License-Identifier: Apache-2.0
// `opgauge predict --budget 2s`: spends that time measuring what the interval is wide for, keeps the
// times in the case database, estimates again. LibTorch is loaded when there is something to measure.
#pragma once

#include <CLI/CLI.hpp>
#include <memory>
#include <optional>
#include <string>

#include "calibrate/budget.hpp"
#include "machine/calibration.hpp"
#include "machine/case_database.hpp"

namespace opgauge {

class Device;

struct CaseOptions {
  std::string budget, home;
  void declare(CLI::App& app);  // --budget, --case-home
  bool measures() const { return !budget.empty(); }
};

// The case database that fits a calibration, a machine and a precision; opens the device on demand.
class TimedCases {
 public:
  TimedCases(const CaseOptions& options, const Calibration& calibration, const Machine& machine,
             const std::string& precision, int threads);
  // What is known now.
  const CaseTimes& times() const { return times_; }
  std::filesystem::path file() const { return case_file(home_, conditions_); }
  // Measures what matters of a graph and adds it to the database; throws what Device does.
  BudgetSpent spend(const Graph& graph, const EstimateOptions& options);

 private:
  void read();
  Device& device();

  std::filesystem::path home_;
  std::string precision_;
  double budget_s_ = 0;
  const Calibration& calibration_;
  CaseConditions conditions_;
  std::vector<TimedCase> cases_;
  CaseTimes times_;
  std::shared_ptr<Device> device_;
};

}  // namespace opgauge
