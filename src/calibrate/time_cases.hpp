// SPDX-License-Identifier: Apache-2.0
// Times a model's cases between their own neighbours in a few seconds: what `predict --budget` does
// after it has planned what matters (estimate/measuring_plan.hpp).
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "calibrate/references.hpp"
#include "estimate/measuring_plan.hpp"
#include "machine/timed_case.hpp"
#include "measure/passes.hpp"

namespace opgauge {

struct TimeCasesOptions {
  double l3_bytes = 32 << 20;  // what a model must exceed for its weights to come from memory
  int reference_visits = 40;   // of calibrations and validations: what "least" means
  std::string measured_at;     // stands in every TimedCase
  std::function<bool()> interrupted;
  std::span<const ReferenceNetwork> references;  // run beside the cases, to see how slow the machine is meanwhile
};

struct CasesTimed {
  std::vector<TimedCase> cases;
  bool whole = false;   // the graph as it is; else its planned calls and those that lead up to them
  int calls = 0;        // nodes that ran in a pass
  int passes = 0;
  double spent_s = 0;   // running, warm-up and probes included
  double prepared_s = 0;  // making weights and inputs, beside that
  MachineSpeed quiet_probe;
  std::optional<Slowness> slowness;  // of the references; most of what exceeds their own noise has been taken off the cases' times
};

CasesTimed time_cases(Device& device, const Graph& graph, const GraphCases& cases,
                      const MeasuringPlan& plan, const TimeCasesOptions& options,
                      const Surroundings& around);

// The mean of the least of `visits` samples drawn from these without putting back: what so many visits
// would have shown. With fewer samples than visits, their least.
double least_of_visits(std::vector<double> samples, int visits);

// What one session of passes says of the quiet time of its calls, beside each one's least: by how much
// that is too high, and how sure that is. All calls of a session share this error: the machine was
// quiet, or was not, for all of them.
struct SessionBias {
  double log_excess = 0;  // to take off the logarithm of each least time
  double log_sd = 0;
};
// `nodes`: those of the passes that count.
SessionBias session_bias(const Passes& passes, const std::vector<size_t>& nodes, int reference_visits);
// The same of a session while references were slow or quick: most of what they lost or gained beyond their own noise is taken off, so that
// sessions of several hours and the calibration's predictions speak of one state of the machine.
SessionBias with_slowness(SessionBias bias, const Slowness& slowness);

}  // namespace opgauge
