// SPDX-License-Identifier: Apache-2.0
// Applies to this process what silently changes time: threads, subnormals, what the allocator does
// with freed memory.
#pragma once

#include "measure/device.hpp"

namespace opgauge {

// Cheap if they are what was applied last. Throws Error where a setting cannot be had (a thread
// cannot be bound, or one worker cannot flush subnormals). AllocatorMode::resident cannot be taken
// back.
void apply_settings(const ExecutionSettings& settings);

}  // namespace opgauge
