// SPDX-License-Identifier: Apache-2.0
// What the estimators share that sum calls up: `calibrated` and `measured`.
#pragma once

#include <span>
#include <vector>

#include "estimate/estimators.hpp"
#include "estimate/op_predictor.hpp"

namespace opgauge {

// The op-level section of the calibration. Error if there is none.
const OpModel& model_of(const EstimateOptions& options);
// Error if the calibration is of another thread count; says in `total` which calibration it is.
void check_conditions(const EstimateOptions& options, Estimate& total);
// One prediction per node. An op outside the table is an Error, or an empty prediction if allowed.
std::vector<OpPrediction> predict_calls(const Graph& graph, std::span<const CaseFacts> facts,
                                        const OpModel& model, bool allow_unknown);
// Gives each region the sum of its calls.
RegionTimer timer_of(std::vector<OpPrediction> calls);

}  // namespace opgauge
