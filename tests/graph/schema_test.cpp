// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "graph/op_table.hpp"

namespace opgauge {
namespace {

TEST(Schema, OneNumberStandsForAListOfFixedLength) {
  const Schema schema = parse_schema(
      "aten::conv2d(Tensor input, Tensor weight, Tensor? bias=None, SymInt[2] stride=1, SymInt[2] "
      "padding=0, "
      "SymInt[2] dilation=1, SymInt groups=1) -> Tensor");
  EXPECT_EQ(*schema.arguments[3].fallback, Argument(Dims{1, 1}));
  EXPECT_EQ(*schema.arguments[6].fallback, Argument(int64_t{1}));
  const OpRow row{"", OpFamily::convolution, nullptr, nullptr, nullptr, &schema};
  const std::vector<Argument> arguments = normalize(row, {{"input", ValueRef{ValueId(0)}},
                                                          {"weight", ValueRef{ValueId(1)}},
                                                          {"stride", int64_t{2}},
                                                          {"padding", Dims{3}},
                                                          {"bias", ValueRef{no_value}}});
  EXPECT_EQ(arguments[2], Argument());
  EXPECT_EQ(arguments[3], Argument(Dims{2, 2}));
  EXPECT_EQ(arguments[4], Argument(Dims{3, 3}));
}

TEST(Schema, ListsOfAnyLengthStayAsTheyAre) {
  const Schema schema =
      parse_schema("aten::sum.dim_IntList(Tensor self, int[1]? dim, bool keepdim=False) -> Tensor");
  const OpRow row{"", OpFamily::reduction, nullptr, nullptr, nullptr, &schema};
  EXPECT_EQ(normalize(row, {{"self", ValueRef{ValueId(0)}}, {"dim", Dims{1, 2}}})[1],
            Argument(Dims{1, 2}));
  const Schema pool =
      parse_schema("aten::max_pool2d(Tensor self, int[2] kernel_size, int[2] stride=[]) -> Tensor");
  EXPECT_EQ(*pool.arguments[2].fallback, Argument(Dims{}));
}

}  // namespace
}  // namespace opgauge
