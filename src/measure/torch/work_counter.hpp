// SPDX-License-Identifier: Apache-2.0
// Counts multiply-adds of what LibTorch dispatches, from the tensors that it passes: a check of the
// op table's work rules that shares nothing with them.
//
// A call of `aten::linear` dispatches `aten::addmm`, which computes: the lowest call with a rule
// counts, and the ones above it only if nothing below them has counted (`aten::linear` handed to
// oneDNN as a whole).
#pragma once

#include <functional>

#include "measure/device.hpp"

namespace opgauge {

// Runs `run` on this thread with the counter on. `calls` are the calls that counted.
ExecutedWork count_executed(const std::function<void()>& run);

}  // namespace opgauge
