// SPDX-License-Identifier: Apache-2.0
// Which class a call falls into: the rules follow what LibTorch and oneDNN dispatch to.
#include "estimate/cost_class.hpp"

#include <gtest/gtest.h>

#include "graph/case.hpp"

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
    // ATen's own product: one pixel, a few, a few channels, the others.
    {"aten::conv2d(f32[2,960,1,1], parameter f32[240,960,1,1])", "conv.native_point"},
    {"aten::conv2d(f32[1,640,3,3], parameter f32[160,640,1,1])", "conv.native_few_pixels"},
    {"aten::conv2d(f32[1,8,200,200], parameter f32[8,8,1,1])", "conv.native_narrow"},
    {"aten::conv2d(f32[1,64,14,14], parameter f32[128,64,1,1])", "conv.native_1x1"},
    {"aten::max_pool3d(f32[1,16,4,20,20], [3,3,3], [2,2,2], [1,1,1])", "max_pool.volume"},
    {"aten::add.Tensor(f32[2,16,16,64]{16384,16,1,256}, f32[2,16,16,64])", "pointwise_unlike"},
    {"aten::add.Tensor(f32[2,16,16,64]{16384,16,1,256}, f32[2,16,16,64]{16384,16,1,256})", "add"},
    {"aten::mul.Tensor(f32[2,16,16,64]{16384,1,1024,16}, f32[64])", "mul"},
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
    {"aten::linear(f32[2,512], parameter f32[1000,512])", "linear_few_rows"},
    {"aten::linear(f32[17,512], parameter f32[1000,512])", "linear"},
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
}

}  // namespace
}  // namespace opgauge
