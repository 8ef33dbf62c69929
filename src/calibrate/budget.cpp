// SPDX-License-Identifier: Apache-2.0
#include "calibrate/budget.hpp"

#include <fmt/format.h>

#include <cmath>

#include "base/units.hpp"
#include "estimate/op_estimate.hpp"

namespace opgauge {
std::string BudgetSpent::sentence() const {
  if (measured == 0) {
    return fmt::format("nothing measured: {} of {} cases found in the database, the rest does not matter", found, cases);
  }
  return fmt::format("measured {} of {} cases ({} found in the database) in {}: {}, {} passes", measured, cases, found,
                     format_duration(spent_s), whole ? "the whole model" : fmt::format("{} calls of it", calls), passes);
}

SpentBudget spend_budget(const Graph& graph, const EstimateOptions& options, double budget_s,
                         const std::function<Device&()>& device,
                         const std::function<const Surroundings&()>& around,
                         const TimeCasesOptions& timing) {
  const OpModel& model = model_of(options);
  const std::vector<CaseFacts> facts = facts_of(graph, conditions_of(model));
  const GraphCases cases = cases_of(graph, facts);
  const std::vector<OpPrediction> predicted = predict_calls(graph, facts, model, options.allow_unknown);
  const MeasuredSum known =
      sum_measured(predicted, cases,
                   options.case_times ? *options.case_times : CaseTimes{}, model);
  PlanSettings planning;
  planning.budget_s = budget_s;
  const MeasuringPlan plan = plan_measuring(graph, cases, known, model, planning);
  SpentBudget out;
  out.spent.budget_s = budget_s;
  out.spent.cases = known.cases;
  out.spent.found = known.measured_cases;
  if (plan.cases.empty()) return out;
  TimeCasesOptions watching = timing;
  watching.references = model.references;
  CasesTimed timed = time_cases(device(), graph, cases, plan, watching, around());
  out.cases = std::move(timed.cases);
  out.spent.measured = static_cast<int>(out.cases.size());
  out.spent.spent_s = timed.spent_s;
  out.spent.prepared_s = timed.prepared_s;
  out.spent.calls = timed.calls;
  out.spent.passes = timed.passes;
  out.spent.whole = timed.whole;
  if (timed.slowness) {
    out.spent.speed_factor = std::exp(timed.slowness->log_factor);
    out.spent.referenced = true;
  } else if (model.probe_compute_s > 0 && model.probe_memory_s > 0 && timed.quiet_probe.compute_s > 0) {
    const MachineSpeed reference{model.probe_compute_s, 1, model.probe_memory_s};
    const double memory_share = main_memory_s(predicted) / OpPredictor(model).total(predicted).latency_s;
    out.spent.speed_factor = slowdown(relative_to(timed.quiet_probe, reference), memory_share);
  }
  return out;
}

}  // namespace opgauge
