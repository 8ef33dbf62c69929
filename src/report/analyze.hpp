// SPDX-License-Identifier: Apache-2.0
// From results to findings: pure value to value. Each section states what it needs; where a column,
// the machine's record or enough rows are missing, it is left out with that reason.
#pragma once

#include "calibrate/results.hpp"
#include "machine/machine.hpp"
#include "report/findings.hpp"

namespace opgauge {

struct AnalysisInput {
  const Machine* machine = nullptr;     // nullptr: no recommended updates
  const Calibration* before = nullptr;  // what the coefficients were; nullptr: the assumed ones
  const Results* repeat = nullptr;      // the same sweep measured again: gives the noise floor
  std::optional<double> noise_floor;    // stated by the run itself; `noise_floor_source` says how
  std::string noise_floor_source;
};

Findings analyze(const Results& results, const AnalysisInput& input);

// The parts, for tests and for the report of several runs.
FindingsSummary summarize(const Results& results, const AnalysisInput& input);
std::vector<BottleneckFinding> find_bottlenecks(const Results& results);
std::vector<UpdateFinding> find_updates(const Results& results, const Machine& machine,
                                        const Calibration* before, std::vector<LeftOut>& left_out);
std::vector<RoofFinding> find_roofs(const Results& results, const Machine& machine,
                                    const std::vector<UpdateFinding>& updates);
std::vector<TransitionFinding> find_transitions(const Results& results);
std::vector<Insight> find_insights(const Results& results,
                                   const std::vector<UpdateFinding>& updates,
                                   const std::vector<TransitionFinding>& transitions);

}  // namespace opgauge
