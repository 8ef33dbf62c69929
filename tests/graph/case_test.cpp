// SPDX-License-Identifier: Apache-2.0
#include "graph/case.hpp"

#include <gtest/gtest.h>

#include "graph/builder.hpp"

namespace opgauge {
namespace {

TEST(Case, PrintsOneLineWithRolesAndWithoutTrailingDefaults) {
  GraphBuilder b("mlp");
  const ValueId x = b.input("x", {Dtype::f32, {32, 1024}});
  const ValueId w = b.parameter("fc.weight", {Dtype::f32, {512, 1024}});
  const ValueId bias = b.buffer("fc.bias", {Dtype::f32, {512}});
  const ValueId h = b.call("aten::linear", {{"input", x}, {"weight", w}, {"bias", bias}});
  const ValueId y =
      b.call("aten::linear", {{"input", h}, {"weight", b.parameter("v", {Dtype::f32, {7, 512}})}});
  const Graph g = b.finish({b.call("aten::relu", {{"self", y}})});
  EXPECT_EQ(case_text(g, g.nodes[0]),
            "aten::linear(f32[32,1024], parameter f32[512,1024], parameter f32[512])");
  EXPECT_EQ(case_text(g, g.nodes[1]), "aten::linear(f32[32,512], parameter f32[7,512])");
  EXPECT_EQ(case_text(g, g.nodes[2]), "aten::relu(f32[32,7])");
}

TEST(Case, ReadsBackWhatItPrints) {
  for (const char* text :
       {"aten::linear(f32[32,1024], parameter f32[512,1024], parameter f32[512])",
        "aten::linear(bf16[2,3,8]{48,16,1}, parameter bf16[4,8])", "aten::relu(f32[])",
        "aten::relu(f32[2,3,4,5]{60,1,15,3})"}) {
    const Graph g = parse_case(text);
    ASSERT_EQ(g.nodes.size(), 1u);
    EXPECT_EQ(case_text(g, g.nodes[0]), text);
    verify(g);
  }
}

TEST(Case, ReadsArgumentsByNameAndPythonsTruth) {
  const auto printed = [](std::string_view text) {
    const Graph g = parse_case(text);
    return case_text(g, g.nodes[0]);
  };
  EXPECT_EQ(printed("aten::conv2d(f32[1,3,8,8], parameter f32[4,3,3,3], padding=[1,1], stride=[2, 2])"),
            "aten::conv2d(f32[1,3,8,8], parameter f32[4,3,3,3], None, [2,2], [1,1])");
  EXPECT_EQ(printed("aten::_to_copy(f32[4], dtype=f64)"), "aten::_to_copy(f32[4], f64)");
  EXPECT_EQ(printed("aten::cumsum(dim=1, self=f32[2,3])"), "aten::cumsum(f32[2,3], 1)");
  EXPECT_EQ(printed("aten::mean.dim(f32[2,3], [1], True)"), "aten::mean.dim(f32[2,3], [1], true)");
}

TEST(Case, StridesThatNoKernelCanTellFromContiguousAreLeftOut) {
  const auto printed = [](TensorType type) {
    GraphBuilder b("one");
    const Graph g = b.finish({b.call("aten::relu", {{"self", b.input("x", std::move(type))}})});
    return case_text(g, g.nodes[0]);
  };
  EXPECT_EQ(printed({Dtype::f32, {1, 8}, {800, 1}}), "aten::relu(f32[1,8])");
  EXPECT_EQ(printed({Dtype::f32, {2, 8}, {8, 1}, 64}), "aten::relu(f32[2,8])");
  // 1x1 images can be both; channels-last strides decide which kernel runs.
  EXPECT_EQ(printed({Dtype::f32, {2, 8, 1, 1}, {8, 1, 8, 8}}), "aten::relu(f32[2,8,1,1]{8,1,8,8})");
  EXPECT_EQ(printed({Dtype::f32, {2, 8, 1, 1}, {8, 1, 1, 3}}), "aten::relu(f32[2,8,1,1])");
}

TEST(Case, ErrorsNameThePlace) {
  const auto message = [](std::string_view text) -> std::string {
    try {
      parse_case(text);
    } catch (const Error& error) {
      return error.what();
    }
    return "no error";
  };
  EXPECT_EQ(message("aten::rleu(f32[3])"),
            "[line 1, column 1] found the op \"aten::rleu\", expected one of the op table; did you "
            "mean \"aten::relu\"?");
  EXPECT_EQ(message("aten::relu(f32[3]"), "[line 1, column 18] found the end, expected \")\"");
  EXPECT_EQ(message("aten::relu(f32[3], 1)"),
            "[line 1, column 19] found more than the 1 arguments of aten::relu");
  EXPECT_EQ(message("aten::relu(f32[3]) x"),
            "[line 1, column 20] found \"x\", expected the end of the case");
  EXPECT_EQ(message("aten::linear(f32[3,4], parameter f32[5,6])"),
            "[line 1, column 1: aten::linear] input has 4 features, weight expects 6");
  EXPECT_EQ(message("aten::linear(f32[3,4])"),
            "[line 1, column 1: aten::linear] argument \"weight\" is missing, expected Tensor");
  EXPECT_EQ(message("aten::mean.dim(f32[2,3], dim=[1], true)"),
            "[line 1, column 35] found \"true\", expected name=value, after a first argument by name");
  EXPECT_EQ(message("aten::relu(f32[3], self=f32[3])"),
            "[line 1, column 19] found more than the 1 arguments of aten::relu");
  EXPECT_EQ(message("aten::cumsum(f32[3], self=f32[3])"),
            "[line 1, column 1: aten::cumsum] argument \"self\" is given twice");
  EXPECT_EQ(message("aten::cumsum(f32[3], axis=0)"),
            "[line 1, column 1: aten::cumsum] unknown argument \"axis\", expected one of self, dim, dtype");
}

}  // namespace
}  // namespace opgauge
