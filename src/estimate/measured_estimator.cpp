// SPDX-License-Identifier: Apache-2.0
// The row `measured` of the table of estimators: calls that this machine has timed by what they took,
// the others by the calibration, which what was timed corrects.
#include <fmt/format.h>

#include "estimate/measured_sum.hpp"
#include "estimate/op_estimate.hpp"

namespace opgauge {
namespace {

MeasuredSum measured_sum(const Graph& graph, const EstimateOptions& options) {
  const OpModel& model = model_of(options);
  const std::vector<CaseFacts> facts = facts_of(graph, conditions_of(model));
  return sum_measured(predict_calls(graph, facts, model, options.allow_unknown),
                      cases_of(graph, facts), options.case_times ? *options.case_times : CaseTimes{},
                      model);
}

}  // namespace

RegionTimer prepare_measured(const Graph& graph, const Rates&, const Machine&,
                             const EstimateOptions& options, Estimate& total) {
  check_conditions(options, total);
  MeasuredSum sum = measured_sum(graph, options);
  total.latency_low_s = sum.total.low_s;
  total.latency_high_s = sum.total.high_s;
  total.measured_share = sum.total.latency_s > 0 ? sum.measured_s / sum.total.latency_s : 0;
  total.coefficients =
      fmt::format("{} of {} cases looked up, {:.0f} % of the time; for the rest the {}",
                  sum.measured_cases, sum.cases, 100 * *total.measured_share, total.coefficients);
  const RegionTimer timer = timer_of(std::move(sum.calls));
  return [timer, measured = std::move(sum.measured)](const Region& region, const RegionLoad& load,
                                                     RegionEstimate& out) {
    timer(region, load, out);
    out.measured = true;
    for (const size_t node : region.nodes) out.measured = out.measured && measured[node];
  };
}

}  // namespace opgauge
