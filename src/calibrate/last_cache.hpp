// SPDX-License-Identifier: Apache-2.0
// How much of the last cache was this process's own while it calibrated. Neighbours on a shared machine take part of it, more
// on one day than on the next, so what `machine detect` once read is not what weights found: the capacity with which the
// calibrated calls that read many weights are explained best is taken.
#pragma once

#include <span>

#include "calibrate/op_fit.hpp"

namespace opgauge {

struct LastCache {
  double bytes = 0;
  double fill_bytes_per_s = 0;  // with which neighbours, and what else this process does not count, age its lines
};

// Of some multiples of options.conditions.l3_bytes, from half of it to twice as much (from a quarter to 16 times where the machine's
// record has not `told` its size), and some rates those that explain most;
// options' own if there are too few calls to tell. What counts is the mean error in logarithms of products of few rows, fitted
// anew for each pair, how far the capacity is from l3_bytes, and how far the rate is from what is usual.
LastCache effective_last_cache(std::span<const Observation> observations, const OpFitOptions& options, bool told = true);

}  // namespace opgauge
