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

LstmMemory lstm_memory(Dtype dtype, int64_t steps, int64_t batch, int64_t inputs, int64_t width) {
  constexpr int64_t page = 4096;
  const int64_t element = size_bytes(dtype), depth_unit = dtype == Dtype::bf16 ? 2 : 1;
  const int64_t columns = 4 * round_up(width, 32);
  LstmMemory memory;
  memory.input_weight = round_up(inputs, depth_unit) * columns * element;
  memory.hidden_weight = round_up(width, depth_unit) * columns * element;
  // The gates of all steps, twice those of one step, copies of an input that is wider than the
  // state.
  const int64_t rows = product({steps, batch}), line = round_up(width, 64 / element);
  const int64_t gates = round_up(product({rows, 4 * line, element}), page);
  const int64_t one_step = round_up(product({batch, 4 * line, element}), page);
  const int64_t wider = std::max<int64_t>(0, round_up(inputs, 64 / element) - line);
  memory.private_bytes =
      gates + 2 * one_step + 2 * round_up(product({rows, wider, element}), page) + 2 * page + 776;
  return memory;
}

}  // namespace opgauge::onednn
