// SPDX-License-Identifier: Apache-2.0
// Work of single calls against numbers counted by hand from what the kernels of eager execution
// read and write.
#include "graph/work.hpp"

#include <gtest/gtest.h>

#include "graph/case.hpp"
#include "graph/op_table.hpp"

namespace opgauge {
namespace {

struct Counted {
  const char* text;
  Work work;
  int64_t scratch_bytes = 0;
};

const Counted counted[] = {
    {"aten::relu(f32[2,3,4])", {0, 24, 96, 96}},
    {"aten::relu_(f32[2,3,4])", {0, 24, 96, 96}},
    // A broadcast operand is read once, as is an expanded one.
    {"aten::add.Tensor(f32[8,4], f32[4])", {0, 32, 128 + 16, 128}},
    {"aten::add.Tensor(f32[8,4]{0,1}, f32[8,4])", {0, 32, 16 + 128, 128}},
    {"aten::add.Tensor(f32[8,4], f32[4], 2)", {0, 64, 128 + 16, 128}},
    // A number becomes an f64 tensor and is cast.
    {"aten::mul.Scalar(f32[4,8], 2.0)", {0, 32, 128, 128}, 8 + 4},
    // self cast to f32, the sum taken in a second f32 temporary, which is cast back.
    {"aten::add_.Tensor(bf16[32], f32[32])", {0, 32, 64 + 128 + 128 + 128, 128 + 128 + 64}, 256},
    {"aten::gelu(f32[8])", {0, 40, 32, 32}},
    {"aten::gelu(f32[8], \"tanh\")", {0, 72, 32, 32}},
    {"aten::clamp(f32[8], 0, 1)", {0, 16, 32, 32}},
    {"aten::clamp(f32[8], None, 1)", {0, 8, 32, 32}},
    {"aten::pow.Tensor_Scalar(i64[8], 0.5)", {0, 8, 64 + 32, 32 + 32}, 32},
    {"aten::isfinite(f32[32])", {0, 128, 3 * 128 + 128 + 64, 128 + 96}, 128 + 64},
    {"aten::where.self(bool[4], f32[3,4], f32[])", {0, 0, 4 + 48 + 4, 48}},
    {"aten::masked_fill.Scalar(f32[4,8], bool[8], 0)", {0, 0, 128 + 8, 128 + 128}},
    {"aten::cat([f32[2,3], f32[2,5]], 1)", {0, 0, 64, 64}},
    {"aten::copy_(f32[4,8], f32[8])", {0, 0, 32, 128}},
    {"aten::reshape(f32[4,8], [8,4])", {}},
    {"aten::reshape(f32[4,8]{1,4}, [32])", {0, 0, 128, 128}},
    {"aten::to.dtype(f32[4,8], f32)", {}},
    {"aten::to.dtype(f32[4,8], bf16)", {0, 0, 128, 64}},
    {"aten::sum.dim_IntList(f32[4,8], [1])", {0, 32, 128, 16}},
    // The sum, then its division in place.
    {"aten::mean.dim(f32[4,8], [1])", {0, 36, 128 + 16, 16 + 16}, 12},
    // Cast to f32, summed, divided, cast back.
    {"aten::mean.dim(bf16[4,8], [1])", {0, 36, 64 + 128 + 16 + 16, 128 + 16 + 16 + 8}, 128 + 16},
    {"aten::var.correction(f32[4,8], [1])", {0, 4 * 32 + 2 * 4, 128, 16}},
    {"aten::cumsum(i32[4], 0)", {0, 4, 16 + 32, 32 + 32}, 32},
    {"aten::embedding(parameter f32[10,4], i64[2,3])", {0, 0, 96 + 48, 96}},
    {"aten::index.Tensor(f32[5,4], [i64[3]])", {0, 0, 48 + 24, 48}},
    {"aten::scatter_add_(f32[4,8], 0, i64[2,3], f32[2,3])", {0, 6, 24 + 24 + 48, 24}},
    {"aten::sort(f32[4,8])", {0, 32 * 3, 128, 128 + 256}, 64},
    {"aten::arange(5)", {0, 10, 0, 40}},
    {"aten::zeros([4,8])", {0, 0, 0, 128}},
    {"aten::cdist(f32[3,4], f32[5,4], 1.0)", {0, 15 * 13, 48 + 80, 60}},
};

TEST(Work, IsWhatTheKernelsMoveAndCompute) {
  for (const Counted& one : counted) {
    const Graph graph = parse_case(one.text);
    const Work work = work_of(graph, graph.nodes[0]);
    EXPECT_EQ(work.macs, one.work.macs) << one.text;
    EXPECT_EQ(work.other_ops, one.work.other_ops) << one.text;
    EXPECT_EQ(work.read_bytes, one.work.read_bytes) << one.text;
    EXPECT_EQ(work.write_bytes, one.work.write_bytes) << one.text;
    EXPECT_EQ(scratch_bytes_of(graph, graph.nodes[0]), one.scratch_bytes) << one.text;
  }
}

}  // namespace
}  // namespace opgauge
