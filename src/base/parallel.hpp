// SPDX-License-Identifier: Apache-2.0
// Independent pieces of work on all cores of the process. Results do not depend on the number of threads as long as each
// piece writes only what is its own.
#pragma once

#include <cstddef>
#include <functional>

namespace opgauge {

// Calls body(0) … body(count - 1), in no order; returns when all are done. The first exception is thrown again.
void parallel_for(size_t count, const std::function<void(size_t)>& body);

}  // namespace opgauge
