// SPDX-License-Identifier: Apache-2.0
// From visits to values. Everything here is a pure function of a row's visits, so a resumed run
// gives the same values as one that was never interrupted.
#pragma once

#include <optional>
#include <span>

#include "measure/protocol.hpp"

namespace opgauge {

// Visits without a sample are left out; nullopt if none is left. With a single visit the intervals
// are as wide as the values: one visit says nothing of its own repeatability.
std::optional<Summary> summarize(std::span<const Visit> visits);

// Sum over nodes of the least time over visits, with an interval from leaving out one of up to 8
// blocks of neighbouring rounds at a time (delete-a-group jackknife, Kott 2001). Blocks, because
// neighbours in time share the machine's mood.
Interval quiet_interval(std::span<const Visit* const> visits);

// How far the quiet value is from being known, as a fraction, by this run's rounds: the larger of
// its half-width and of the distance to the third-least times of the nodes. The jackknife alone
// takes one lucky visit for certainty where the others agree without it; the quiet state has to be
// seen three times.
double unsettled_by(std::span<const Visit* const> visits);

// Median with the distribution-free interval between order statistics whose coverage is at least 95
// % (binomial); with fewer than 6 values no such interval exists and the range is given, widened to
// half the value at least.
Interval median_interval(std::span<const double> values);

// Whether measuring the row may end now, and how. nullopt: visit it again.
std::optional<Outcome> decide(std::span<const Visit> visits, const ProtocolSettings& settings);

// The outcome of a row that has to be closed at a limit, whatever its interval: valid if it is
// narrow enough already.
Outcome close_at(Stop stop, std::span<const Visit> visits, const ProtocolSettings& settings);

}  // namespace opgauge
