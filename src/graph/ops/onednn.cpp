// SPDX-License-Identifier: Apache-2.0
#include "graph/ops/onednn.hpp"

#include <algorithm>
#include <utility>

namespace opgauge::onednn {
namespace {

int64_t divide_up(int64_t a, int64_t b) { return (a + b - 1) / b; }
int64_t round_up(int64_t a, int64_t b) { return divide_up(a, b) * b; }

// Rows of a block: all up to 256; beyond, the block of 32 to 256 rows that leaves the fewest rows
// over.
int64_t row_block(int64_t m) {
  if (m <= 256) return m;
  int64_t best = 256;
  const auto waste = [&](int64_t block) { return round_up(m, block) - m; };
  for (int64_t block = 255; block >= 32; --block) {
    if (waste(block) < waste(best)) best = block;
  }
  return best;
}

}  // namespace

int64_t matmul_scratch_bytes(MatmulShape s) {
  constexpr int64_t column_block = 64, slack_bytes = 1024, element_bytes = 2, sum_bytes = 4;
  if (s.n == 1 && s.batch == 1) {  // a vector: computed as its transpose
    std::swap(s.m, s.n);
    s.a_transposed = false;
  }
  if (s.m == 1) s.a_transposed = false;
  const int64_t rows = row_block(s.m);
  int64_t columns = std::min(s.n, column_block);
  int64_t depth = round_up(s.k, 32);
  if (s.k > 512) depth = s.k > 1024 && s.m > 1 && !s.a_transposed ? 1024 : 512;
  // The right operand's block is packed, the sums of a block are kept in f32.
  int64_t bytes = slack_bytes + depth * column_block * element_bytes;
  if (s.a_transposed) {
    // The left operand's block is packed too (rows padded off a power of two), and with several
    // depth blocks the sums of up to 16 column blocks are kept.
    bytes += 128 + rows * (depth % 512 == 0 ? depth + 32 : depth) * element_bytes;
    if (s.k > 512 && s.n > column_block) {
      const int64_t blocks = divide_up(s.n, column_block);
      columns = column_block * divide_up(blocks, divide_up(blocks, 16));
    }
  }
  return bytes + rows * columns * sum_bytes;
}

ConvolutionMemory convolution_memory(const ConvolutionShape& s) {
  constexpr int64_t block = 16, slack_bytes = 128, sum_bytes = 4;
  const int64_t element = size_bytes(s.dtype);
  const int64_t batch = s.input[0], inputs = s.input[1], outputs = s.output[1];
  const int64_t group_inputs = inputs / s.groups, group_outputs = outputs / s.groups;
  const auto positions = [](const Dims& sizes) {
    return product(Dims(sizes.begin() + 2, sizes.end()));
  };
  const int64_t kernel = positions(s.weight), in = positions(s.input), out = positions(s.output);
  const bool pointwise = kernel == 1, half = s.dtype == Dtype::bf16;
  const bool strided =
      std::any_of(s.stride.begin(), s.stride.end(), [](int64_t one) { return one != 1; });

  ConvolutionMemory memory;
  int64_t padded_inputs = inputs, padded_outputs = outputs;
  if (s.groups == 1) {
    padded_inputs = round_up(inputs, block);
    padded_outputs = round_up(outputs, block);
    memory.weight = padded_outputs * padded_inputs * kernel * element;
    if (inputs < block && !pointwise) {  // the plain layout is read as it is
      memory.weight = padded_outputs * (half ? round_up(inputs, 2) : inputs) * kernel * element;
      padded_inputs = 0;
    }
    if (pointwise && strided) memory.private_bytes += slack_bytes + padded_inputs * out * element;
    if (pointwise && half) memory.private_bytes += slack_bytes + padded_outputs * out * sum_bytes;
  } else if (s.groups == inputs && outputs == inputs) {  // depthwise
    padded_inputs = padded_outputs = round_up(inputs, block);
    memory.weight = padded_inputs * kernel * element;
  } else if (group_inputs % 4 == 0 && group_outputs % 4 == 0) {  // blocks of 16, 8 or 4 channels
    memory.weight = outputs * group_inputs * kernel * element;
  } else {  // a matrix product over unfolded windows, in the plain layout
    padded_inputs = 0;
    if (!pointwise) memory.private_bytes += slack_bytes + group_inputs * kernel * out * element;
    if (half) memory.private_bytes += slack_bytes + group_outputs * out * sum_bytes;
    if (half && s.bias) memory.private_bytes += slack_bytes + outputs * sum_bytes;
  }
  memory.input = batch * padded_inputs * in * element;
  memory.output = batch * padded_outputs * out * element;
  if (s.bias && padded_outputs != outputs)
    memory.private_bytes += slack_bytes + padded_outputs * element;
  return memory;
}

}  // namespace opgauge::onednn
