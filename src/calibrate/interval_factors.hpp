// SPDX-License-Identifier: Apache-2.0
// How many standard deviations an interval needs: split conformal prediction (Vovk et al. 2005; Lei et al. 2018) on what
// cross-validation held out.
#pragma once

#include <span>

#include "calibrate/op_fit.hpp"

namespace opgauge {

// Sets result.model.interval_factor, so that 90 % of the held-out composites of networks lie inside, times
// options.model_over_composite, and call_interval_factor, so that 90 % of the held-out calls of 50 us and more do.
// `result` holds its held-out cases and the spreads of its classes.
void set_interval_factors(std::span<const Observation> observations, const OpFitOptions& options, OpFitResult& result);

}  // namespace opgauge
