// SPDX-License-Identifier: Apache-2.0
// Private memory of oneDNN primitives as LibTorch 2.13 (oneDNN 3.12) allocates it: through ATen,
// for the duration of the call. Stated for 1 thread on a CPU with AVX-512 and its bf16
// instructions, where it was observed; matrix units (AMX) have kernels that take more (docs/memory.md).
#pragma once

#include <cstdint>

#include "graph/tensor.hpp"

namespace opgauge::onednn {

// [batch] m x k times k x n in bf16.
struct MatmulShape {
  int64_t batch = 1, m = 0, k = 0, n = 0;
  bool a_transposed = false;  // the other operand's layout and accumulation make no difference
};
int64_t matmul_scratch_bytes(MatmulShape shape);

// A forward convolution in f32 or bf16; sizes have the batch and channel dimensions first.
struct ConvolutionShape {
  Dtype dtype = Dtype::f32;
  Dims input, weight, output;
  Dims stride, padding;
  int64_t groups = 1;
  bool transposed = false, bias = false;
};
// Bytes of what oneDNN allocates, 0 for what it does not need. `input`, `weight` and `output` are
// copies in its own blocked layout; `private_bytes` is its scratchpad.
struct ConvolutionMemory {
  int64_t input = 0, weight = 0, output = 0, private_bytes = 0;
  bool output_is_turned = false;  // it is channels-last and is copied once more
};
ConvolutionMemory convolution_memory(const ConvolutionShape& shape);
// The same for channels-last input and output, which are used as they are. A single input channel
// takes up to 220 kB more than stated here, a kernel of 16 x 16 in bf16 up to 8 kB.
ConvolutionMemory channels_last_convolution_memory(const ConvolutionShape& shape);

// One direction of one LSTM layer. The packed weights are exact; the private bytes are near, within
// 6 % of what the layer allocates in all, because their blocking is not stated in full here.
struct LstmMemory {
  int64_t input_weight = 0, hidden_weight = 0, private_bytes = 0;
};
LstmMemory lstm_memory(Dtype dtype, int64_t steps, int64_t batch, int64_t inputs, int64_t width);

}  // namespace opgauge::onednn
