// SPDX-License-Identifier: Apache-2.0
#include "import/origin.hpp"

#include <gtest/gtest.h>

namespace opgauge {
namespace {

TEST(Origin, ModuleIsThePathOfTheInnermostOne) {
  EXPECT_EQ(
      module_from_stack("L__self__,,resnet.ResNet;L__self___layer1,layer1,torch.nn.Sequential"),
      "layer1");
  EXPECT_EQ(module_from_stack("L__self__,,resnet.ResNet"), "");
  EXPECT_EQ(module_from_stack("L__self__,,M;L__self___a_b,a.b.0,N"), "a.b.0");
  EXPECT_EQ(module_from_stack(""), "");
  EXPECT_EQ(module_from_stack("no separators"), "");
}

TEST(Origin, LineIsTheLastOneOutsideOfTorch) {
  EXPECT_EQ(line_from_trace("File \"/home/me/net.py\", line 12, in forward\n    y = self.fc(x)\n"
                            "  File \"/venv/site-packages/torch/nn/modules/linear.py\", line 134, "
                            "in forward\n    return"),
            "net.py:12");
  EXPECT_EQ(line_from_trace("File \"a.py\", line 1, in f\n  x\nFile \"b.py\", line 22, in g\n  y"),
            "b.py:22");
  EXPECT_EQ(line_from_trace("File \"/v/torch/nn/x.py\", line 5, in f"), "x.py:5");
  EXPECT_EQ(
      line_from_trace(
          "File \"net.py\", line 3, in f\n x\nFile \"<eval_with_key>.1\", line 9, in forward"),
      "net.py:3");
  EXPECT_EQ(line_from_trace("no frames"), "");
  EXPECT_EQ(line_from_trace("File \"cut"), "");
}

}  // namespace
}  // namespace opgauge
