// SPDX-License-Identifier: Apache-2.0
// How much of the last cache was this process's own while it calibrated. Neighbours on a shared machine take part of it, more
// on one day than on the next, so what `machine detect` once read is not what weights found: the capacity with which the
// calibrated calls that read many weights are explained best is taken.
#pragma once

#include <span>

#include "calibrate/op_fit.hpp"

namespace opgauge {

// In bytes: one of some multiples of options.conditions.l3_bytes, from half of it to twice as much; l3_bytes itself if there
// are too few calls to tell. What counts is the mean error in logarithms of products of few rows, fitted anew for each capacity,
// and how far it is from l3_bytes.
double effective_last_cache(std::span<const Observation> observations, const OpFitOptions& options);

}  // namespace opgauge
