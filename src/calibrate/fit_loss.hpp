// SPDX-License-Identifier: Apache-2.0
// How well some calls of a calibration are explained under given conditions: what decides between conditions that a machine does
// not state, the size of its last cache or the tiles of its BLAS.
#pragma once

#include <functional>
#include <span>
#include <vector>

#include "calibrate/op_fit.hpp"

namespace opgauge {

struct FitLoss {
  double mean_log_error = 0;  // |log(predicted / measured)|, at most 1 each, of the fitted calls themselves
  size_t calls = 0;
};

// The networks with a call that `fitted` holds for: the others say nothing, and their facts take as long.
std::vector<Observation> observations_with(std::span<const Observation> observations, const OpFitOptions& options, const std::function<bool(const CaseFacts&)>& fitted);

// Fits the calls that `fitted` holds for, anew, and looks at those of them in networks that `counts` holds for. Every condition has
// the same coefficients to fit, so the fitted calls themselves say which explains most.
FitLoss loss_of_fit(std::span<const Observation> observations, const OpFitOptions& options, const std::function<bool(const CaseFacts&)>& fitted,
                    const std::function<bool(std::span<const CaseFacts>)>& counts);

}  // namespace opgauge
