// SPDX-License-Identifier: Apache-2.0
// What of a machine's record the cost features depend on.
#pragma once

#include "estimate/case_facts.hpp"
#include "machine/machine.hpp"

namespace opgauge {

CostConditions conditions_of(const Machine& machine, int threads);

// Whether the record knows where the last cache ends. It does not if what it took for that cache was no quicker than main memory, or
// is less than an eighth of what is declared: where neighbours hold most of it, the bandwidth falls so early that the end is not seen.
bool tells_last_cache(const Machine& machine);

}  // namespace opgauge
