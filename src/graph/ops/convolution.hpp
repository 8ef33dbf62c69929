// SPDX-License-Identifier: Apache-2.0
// Convolution as a step of eager execution.
#pragma once

#include "graph/ops/eager.hpp"

namespace opgauge::eager {

struct Window {
  Dims stride, padding, dilation, output_padding;
  bool transposed = false;
  int64_t groups = 1;
};

// input [N,C,spatial...] or [C,spatial...], weight [O,C/groups,kernel...] ([C,O/groups,kernel...]
// if transposed).
Tensor convolution(Run& run, Tensor input, Tensor weight, const Tensor& bias, Window window);

}  // namespace opgauge::eager
