// SPDX-License-Identifier: Apache-2.0
// Which class a call falls into: the rules follow what LibTorch and oneDNN dispatch to.
#include "estimate/cost_class.hpp"

#include <gtest/gtest.h>

#include <tuple>

#include "graph/builder.hpp"
#include "graph/case.hpp"
#include "graph/liveness.hpp"
#include "graph/text.hpp"

namespace opgauge {
namespace {

struct Dispatch {
  const char* call;
  const char* key;
};

const Dispatch dispatches[] = {
    // Strides that cover the image exactly: the reduction to stride 1; else the direct kernel.
    {"aten::conv2d(f32[1,256,56,56], parameter f32[512,256,1,1], None, [2,2])", "conv.1x1_strided"},
    {"aten::conv2d(f32[1,256,57,56], parameter f32[512,256,1,1], None, [2,2])", "conv.1x1_strided_rest"},
    {"aten::conv2d(f32[1,256,56,55], parameter f32[512,256,1,1], None, [2,2])", "conv.1x1_strided_rest"},
    {"aten::conv1d(f32[4,64,100], parameter f32[32,64,1], None, [2])", "conv.1x1_strided"},
    {"aten::conv1d(f32[4,64,101], parameter f32[32,64,1], None, [2])", "conv.1x1_strided_rest"},
    {"aten::conv2d(f32[1,64,100,100], parameter f32[3,64,9,9], None, [1,1], [4,4])", "conv.narrow"},
    {"aten::conv2d(f32[1,64,100,100], parameter f32[8,64,3,3], None, [1,1], [1,1])", "conv.narrow"},
    {"aten::conv2d(f32[1,64,100,100], parameter f32[12,64,3,3], None, [1,1], [1,1])", "conv.3x3"},
    {"aten::conv1d(f32[2,1,512], parameter f32[1,1,5], None, [1], [2])", "conv.stem_narrow"},
    // Transposed convolutions of several images go to oneDNN, small single ones to a product and col2im.
    {"aten::conv_transpose2d.input(f32[2,64,8,8], parameter f32[64,3,4,4], None, [2,2])", "conv.transposed"},
    {"aten::conv_transpose2d.input(f32[2,64,8,8]{4096,1,512,64}, parameter f32[64,3,4,4], None, [2,2])", "conv.transposed.channels_last"},
    {"aten::conv_transpose2d.input(f32[1,16,8,8], parameter f32[16,8,2,2], None, [2,2])", "conv.transposed_native"},
    {"aten::matmul(f32[2,4], parameter f32[4,12000])", "linear_shallow"},
    {"aten::matmul(f32[2,9], parameter f32[9,12000])", "linear_two_rows"},
    {"aten::gru_cell(f32[160,32], f32[160,32], parameter f32[96,32], parameter f32[96,32], parameter f32[96], parameter f32[96])", "recurrent_cell"},
    {"aten::add.Tensor(f32[64,64], f32[64,64])", "add_pair"},
    {"aten::add.Tensor(f32[64,64], f32[64,1])", "add"},
    {"aten::mul.Tensor(f32[64,64], f32[64,64])", "mul_pair"},
    {"aten::where.self(bool[8,8], f32[2,8,8], f32[])", "choice"},
    {"aten::masked_fill.Scalar(f32[2,8,8], bool[8,8], 0.0)", "choice"},
    {"aten::lt.Scalar(f32[2,8,8], 0.0)", "compare"},
    {"aten::logical_and(bool[2,8,8], bool[8,8])", "logic"},
    {"aten::__and__.Tensor(bool[2,8,8], bool[8,8])", "logic"},
    {"aten::logsumexp(f32[12,30], [-1])", "log_sum"},
    {"aten::cdist(f32[2,100,3], f32[2,90,3])", "distance"},
    {"aten::upsample_linear1d.vec(f32[2,8,64], [128], false, None)", "upsample_linear.rows"},
    // A part of a channels-last image is one, too.
    {"aten::max_pool2d(f32[98,192,8,8]{36864,1,4608,576}, [2,2], [2,2])", "max_pool.channels_last"},
    {"aten::max_pool2d(f32[2,32,8,8]{4096,64,8,1}, [2,2], [2,2])", "max_pool"},
    // Small contiguous images are resampled in channels-last order, between two copies.
    {"aten::upsample_nearest2d.vec(f32[1,128,32,32], [64,64], None)", "upsample.small"},
    {"aten::upsample_nearest2d.vec(f32[1,128,33,33], [66,66], None)", "upsample"},
    {"aten::upsample_bilinear2d.vec(f32[1,64,20,20], [40,40], false, None)", "upsample_linear.small"},
    {"aten::upsample_nearest2d.vec(f32[1,128,32,32]{131072,1,4096,128}, [64,64], None)", "upsample.channels_last"},
    // ATen's own product: one pixel, a few, a few channels, the others.
    {"aten::conv2d(f32[2,960,1,1], parameter f32[240,960,1,1])", "conv.native_point"},
    {"aten::conv2d(f32[1,640,3,3], parameter f32[160,640,1,1])", "conv.native_few_pixels"},
    {"aten::conv2d(f32[1,8,200,200], parameter f32[4,8,1,1])", "conv.native_narrow"},
    {"aten::conv2d(f32[1,8,200,200], parameter f32[8,8,1,1])", "conv.native_shallow"},
    {"aten::conv2d(f32[1,8,40,40]{12800,1,320,8}, parameter f32[8,8,1,1])", "conv.native_narrow"},
    {"aten::conv2d(f32[1,3,40,40], parameter f32[64,3,1,1])", "conv.native_shallow"},
    // Channels-last its rows are pixels; weights of larger kernels are copied into that order at each call.
    {"aten::conv2d(f32[1,64,14,14]{12544,1,896,64}, parameter f32[128,64,1,1])", "conv.native_1x1"},
    {"aten::conv2d(f32[1,64,4,4]{1024,1,256,64}, parameter f32[128,64,3,3], None, [1,1], [1,1])", "conv.native_kxk.channels_last"},
    {"aten::conv2d(f32[1,640,3,3]{5760,1,1920,640}, parameter f32[160,640,1,1])", "conv.native_1x1"},
    {"aten::conv2d(f32[1,64,14,14], parameter f32[128,64,1,1])", "conv.native_1x1"},
    {"aten::max_pool3d(f32[1,16,4,20,20], [3,3,3], [2,2,2], [1,1,1])", "max_pool.volume"},
    {"aten::add.Tensor(f32[2,16,16,64]{16384,16,1,256}, f32[2,16,16,64])", "pointwise_unlike"},
    {"aten::add.Tensor(f32[2,16,16,64]{16384,16,1,256}, f32[2,16,16,64]{16384,16,1,256})", "add_pair"},
    {"aten::mul.Tensor(f32[2,16,16,64]{16384,1,1024,16}, f32[64])", "mul"},
    // Functions that few models call, each of which is a loop of its own.
    {"aten::grid_sampler(f32[1,8,9,9], f32[1,5,5,2], 0, 0, false)", "grid_sample"},
    {"aten::scatter_add(f32[9,8], 0, i64[20,8], f32[20,8])", "scatter"},
    {"aten::index_add(f32[9,8], 0, i64[20], f32[20,8])", "index_add"},
    {"aten::randn([20,8])", "random"},
    {"aten::zeros([20,8])", "factory"},
    {"aten::atan2(f32[20,8], f32[20,8])", "scalar_math"},
    {"aten::max_pool1d(f32[2,8,40], [2])", "max_pool.rows"},
    {"aten::softmax.int(f32[8,40,4], 1)", "softmax_outer"},
    {"aten::softmax.int(f32[8,40]{60,1}, -1)", "softmax_strided"},
    {"aten::index.Tensor(parameter f32[6,16384], [None, i64[128,128]])", "gather"},
    {"aten::layer_norm(f32[2,8,40], [40])", "layer_norm_plain"},
    {"aten::layer_norm(f32[2,8,40], [40], parameter f32[40], parameter f32[40])", "layer_norm"},
    {"aten::outer(f32[20], f32[8])", "mul"},
    {"aten::glu(f32[20,8])", "glu"},
    {"aten::index.Tensor(parameter f32[16,384,256], [i64[128]])", "index_rows"},
    {"aten::index.Tensor(parameter f32[600,12], [i64[128]])", "gather"},
    {"aten::diff(f32[20,8])", "add"},
    {"aten::aminmax(f32[20,8])", "reduction"},
    {"aten::conv3d(f32[2,16,4,20,20], parameter f32[32,16,3,3,3])", "conv.volume"},
    // The width does not count: 16 x 4 x 20 is few, however wide.
    {"aten::conv3d(f32[1,16,4,20,80], parameter f32[32,16,3,3,3])", "conv.native_volume"},
    {"aten::conv3d(f32[1,64,16,24,24], parameter f32[32,64,3,3,3])", "conv.volume"},
    // A kernel along depth alone is 1 x 1 in the dimensions that decide.
    {"aten::conv3d(f32[2,16,4,20,20], parameter f32[32,16,3,1,1])", "conv.native_volume"},
    {"aten::scaled_dot_product_attention(f32[2,4,49,32], f32[2,4,49,32], f32[2,4,49,32], f32[4,49,49])", "attention.composite"},
    {"aten::scaled_dot_product_attention(f32[2,4,49,32], f32[2,4,49,32], f32[2,4,49,64])", "attention.composite"},
    {"aten::scaled_dot_product_attention(f32[2,4,49,32], f32[2,4,49,32], f32[2,4,49,32], f32[49,49])", "attention"},
    // Norms of rows have planes of one element.
    {"aten::batch_norm(f32[232,320], parameter f32[320], parameter f32[320], parameter f32[320], parameter f32[320], false, 0.1, 1e-5, false)",
     "batch_norm_rows"},
    {"aten::linear(f32[2,512], parameter f32[1000,512])", "linear_two_rows"},
    {"aten::linear(f32[4,512], parameter f32[1000,512])", "linear_few_rows"},
    // oneDNN takes contiguous operands and the exact form only.
    {"aten::gelu(f32[2,64,14,14])", "gelu"},
    {"aten::gelu(f32[2,64,14,14]{12544,1,896,64})", "gelu_strided"},
    {"aten::gelu(f32[2,64,14,14], \"tanh\")", "gelu_tanh"},
    {"aten::conv2d(f32[2,3,64,64], parameter f32[64,3,1,1], None, [2,2])", "conv.stem_1x1"},
    {"aten::conv2d(f32[2,3,64,64]{12288,1,192,3}, parameter f32[64,3,3,3])", "conv.stem.channels_last"},
    {"aten::conv2d(f32[2,64,14,14]{12544,1,896,64}, parameter f32[64,64,3,3], None, [2,2])", "conv.kxk_strided.channels_last"},
    {"aten::conv2d(f32[2,64,14,14]{12544,1,896,64}, parameter f32[64,64,1,1], None, [2,2])", "conv.1x1_strided.channels_last"},
    // Padding of up to 28 pixels is the jitted kernel's, and so is code of up to 256 KiB: seen with ONEDNN_VERBOSE=1. Without padding
    // the AVX2 kernel takes over.
    {"aten::conv1d(f32[2,64,400], parameter f32[64,64,17], None, [1], [8])", "conv.asymmetric"},
    {"aten::conv1d(f32[2,64,400], parameter f32[64,64,19], None, [1], [9])", "conv.gemm"},
    {"aten::conv1d(f32[2,8,400], parameter f32[64,8,25], None, [1], [12])", "conv.asymmetric"},
    {"aten::conv1d(f32[2,8,400], parameter f32[64,8,29], None, [1], [14])", "conv.gemm"},
    {"aten::conv1d(f32[2,16,12], parameter f32[32,16,29], None, [1], [14])", "conv.gemm"},
    {"aten::conv1d(f32[2,64,400], parameter f32[64,64,39])", "conv.asymmetric"},
    {"aten::conv1d(f32[2,64,400], parameter f32[64,64,60])", "conv.asymmetric"},
    {"aten::conv1d(f32[2,1,400], parameter f32[64,1,41], None, [1], [20])", "conv.stem"},
    {"aten::conv1d(f32[2,1,400], parameter f32[64,1,59], None, [1], [29])", "conv.gemm"},
    {"aten::conv1d(f32[2,64,400], parameter f32[64,4,128], None, [1], [64], [1], 16)", "conv.gemm"},
    // One product or several: its letters say, not its operands' ranks.
    {"aten::einsum(\"ibh,hnd->ibnd\", [f32[96,2,384], parameter f32[384,6,64]])", "einsum"},
    {"aten::einsum(\"bk,k->b\", [f32[96,384], parameter f32[384]])", "einsum"},
    {"aten::embedding(parameter f32[1000,64], i64[2,8])", "embedding"},
    {"aten::embedding_bag(parameter f32[1000,64], i64[64], i64[8])", "embedding_bag"},
    {"aten::embedding_bag(parameter f32[1000,64], i64[64], i64[8], false, 1)", "embedding_bag_mean"},
    {"aten::topk(f32[8,100], 5)", "topk"},
    {"aten::min.other(f32[8,100], f32[8,100])", "relu"},
    {"aten::min.dim(f32[8,100], 1)", "arg_reduction"},
    {"aten::linear(f32[240,1000], parameter f32[1,1000])", "gemv_tall"},
    {"aten::linear(f32[1,1000], parameter f32[1,1000])", "gemv"},
    {"aten::sort(f32[8,100])", "sort"},
    {"aten::index_select(f32[2,32,14,14], 1, i64[32])", "index_select"},
    {"aten::pad(f32[2,32,14,14], [1,1,1,1], \"reflect\")", "pad_mirrored"},
    {"aten::pad(f32[2,32,14,14], [1,1,1,1])", "pad"},
    {"aten::linear(f32[17,512], parameter f32[1000,512])", "linear"},
    {"aten::linear(bf16[1,88], parameter bf16[40,88])", "product_small_half@bf16"},
    {"aten::linear(bf16[1,88], parameter bf16[400,88])", "gemv@bf16"},
    {"aten::linear(f32[1,88], parameter f32[40,88])", "gemv"},
    {"aten::linalg_vector_norm(f32[2,64,196], 2.0, [1], true)", "norm_outer"},
    {"aten::mean.dim(f32[2,64,196], [1])", "reduction_outer"},
    {"aten::mean.dim(f32[2,64,196], [2])", "mean"},
    {"aten::sum.dim_IntList(f32[2,64,196], [2])", "reduction"},
    {"aten::amax(f32[2,64,196], [2])", "extremum"},
    {"aten::amax(f32[2,64,196], [1])", "reduction_outer"},
    {"aten::adaptive_avg_pool2d(f32[2,32,9,9], [3,3])", "adaptive_pool"},
    {"aten::adaptive_avg_pool2d(f32[2,32,9,9]{2592,1,288,32}, [3,3])", "adaptive_pool.channels_last"},
    // A product for each of few outer dimensions, as it lies; one for each of many rows.
    {"aten::linear(f32[2,256,384]{98304,1,256}, parameter f32[96,384])", "linear_unfolded.transposed"},
    {"aten::linear(f32[256,2,384]{384,98304,1}, parameter f32[96,384])", "linear_unfolded"},
    // oneDNN's depthwise kernel takes signals as it takes images, and any padding in channels-last order.
    {"aten::conv1d(f32[2,64,545], parameter f32[64,1,5], None, [1], [4], [2], 64)", "conv.depthwise_5"},
    {"aten::conv1d(f32[2,64,545], parameter f32[64,1,31], None, [1], [15], [1], 64)", "conv.depthwise_odd"},
    {"aten::conv2d(f32[16,64,4,3], parameter f32[64,1,9,9], None, [2,2], [4,4], [1,1], 64)", "conv.depthwise_odd"},
    {"aten::conv2d(f32[16,64,4,3]{768,1,192,64}, parameter f32[64,1,9,9], None, [1,1], [4,4], [1,1], 64)", "conv.depthwise_large.channels_last"},
    // An operand that is broadcast along the innermost dimension is not read with jumps.
    {"aten::sub.Tensor(f32[2,64,512,20], f32[2,64,512,20]{32768,512,1,0})", "add"},
    {"aten::sub.Tensor(f32[2,64,512,20], f32[2,64,512,20]{655360,1,1280,64})", "pointwise_unlike"},
    // A copy walks along its result: in the same order nothing is transposed.
    {"aten::clone(f32[2,32,16,8]{4096,1,256,32})", "copy"},
    {"aten::clone(f32[2,32,16,8]{4096,1,256,32}, memory_format=contiguous)", "copy_transposing"},
    {"aten::clone(f32[2,32,16,8], memory_format=channels_last)", "copy_transposing"},
    {"aten::upsample_nearest2d(f32[2,32,8,8]{2048,1,256,32}, [16,16])", "upsample.channels_last"},
    {"aten::upsample_nearest2d(f32[2,32,70,70], [140,140])", "upsample"},
};

TEST(CostClass, FollowsWhatIsDispatched) {
  for (const Dispatch& one : dispatches) {
    const Graph graph = parse_case(one.call);
    const std::vector<CaseFacts> facts = facts_of(graph, CostConditions());
    ASSERT_EQ(facts.size(), 1u) << one.call;
    EXPECT_EQ(cost_class_key(facts[0]), one.key) << one.call;
  }
}

TEST(CostClass, ARecurrentLayerReadsItsHiddenWeightsAtEachStep) {
  const Graph graph = parse_case(
      "aten::gru.input(f32[2,100,80], f32[1,2,384], [parameter f32[1152,80], parameter f32[1152,384], parameter f32[1152], "
      "parameter f32[1152]], true, 1, 0.0, false, false, true)");
  const std::vector<CaseFacts> all = facts_of(graph, CostConditions());
  const CaseFacts& facts = all[0];
  EXPECT_EQ(facts.steps, 100);
  EXPECT_EQ(facts.step_weight_bytes, 100.0 * 1152 * 384 * 4);
  CostConditions small, large;
  small.l2_bytes = 64 * 1024, large.l2_bytes = 256 * 1024 * 1024;
  EXPECT_NEAR(facts_of(graph, small)[0].cold_step_weight_bytes, facts.step_weight_bytes, 0.01 * facts.step_weight_bytes);
  EXPECT_EQ(facts_of(graph, large)[0].cold_step_weight_bytes, 0) << "the weights stay in L2 from step to step";
}

CaseFacts facts_of_case(const std::string& text) {
  const Graph graph = parse_case(text);
  CaseFacts facts = facts_of(graph, CostConditions())[0];
  facts.name = {};  // it lives in the graph
  return facts;
}

// matmul makes the batch dimensions one, with a copy where they do not lie behind each other.
TEST(CostClass, CountsTheOperandsThatABatchedProductCopies) {
  struct Product {
    const char* call;
    double copied_elements, gathered_elements;
  };
  const Product products[] = {
      {"aten::matmul(f32[2,4,8,16], f32[2,4,16,8])", 0, 0},
      // Heads of one image: its dimension does not count.
      {"aten::matmul(f32[1,4,8,16]{512,16,64,1}, f32[1,4,16,8]{512,16,1,64})", 0, 0},
      // Of two images: [n, heads] lie apart, rows have gaps, columns are gathered.
      {"aten::matmul(f32[2,4,8,16]{512,16,64,1}, f32[2,4,16,8]{512,16,1,64})", 2 * 4 * 8 * 16 * 2, 2 * 4 * 8 * 16},
      // One matrix for all heads: made as many times.
      {"aten::matmul(f32[2,4,8,16], f32[2,1,16,8])", 2 * 4 * 16 * 8, 0},
      // BLAS takes a transposed matrix, but none with gaps in both directions.
      {"aten::bmm(f32[4,8,16]{128,1,8}, f32[4,16,8])", 0, 0},
      {"aten::bmm(f32[4,8,16]{512,64,2}, f32[4,16,8])", 4 * 8 * 16, 4 * 8 * 16},
      // A linear layer whose outer dimensions do not fold.
      {"aten::linear(f32[2,6,5,8]{240,5,1,30}, parameter f32[4,8])", 2 * 6 * 5 * 8, 2 * 6 * 5 * 8},
      {"aten::linear(f32[2,6,8], parameter f32[4,8])", 0, 0},
  };
  for (const Product& one : products) {
    const CaseFacts facts = facts_of_case(one.call);
    EXPECT_EQ(facts.copied_bytes, 4 * one.copied_elements) << one.call;
    EXPECT_EQ(facts.gathered_elements, one.gathered_elements) << one.call;
  }
}

// oneDNN passes over planes and rows of a kernel that fall into the padding.
TEST(CostClass, CountsTapsOutsideThePadding) {
  const CaseFacts padded = facts_of_case("aten::conv2d(f32[2,32,4,4], parameter f32[32,32,3,3], None, [1,1], [1,1])");
  ASSERT_TRUE(padded.onednn);
  EXPECT_DOUBLE_EQ(padded.tap_share, 10.0 / 12);  // of rows: columns are computed
  EXPECT_DOUBLE_EQ(padded.flops, 10.0 / 12 * 2 * 32 * 32 * 9 * 2 * 16);
  EXPECT_EQ(facts_of_case("aten::conv2d(f32[2,32,4,4], parameter f32[32,32,3,3])").tap_share, 1);
  const CaseFacts plane = facts_of_case("aten::conv3d(f32[2,32,1,6,6], parameter f32[32,32,3,3,3], None, [1,1,1], [1,0,0])");
  ASSERT_TRUE(plane.onednn);
  EXPECT_DOUBLE_EQ(plane.tap_share, 1.0 / 3);
}

// A copy goes along its result; what it reads in equal steps is one inner loop.
TEST(CostClass, CountsTheInnerLoopsOfACopy) {
  struct Copy {
    const char* call;
    double loops;
  };
  const Copy copies[] = {
      {"aten::clone(f32[2,9,6,8])", 1},
      {"aten::clone(f32[2,9,48]{432,1,9})", 1},                 // keeps its order
      {"aten::clone(f32[2,9,48]{432,1,9}, memory_format=contiguous)", 2 * 9},       // transposed: a column at a time
      {"aten::clone(f32[2,6,8,9]{432,8,1,48}, memory_format=contiguous)", 2 * 48},     // the nine channels of a pixel
      {"aten::pixel_shuffle(f32[2,9,6,8], 3)", 2 * 6 * 8 * 3},  // three pixels of a row at a time
      {"aten::pixel_shuffle(f32[2,4,6,8], 2)", 2 * 6 * 8 * 2},
      {"aten::pixel_unshuffle(f32[2,1,6,8], 2)", 2 * 4 * 3},    // every second pixel of every second row
  };
  for (const Copy& one : copies) EXPECT_EQ(facts_of_case(one.call).inner_loops, one.loops) << one.call;
}

// Loops of a pointwise kernel, and elements behind their last two vectors of 16.
TEST(CostClass, CountsTheInnerLoopsOfAPointwiseCall) {
  struct Loops {
    const char* call;
    double loops, single;
  };
  const Loops calls[] = {
      {"aten::gelu(f32[8,100])", 1, 800 % 32},
      {"aten::gelu(f32[8,100]{120,1})", 8, 8 * 4},                       // columns of a table
      {"aten::gelu(f32[2,170,6,6]{12240,1,2040,340})", 2 * 36, 72 * 10},  // half of the channels of channels-last images
      {"aten::gelu(f32[8,7]{23,1})", 8, 8 * 7},
      {"aten::gelu(f32[8,7]{46,2})", 8, 8 * 7},                           // nothing lies together: no vectors at all
      {"aten::gelu(f32[8,64]{128,2})", 1, 8 * 64},
      {"aten::add.Tensor(f32[8,40], f32[40])", 8, 8 * 8},
      {"aten::add.Tensor(f32[8,40], f32[8,1])", 8, 8 * 8},
      {"aten::add.Tensor(f32[8,3,64], f32[3,64])", 8, 0},
      {"aten::add.Tensor(i64[40,16,1,3], i64[8,3])", 40 * 16 * 8, 40 * 16 * 8 * 3},
      {"aten::add.Tensor(f32[2,3,4,5]{60,1,15,3}, f32[2,3,4,5]{60,1,15,3})", 1, 120 % 32},
  };
  for (const Loops& one : calls) {
    EXPECT_EQ(facts_of_case(one.call).inner_loops, one.loops) << one.call;
    EXPECT_EQ(facts_of_case(one.call).single_elements, one.single) << one.call;
  }
}

// Over the last dimension rows of less than a vector are taken element by element; over another one what is left of the inner ones.
TEST(CostClass, SoftmaxOfRowsThatFillNoVector) {
  EXPECT_EQ(facts_of_case("aten::softmax.int(f32[10,15], -1)").single_elements, 150);
  EXPECT_EQ(facts_of_case("aten::softmax.int(f32[10,17], -1)").single_elements, 0);
  EXPECT_EQ(facts_of_case("aten::softmax.int(f32[10,17], -1)").rows, 10);
  const CaseFacts outer = facts_of_case("aten::softmax.int(f32[10,5,40], 1)");
  EXPECT_EQ(outer.rows, 400);
  EXPECT_EQ(outer.inner_loops, 10);
  EXPECT_EQ(outer.single_elements, 10 * 5 * 8);
  EXPECT_EQ(facts_of_case("aten::softmax.int(f32[4,40,9]{360,1,40}, 1)").inner_loops, 4) << "made contiguous first";
}

TEST(CostClass, WindowsOfOneDimensionalPoolsAreOneRow) {
  const CaseFacts mean = facts_of_case("aten::avg_pool1d(f32[4,21,360], [25], [1])");
  EXPECT_EQ(mean.kernel_h, 1);
  EXPECT_EQ(mean.kernel_w, 25);
  EXPECT_EQ(mean.out_h, 1);
  const CaseFacts square = facts_of_case("aten::avg_pool2d(f32[4,21,30,30], [3])");
  EXPECT_EQ(square.kernel_h, 3);
  EXPECT_EQ(square.kernel_w, 3);
  EXPECT_EQ(square.out_h, 10);
}

TEST(CostClass, SumsOverAnOuterDimensionGoAlongWhatIsKept) {
  EXPECT_EQ(facts_of_case("aten::sum.dim_IntList(f32[64,16,8,2], [2])").inner_loops, 64 * 16);
  EXPECT_EQ(facts_of_case("aten::sum.dim_IntList(f32[64,8,32], [1])").inner_loops, 64);
  EXPECT_EQ(facts_of_case("aten::sum.dim_IntList(f32[64,8,32], [1])").single_elements, 0);
}

TEST(CostClass, SlicesThatAnIndexTakesLieTogether) {
  EXPECT_EQ(facts_of_case("aten::index.Tensor(parameter f32[16,384,256], [i64[128]])").rows, 128);
  EXPECT_EQ(facts_of_case("aten::index.Tensor(parameter f32[6,4096], [None, i64[8,8]])").rows, 6 * 64) << "single elements";
}

TEST(CostClass, KnowsThePitchOfASecondMatrix) {
  EXPECT_EQ(facts_of_case("aten::linear(f32[8,1024], parameter f32[96,1024])").pitch_bytes, 4096);
  EXPECT_EQ(facts_of_case("aten::addmm(parameter f32[96], f32[8,1024], parameter f32[1024,96])").pitch_bytes, 4 * 96);
}

// MKL's blocks of four rows meet the same sets of a cache again and again, unless they wait for memory.
TEST(CostClass, RowsAPageApartCostFromFourRowsOn) {
  const auto aliased = [](const char* call) {
    const Graph graph = parse_case(call);
    const CaseFacts facts = facts_of(graph, CostConditions())[0];
    return cost_features()[cost_feature("aliased_bytes")].value(facts);
  };
  EXPECT_EQ(aliased("aten::linear(f32[4,1024], parameter f32[96,1024])"), 4 * 96 * 1024);
  EXPECT_EQ(aliased("aten::linear(f32[2,1024], parameter f32[96,1024])"), 0);
  EXPECT_EQ(aliased("aten::linear(f32[4,1040], parameter f32[96,1040])"), 0);
  EXPECT_EQ(aliased("aten::linear(f32[4,4096], parameter f32[8192,4096])"), 0) << "128 MB of weights";
}

// Exponentials of the keys behind the last whole vector are taken one by one.
TEST(CostClass, CountsScoresBehindTheLastVector) {
  const auto tail = [](const char* call) {
    return cost_features()[cost_feature("attention_tail_scores")].value(facts_of_case(call));
  };
  EXPECT_EQ(tail("aten::scaled_dot_product_attention(f32[2,4,64,32], f32[2,4,64,32], f32[2,4,64,32])"), 0);
  EXPECT_EQ(tail("aten::scaled_dot_product_attention(f32[2,4,63,32], f32[2,4,63,32], f32[2,4,63,32])"), 8 * 63 * 15);
}

// MKL's tiles are 16 columns by 4 rows; what is left is taken in strips of 8, 4, 2 and 1, each of which takes 0.85 of a tile.
TEST(CostClass, CountsTheFlopsThatTheBlasExecutes) {
  const auto executed = [](const char* call) {
    const CaseFacts facts = facts_of_case(call);
    return cost_features()[cost_feature("blas_flops")].value(facts) / facts.flops;
  };
  EXPECT_DOUBLE_EQ(executed("aten::linear(f32[64,512], parameter f32[48,512])"), 1);
  EXPECT_DOUBLE_EQ(executed("aten::linear(f32[64,512], parameter f32[49,512])"), 16 * (3 + 0.85) / 49);
  EXPECT_DOUBLE_EQ(executed("aten::linear(f32[64,512], parameter f32[63,512])"), 16 * (3 + 4 * 0.85) / 63) << "8, 4, 2 and 1";
  EXPECT_DOUBLE_EQ(executed("aten::linear(f32[67,512], parameter f32[48,512])"), 4 * (16 + 2 * 0.85) / 67);
  EXPECT_DOUBLE_EQ(executed("aten::conv2d(f32[1,64,5,5], parameter f32[32,64,1,1])"), 16 * (1 + 2 * 0.85) / 25) << "pixels are columns";
  EXPECT_DOUBLE_EQ(executed("aten::conv2d(f32[1,64,5,5]{1600,1,320,64}, parameter f32[32,64,1,1])"), 4 * (6 + 0.85) / 25) << "pixels are rows";
}

CaseFacts facts_by_vectors(const char* call) {
  CostConditions conditions;
  conditions.blas_tiles = BlasTiles::vectors;
  return facts_of(parse_case(call), conditions)[0];
}

// MKL's kernels for Intel's AVX-512: one masked vector for what is left of 16 columns, any number of rows.
TEST(CostClass, CountsTheFlopsOfWholeVectors) {
  const auto executed = [](const char* call) {
    const CaseFacts facts = facts_by_vectors(call);
    return cost_features()[cost_feature("blas_flops")].value(facts) / facts.flops;
  };
  EXPECT_DOUBLE_EQ(executed("aten::linear(f32[64,512], parameter f32[48,512])"), 1);
  EXPECT_DOUBLE_EQ(executed("aten::linear(f32[64,512], parameter f32[49,512])"), 64.0 / 49);
  EXPECT_DOUBLE_EQ(executed("aten::linear(f32[67,512], parameter f32[48,512])"), 1);
}

// … which take less than 16 rows three at a time, and read the matrix again for each three.
TEST(CostClass, FewRowsReadTheirMatrixAgain) {
  const auto again = [](const CaseFacts& facts) { return facts.repeated_bytes / facts.weight_bytes; };
  EXPECT_EQ(again(facts_by_vectors("aten::linear(f32[3,512], parameter f32[64,512])")), 0);
  EXPECT_EQ(again(facts_by_vectors("aten::linear(f32[4,512], parameter f32[64,512])")), 1);
  EXPECT_EQ(again(facts_by_vectors("aten::linear(f32[15,512], parameter f32[64,512])")), 4);
  EXPECT_EQ(again(facts_by_vectors("aten::linear(f32[16,512], parameter f32[64,512])")), 0) << "copied first";
  EXPECT_EQ(again(facts_by_vectors("aten::linear(f32[50,4,768]{768,38400,1}, parameter f32[64,768])")), 50) << "products of four rows";
  EXPECT_EQ(again(facts_of_case("aten::linear(f32[4,512], parameter f32[64,512])")), 0) << "tiles of four rows";
  EXPECT_LT(facts_by_vectors("aten::linear(f32[4,512], parameter f32[64,512])").repeated_l2_bytes, 1);
  EXPECT_GT(facts_by_vectors("aten::linear(f32[4,2048], parameter f32[2048,2048])").repeated_l2_bytes, 16e6) << "16 MiB";
}

// Such a matrix is copied from 16 rows on, and by less than 12 vectors of columns element by element.
TEST(CostClass, CopiesOfMatricesWhoseRowsMeetInTheSameSets) {
  const auto aliased = [](const char* feature, const char* call) {
    const CaseFacts facts = facts_by_vectors(call);
    return cost_features()[cost_feature(feature)].value(facts) / facts.weight_bytes;
  };
  EXPECT_EQ(aliased("aliased_bytes", "aten::linear(f32[4,1024], parameter f32[96,1024])"), 0);
  EXPECT_EQ(aliased("aliased_bytes", "aten::linear(f32[16,1024], parameter f32[96,1024])"), 1);
  EXPECT_EQ(aliased("aliased_bytes", "aten::linear(f32[16,512], parameter f32[96,512])"), 0.5);
  EXPECT_EQ(aliased("aliased_bytes", "aten::linear(f32[16,768], parameter f32[96,768])"), 0);
  EXPECT_EQ(aliased("narrow_aliased_bytes", "aten::linear(f32[16,1024], parameter f32[96,1024])"), 1);
  EXPECT_EQ(aliased("narrow_aliased_bytes", "aten::linear(f32[16,1024], parameter f32[192,1024])"), 0);
  EXPECT_EQ(aliased("narrow_aliased_bytes", "aten::linear(f32[16,1024], parameter f32[16,1024])"), 0);
}

// Eight sums in registers keep the multiply-add units busy: one pixel a row leaves seven eighths of the time.
TEST(CostClass, CountsTheFlopsThatNarrowImagesWaitFor) {
  const auto waiting = [](const char* call) {
    const CaseFacts facts = facts_of_case(call);
    return cost_features()[cost_feature("waiting_flops")].value(facts) / cost_features()[cost_feature("blocked_flops")].value(facts);
  };
  EXPECT_DOUBLE_EQ(waiting("aten::conv2d(f32[32,1,168,64], parameter f32[48,1,6,64])"), 7);
  EXPECT_DOUBLE_EQ(waiting("aten::conv2d(f32[1,64,28,28], parameter f32[64,64,3,3], None, [1,1], [1,1])"), 0);
  EXPECT_NEAR(waiting("aten::conv2d(f32[1,64,7,7], parameter f32[64,64,3,3], None, [1,1], [1,1])"), 1.0 / 7, 1e-12) << "seven sums";
  EXPECT_NEAR(waiting("aten::conv2d(f32[1,64,29,29], parameter f32[64,64,5,5], None, [1,1], [2,2])"), 7.0 / 29, 1e-12) << "28 pixels, then one";
  EXPECT_DOUBLE_EQ(waiting("aten::conv2d(f32[8,64,56,56], parameter f32[64,64,3,3], None, [1,1], [1,1])"), 0) << "four blocks by six pixels, then by two";
}

// A new last dimension is woven element by element.
TEST(CostClass, AStackAlongTheLastDimensionHasRunsOfOneElement) {
  EXPECT_EQ(facts_of_case("aten::stack([f32[16,96,64], f32[16,96,64]], -1)").runs, 2 * 16 * 96 * 64);
  EXPECT_LT(facts_of_case("aten::stack([f32[16,96,64], f32[16,96,64]], 1)").runs, 100);
}

// oneDNN computes a convolution row by row: a block of weights beyond L2 is read again for each.
TEST(CostClass, WeightsOfAConvolutionAreReadAgainForEachRow) {
  const auto again = [](const char* call) {
    const CaseFacts facts = facts_of_case(call);
    return facts.row_weight_bytes / facts.weight_bytes;
  };
  EXPECT_GT(again("aten::conv2d(f32[2,1024,7,7], parameter f32[1024,1024,3,3], None, [1,1], [1,1])"), 0.9 * 2 * 7);
  EXPECT_LT(again("aten::conv2d(f32[2,64,7,7], parameter f32[1024,64,3,3], None, [1,1], [1,1])"), 0.1);
}

// Images of several samples keep a group's channels apart: each group's are copied first.
TEST(CostClass, CountsGroupsThatAreCopied) {
  const auto sliced = [](const char* call) { return cost_features()[cost_feature("sliced_groups")].value(facts_of_case(call)); };
  EXPECT_EQ(sliced("aten::conv2d(f32[1,64,5,5], parameter f32[64,1,1,1], None, [1,1], [0,0], [1,1], 64)"), 0);
  EXPECT_EQ(sliced("aten::conv2d(f32[2,64,5,5], parameter f32[64,1,1,1], None, [1,1], [0,0], [1,1], 64)"), 64);
  EXPECT_EQ(sliced("aten::conv2d(f32[1,64,5,5]{1600,1,320,64}, parameter f32[64,1,1,1], None, [1,1], [0,0], [1,1], 64)"), 64);
}

// Copies between the two orders of an image meet in the same sets of a cache where planes or pixels are so far apart.
TEST(CostClass, ReordersThatMeetInTheSameSets) {
  const auto far = [](const char* call) { return facts_of_case(call).far_elements > 0; };
  EXPECT_TRUE(far("aten::upsample_nearest2d.vec(f32[1,96,16,16], [32,32], None)"));
  EXPECT_TRUE(far("aten::upsample_nearest2d.vec(f32[1,512,7,7], [14,14], None)"));
  EXPECT_FALSE(far("aten::upsample_nearest2d.vec(f32[1,96,8,8], [16,16], None)"));
}

// A deconvolution's channels-last result is copied into NCHW order, one channel after the other: each comes back to lines that L2 holds,
// unless the image is large, or lines 256 bytes apart share a quarter of its sets.
TEST(CostClass, ADeconvolutionComesBackToItsLines) {
  CostConditions conditions;
  conditions.l2_bytes = 2 << 20;
  const auto facts = [&](const std::string& call) { return facts_of(parse_case(call), conditions)[0]; };
  const CaseFacts near = facts("aten::conv_transpose2d.input(f32[2,64,24,24], parameter f32[64,48,2,2], None, [2,2])");
  EXPECT_EQ(near.gathered_elements, 2 * 48 * 48 * 48);
  EXPECT_EQ(near.far_elements, 0);
  const CaseFacts shared = facts("aten::conv_transpose2d.input(f32[2,64,56,56], parameter f32[64,64,2,2], None, [2,2])");
  const CaseFacts apart = facts("aten::conv_transpose2d.input(f32[2,64,56,56], parameter f32[64,68,2,2], None, [2,2])");
  EXPECT_GT(shared.far_elements, 0.7 * shared.gathered_elements);
  EXPECT_LT(apart.far_elements, 0.1 * apart.gathered_elements);
  EXPECT_EQ(facts("aten::conv_transpose2d.input(f32[2,16,112,112], parameter f32[16,16,2,2], None, [2,2])").far_elements, 0) << "line by line";
  EXPECT_EQ(facts("aten::conv_transpose2d.input(f32[2,64,56,56]{200704,1,3584,64}, parameter f32[64,64,2,2], None, [2,2])").gathered_elements, 0);
}

TEST(CostClass, AnEinsteinSumIsAProductAndCopies) {
  const auto facts = [](const std::string& call) { return facts_of_case(call); };
  const CaseFacts plain = facts("aten::einsum(\"bij,bjk->bik\", [f32[4,5,6], f32[4,6,7]])");
  EXPECT_EQ(std::tuple(plain.products, plain.m, plain.n, plain.k), std::tuple(4, 5, 7, 6));
  EXPECT_EQ(plain.copied_bytes, 0);
  const CaseFacts moved = facts("aten::einsum(\"nkctv,kvw->nctw\", [f32[2,3,64,96,25], f32[3,25,26]])");
  EXPECT_EQ(std::tuple(moved.products, moved.m, moved.n, moved.k), std::tuple(1, 2 * 64 * 96, 26, 75));
  EXPECT_EQ(moved.copied_bytes, 4 * 2 * 3 * 64 * 96 * 25) << "the summed labels do not lie behind each other";
  EXPECT_EQ(moved.gathered_elements, 0) << "rows of 25";
  const CaseFacts outer = facts("aten::einsum(\"i,j->ij\", [f32[40], f32[50]])");
  EXPECT_EQ(outer.k * outer.m, 0) << "nothing is summed: a pointwise product";
}

TEST(CostClass, LoopsBesideTheFirstCount) {
  const CaseFacts facts = facts_of(parse_case("aten::add.Tensor(f32[64,64], f32[64,64])"), CostConditions())[0];
  EXPECT_EQ(facts.inner_loops, 1);
  EXPECT_EQ(cost_features()[cost_feature("inner_loops")].value(facts), 0);
}

// The BLAS multiplies tiles of registers: 33 queries are a block of 32 and one of one, which costs as much as a strip.
TEST(CostClass, PadsTheBlocksOfAttention) {
  const auto block_flops = [](const char* call) {
    return cost_features()[cost_feature("attention_block_flops")].value(facts_of_case(call));
  };
  EXPECT_EQ(block_flops("aten::scaled_dot_product_attention(f32[2,4,64,32], f32[2,4,64,32], f32[2,4,64,32])"), 4 * 8 * 64 * 64 * 32);
  EXPECT_DOUBLE_EQ(block_flops("aten::scaled_dot_product_attention(f32[2,4,33,32], f32[2,4,40,32], f32[2,4,40,32])"),
                   2 * 8 * (32 + 4 * 0.85) * ((32 + 16 * 0.85) * 32 + 40 * 32)) << "keys are columns first, then terms";
}

// A microsecond each, where the loop of a small call takes a tenth of it.
TEST(CostClass, CountsNumbersThatAreMadeTensors) {
  const auto wrapped = [](const char* call) { return facts_of_case(call).wrapped_numbers; };
  EXPECT_EQ(wrapped("aten::add.Tensor(f32[8,16], 1e-6)"), 1);
  EXPECT_EQ(wrapped("aten::rsub.Scalar(f32[8,16], 1.0)"), 1);
  EXPECT_EQ(wrapped("aten::gt.Scalar(f32[8,16], 0)"), 1);
  EXPECT_EQ(wrapped("aten::add.Tensor(f32[8,16], f32[8,16])"), 0);
  EXPECT_EQ(wrapped("aten::relu(f32[8,16])"), 0);
}

TEST(CostClass, ComputedWeightsAreWeights) {
  const CaseFacts facts = facts_of_case("aten::conv1d(f32[2,384,49], f32[384,24,128], parameter f32[384], [1], [64], [1], 16)");
  EXPECT_EQ(facts.input_bytes, 2 * 384 * 49 * 4);
  EXPECT_EQ(facts.weight_bytes, (384 * 24 * 128 + 384) * 4);
}

// A matrix of 128 KiB stays in L2 from product to product, one of 3 MB does not.
TEST(CostClass, AMatrixThatManyProductsReadStaysInL2OrDoesNot) {
  EXPECT_EQ(facts_of_case("aten::linear(f32[512,4,128]{128,65536,1}, parameter f32[256,128])").far_right_bytes, 0);
  EXPECT_GT(facts_of_case("aten::linear(f32[62,3,288]{288,17856,1}, parameter f32[2832,288])").far_right_bytes, 0.9 * 62 * 2832 * 288 * 4);
}

TEST(CostClass, AStridedSignalIsCopiedFirst) {
  const auto copied = [](const char* call) { return cost_features()[cost_feature("copied_input_bytes")].value(facts_of_case(call)); };
  EXPECT_EQ(copied("aten::conv1d(f32[2,256,49]{12544,1,256}, parameter f32[75,256,1])"), 2 * 256 * 49 * 4);
  EXPECT_EQ(copied("aten::conv1d(f32[2,256,49], parameter f32[75,256,1])"), 0);
  EXPECT_EQ(copied("aten::conv2d(f32[2,64,14,14]{12544,1,896,64}, parameter f32[64,64,1,1])"), 0) << "channels-last is taken as it is";
}

TEST(CostClass, WeightsOfAChannelsLastImageLieInItsOrderOrDoNot) {
  const auto reordered = [](const char* call) { return facts_of_case(call).reordered_weight_bytes; };
  EXPECT_EQ(reordered("aten::conv2d(f32[2,64,14,14]{12544,1,896,64}, parameter f32[32,64,3,3])"), 4 * 32 * 64 * 9);
  EXPECT_EQ(reordered("aten::conv2d(f32[2,64,14,14]{12544,1,896,64}, parameter f32[32,64,3,3]{576,1,192,64})"), 0);
  EXPECT_EQ(reordered("aten::conv2d(f32[2,64,14,14]{12544,1,896,64}, parameter f32[32,64,1,1])"), 0) << "both orders are one";
  EXPECT_EQ(reordered("aten::conv2d(f32[2,64,14,14], parameter f32[32,64,3,3])"), 0);
}

TEST(CostClass, ABiasFillsTheResultOfAtensOwnConvolutions) {
  const auto filled = [](const char* call) { return facts_of_case(call).filled_bytes; };
  EXPECT_EQ(filled("aten::conv2d(f32[1,3,56,56], parameter f32[64,3,1,1], parameter f32[64])"), 4.0 * 64 * 56 * 56);
  EXPECT_EQ(filled("aten::conv2d(f32[1,3,56,56], parameter f32[64,3,1,1])"), 0);
  EXPECT_EQ(filled("aten::conv2d(f32[8,64,56,56], parameter f32[64,64,3,3], parameter f32[64], [1,1], [1,1])"), 0) << "oneDNN adds it itself";
}

TEST(CostClass, ColumnsAreCopiedInRowsOrOneByOne) {
  const auto facts = [](const char* call) { return facts_of_case(call); };
  const CaseFacts rows = facts("aten::conv2d(f32[1,3,20,20], parameter f32[8,3,3,3], None, [1,1], [1,1])");
  EXPECT_EQ(rows.column_runs, 27 * 20);
  EXPECT_EQ(rows.picked_elements, 0);
  const CaseFacts strided = facts("aten::conv2d(f32[1,3,20,20], parameter f32[8,3,3,3], None, [2,2], [1,1])");
  EXPECT_EQ(strided.column_runs, 0);
  EXPECT_EQ(strided.picked_elements, 27 * 10 * 10);
  const CaseFacts pixels = facts("aten::conv2d(f32[1,3,20,20]{1200,1,60,3}, parameter f32[8,3,3,3]{27,1,9,3}, None, [2,2], [1,1])");
  EXPECT_EQ(pixels.column_runs, 9 * 10 * 10);
  EXPECT_EQ(facts("aten::conv2d(f32[1,3,20,20], parameter f32[8,3,1,1])").column_runs, 0) << "the image is the matrix";
}

TEST(CostClass, AnExpandedOperandIsReadOnce) {
  EXPECT_EQ(facts_of_case("aten::mul.Tensor(f32[2,64,512,20]{32768,512,1,0}, f32[2,64,512,20]{32768,512,1,0})").input_bytes, 2.0 * 2 * 64 * 512 * 4);
}

TEST(CostClass, StepsOfARecurrentLayerAreApartFromItsInputs) {
  const CaseFacts facts = facts_of_case(
      "aten::gru.input(f32[2,100,80], f32[1,2,40], [parameter f32[120,80], parameter f32[120,40], parameter f32[120], "
      "parameter f32[120]], true, 1, 0.0, false, false, true)");
  EXPECT_EQ(facts.step_flops, 2.0 * 2 * 100 * 120 * 40);
  EXPECT_EQ(cost_features()[cost_feature("input_flops")].value(facts), 2.0 * 2 * 100 * 120 * 80);
}

TEST(CostClass, AnLstmOfMoreThanOneRowReadsBothMatricesAtEachStep) {
  const auto of_rows = [](const char* rows) {
    const std::string n = rows;
    return facts_of_case("aten::lstm.input(f32[" + n + ",100,80], [f32[1," + n + ",40], f32[1," + n + ",40]], [parameter f32[160,80], parameter f32[160,40], "
                         "parameter f32[160], parameter f32[160]], true, 1, 0.0, false, false, true)");
  };
  EXPECT_EQ(of_rows("2").step_weight_bytes, 4.0 * 100 * 160 * (80 + 40));
  EXPECT_EQ(of_rows("2").step_flops, of_rows("2").flops);
  EXPECT_EQ(of_rows("1").step_weight_bytes, 4.0 * 100 * 160 * 40);
  EXPECT_EQ(of_rows("1").step_flops, 2.0 * 100 * 160 * 40);
}

// A cell's first dimension are rows, not steps: 160 nodes were once 160 steps.
TEST(CostClass, ACellIsOneStepOfManyRows) {
  const CaseFacts facts = facts_of_case("aten::gru_cell(f32[160,32], f32[160,32], parameter f32[96,32], parameter f32[96,32], parameter f32[96], parameter f32[96])");
  EXPECT_EQ(facts.steps, 1);
  EXPECT_EQ(facts.m, 160);
  EXPECT_EQ(facts.gate_elements, 160 * 96);
  EXPECT_EQ(facts.step_flops, 2.0 * 160 * 96 * 32);
}

TEST(CostClass, SortingTakesAsManyComparisonsAsElementsTimesTheirLogarithm) {
  EXPECT_EQ(facts_of_case("aten::sort(f32[8,1024])").comparisons, 8 * 1024 * 10);
  EXPECT_EQ(facts_of_case("aten::topk(f32[8,1024], 16)").comparisons, 8 * 16 * 4) << "of what is selected";
  EXPECT_EQ(facts_of_case("aten::topk(f32[8,1024], 16)").parted_elements, 0) << "a heap";
  EXPECT_EQ(facts_of_case("aten::topk(f32[8,1024], 17)").parted_elements, 8 * 1024);
}

// Of a table only the rows that are looked up are touched: it pushes nothing out.
TEST(CostClass, ATableIsNotReadWhole) {
  const auto far = [](int64_t rows) {
    GraphBuilder b("table");
    const ValueId ids = b.input("ids", {Dtype::i64, {32}});
    const ValueId table = b.parameter("table", {Dtype::f32, {rows, 64}}), w = b.parameter("w", {Dtype::f32, {64, 64}});
    const ValueId x = b.call("aten::embedding", {{"weight", table}, {"indices", ids}});
    const Graph graph = b.finish({b.call("aten::linear", {{"input", x}, {"weight", w}})});
    return facts_of(graph, CostConditions()).back().cold_weight_l3_bytes;
  };
  EXPECT_EQ(far(1 << 20), 0);
  EXPECT_EQ(far(100), 0);
  EXPECT_EQ(facts_of_case("aten::embedding(parameter f32[100000,64], i64[32])").weight_bytes, 32 * 64 * 4);
  const CaseFacts bags = facts_of_case("aten::embedding_bag(parameter f32[100000,64], i64[32], i64[4])");
  EXPECT_EQ(bags.weight_bytes, 32 * 64 * 4);
  EXPECT_EQ(bags.rows, 32) << "that are added up";
  EXPECT_LT(touched_bytes(parse_case("aten::embedding_bag(parameter f32[100000,64], i64[32], i64[4])")), 32 * 64 * 4 + 4000);
}

}  // namespace
}  // namespace opgauge
