// SPDX-License-Identifier: Apache-2.0
#include "estimate/measured_sum.hpp"

#include <algorithm>
#include <cmath>

namespace opgauge {
namespace {

// What the measured cases of a class say of its shared error.
struct SharedError {
  double precision = 1;  // of z; 1 before anything was measured
  double weighted = 0;   // sum of tau r / v
  double mean() const { return weighted / precision; }
  double sd() const { return 1 / std::sqrt(precision); }
};

// Of how much slower the machine typically is than at rest: by so much a whole session may be off, either way.
constexpr double session_part = 0.35;
constexpr double normal_90 = 1.645;  // standard deviations that hold 90 % of a normal distribution

// What a session says against the predictions that it replaces: a machine can be slow for all of it, or have been slow while it was
// calibrated. `factor`: on the measured times; `log_sd`: of their sum, beside the session's own.
struct SessionDoubt {
  double factor = 1, log_sd = 0;
};
SessionDoubt doubt(double measured_s, const std::vector<OpPrediction>& replaced, const OpModel& model) {
  double predicted_s = 0;
  for (const OpPrediction& call : replaced) predicted_s += call.latency_s;
  const double state_sd = session_part * std::log(std::max(1.0, model.contention));
  if (!(predicted_s > 0) || !(measured_s > 0) || state_sd == 0) return {};
  const LatencyInterval interval = interval_around(predicted_s, error_variance_s2(replaced, model), deciding_shapes(replaced), model);
  const double predicted_sd = std::log(interval.high_s / interval.latency_s) / normal_90;
  const double both = predicted_sd * predicted_sd + state_sd * state_sd;
  return {std::pow(measured_s / predicted_s, -state_sd * state_sd / both), predicted_sd * state_sd / std::sqrt(both)};
}

}  // namespace

MeasuredSum sum_measured(std::vector<OpPrediction> calls, const GraphCases& cases,
                         const CaseTimes& times, const OpModel& model) {
  OPGAUGE_CHECK(calls.size() == cases.of_node.size(), "one prediction per node");
  MeasuredSum out;
  out.calls = std::move(calls);
  out.measured.assign(out.calls.size(), false);
  out.cases = static_cast<int>(cases.cases.size());

  std::map<std::string, SharedError> shared;
  std::vector<const CaseTime*> known(cases.cases.size(), nullptr);
  for (size_t k = 0; k < cases.cases.size(); ++k) {
    const auto at = times.find(cases.cases[k].key());
    if (at == times.end()) continue;
    known[k] = &at->second;
    ++out.measured_cases;
    const OpPrediction& call = out.calls[cases.cases[k].nodes.front()];
    if (call.key.empty() || call.latency_s <= 0) continue;  // outside the op table
    const double v = call.own_sd * call.own_sd + at->second.log_sd * at->second.log_sd;
    if (v <= 0) continue;
    SharedError& of_class = shared[call.key];
    of_class.precision += call.common_sd * call.common_sd / v;
    of_class.weighted += call.common_sd * std::log(at->second.quiet_s / call.latency_s) / v;
  }

  double measured_error_s = 0;  // one session's cases err together, so their errors add up
  std::vector<OpPrediction> replaced;
  for (size_t k = 0; k < cases.cases.size(); ++k) {
    if (!known[k]) continue;
    const double case_s = known[k]->quiet_s * static_cast<double>(cases.cases[k].nodes.size());
    measured_error_s += case_s * known[k]->log_sd;
    out.measured_s += case_s;
    for (const size_t node : cases.cases[k].nodes) replaced.push_back(out.calls[node]);
  }
  const SessionDoubt session = doubt(out.measured_s, replaced, model);
  measured_error_s = std::max(measured_error_s, out.measured_s * session.log_sd);
  std::vector<OpPrediction> predicted;  // what no measurement replaced
  for (size_t n = 0; n < out.calls.size(); ++n) {
    OpPrediction& call = out.calls[n];
    if (const CaseTime* time = known[cases.of_node[n]]) {
      out.measured[n] = true;
      call.latency_s = time->quiet_s * session.factor;
      call.call_s = std::min(call.call_s, call.latency_s);
      call.common_sd = 0;
      call.own_sd = time->log_sd;
      call.extrapolated.clear();
    } else if (const auto of_class = shared.find(call.key); of_class != shared.end()) {
      const double shift = std::exp(call.common_sd * of_class->second.mean());
      call.latency_s *= shift;
      call.call_s *= shift;
      call.common_sd *= of_class->second.sd();
    }
    out.total.latency_s += call.latency_s;
    if (out.measured[n]) continue;
    predicted.push_back(call);
  }
  out.total = interval_around(out.total.latency_s, measured_error_s * measured_error_s + error_variance_s2(predicted, model), deciding_shapes(out.calls), model);
  return out;
}

}  // namespace opgauge
