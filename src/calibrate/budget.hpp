// SPDX-License-Identifier: Apache-2.0
// What spending a measuring budget on one model came to: for people, JSON and validations.
#pragma once

#include <string>

#include "calibrate/time_cases.hpp"
#include "estimate/predict.hpp"

namespace opgauge {

struct BudgetSpent {
  double budget_s = 0;   // as given
  double spent_s = 0;    // running the model or its calls
  double prepared_s = 0; // making weights and inputs, beside that
  int cases = 0;         // distinct ones of the model
  int found = 0;         // of them in the database beforehand
  int measured = 0;      // measured now
  int calls = 0;         // that ran in a pass
  int passes = 0;
  bool whole = false;    // the whole model ran, not only the calls that matter
  double speed_factor = 1;  // what the calibration's reference networks take now over their quiet times; without them, `slowdown` of the speed probes by the model's share of main memory
  bool referenced = false;  // by reference networks, most of whose slowness or quickness was taken off the measured times
  std::string database;  // file
  static constexpr auto fields() {
    using B = BudgetSpent;
    return std::make_tuple(
        field("budget_s", &B::budget_s, "s", "time given"),
        field("spent_s", &B::spent_s, "s", "time measured for"),
        field("prepared_s", &B::prepared_s, "s", "making weights and inputs, beside that"),
        field("cases", &B::cases, "", "distinct cases of the model"),
        field("found", &B::found, "", "of them in the database beforehand"),
        field("measured", &B::measured, "", "cases measured now"),
        field("calls", &B::calls, "", "calls that ran in a pass"),
        field("passes", &B::passes, "", "passes over them"),
        field("whole", &B::whole, "", "whether the whole model ran"),
        field("speed_factor", &B::speed_factor, "", "what the reference networks, or else the speed probes, take now over what they took at calibration"),
        field("referenced", &B::referenced, "", "whether that is by reference networks, most of whose slowness or quickness was taken off the measured times"),
        field("database", &B::database, "", "file of the case database"));
  }
  std::string sentence() const;  // "measured 34 of 60 cases (12 found) in 2.0 s: the whole model, 24 passes"
};

// Plans with what is known, measures, and returns the times; `spent.measured` is 0 if nothing was worth
// measuring, and then `device` was not asked for.
struct SpentBudget {
  BudgetSpent spent;
  std::vector<TimedCase> cases;
};
SpentBudget spend_budget(const Graph& graph, const EstimateOptions& options, double budget_s,
                         const std::function<Device&()>& device,
                         const std::function<const Surroundings&()>& around,
                         const TimeCasesOptions& timing);

}  // namespace opgauge
