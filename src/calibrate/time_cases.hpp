// SPDX-License-Identifier: Apache-2.0
// Times a model's cases between their own neighbours in a few seconds: what `predict --budget` does
// after it has planned what matters (estimate/measuring_plan.hpp).
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "estimate/measuring_plan.hpp"
#include "machine/timed_case.hpp"
#include "measure/passes.hpp"

namespace opgauge {

struct TimeCasesOptions {
  double l3_bytes = 32 << 20;  // what a model must exceed for its weights to come from memory
  int reference_visits = 40;   // of calibrations and validations: what "least" means
  std::string measured_at;     // stands in every TimedCase
  std::function<bool()> interrupted;
};

struct CasesTimed {
  std::vector<TimedCase> cases;
  bool whole = false;   // the graph as it is; else its planned calls and those that lead up to them
  int calls = 0;        // nodes that ran in a pass
  int passes = 0;
  double spent_s = 0;   // running, warm-up and probes included
  double prepared_s = 0;  // making weights and inputs, beside that
  MachineSpeed quiet_probe;
};

CasesTimed time_cases(Device& device, const Graph& graph, const GraphCases& cases,
                      const MeasuringPlan& plan, const TimeCasesOptions& options,
                      const Surroundings& around);

// The time that `samples` will show as their least in `visits` visits, and the standard error of its
// logarithm: the mean of the least of `visits` samples drawn from them without putting back. With
// fewer samples than visits their least, lowered by what one more doubling of the samples took off,
// damped, for each doubling that is missing.
struct QuietTime {
  double quiet_s = 0, log_sd = 0;
};
// `octave`: by how much, in log, the least fell when the number of passes last doubled.
QuietTime quiet_time(std::vector<double> samples, int visits, double octave);

}  // namespace opgauge
