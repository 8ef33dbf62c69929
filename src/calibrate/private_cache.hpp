// SPDX-License-Identifier: Apache-2.0
// From which size on a model loses its weights from the private cache between two runs. By its capacity alone it would be there,
// but prefetching hides much of what the next cache takes longer, on one machine more than on another.
#pragma once

#include <span>

#include "calibrate/op_fit.hpp"

namespace opgauge {

// Of some multiples of options.conditions.l2_bytes the one with which products of few rows are explained best, by the mean error in
// logarithms; options' own if there are too few calls to tell.
double effective_weight_l2_multiple(std::span<const Observation> observations, const OpFitOptions& options);

}  // namespace opgauge
