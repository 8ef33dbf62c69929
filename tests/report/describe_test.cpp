// SPDX-License-Identifier: Apache-2.0
#include "report/describe.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/json.hpp"
#include "graph/text.hpp"

namespace opgauge {
namespace {

using testing::HasSubstr;

constexpr const char* plain = R"(graph plain
%x = input f32[2,8]
%w = parameter f32[4,8] "w"
%b = buffer f32[4] "b"
%h = aten::linear(input=%x, weight=%w, bias=%b)
%y = aten::relu(self=%h)  # act
%z = aten::relu(self=%y)  # act
return %z
)";
constexpr const char* with_unknown = R"(graph odd
%x = input f32[2,8]
%w = parameter f32[4,8] "w"
%h = aten::linear(input=%x, weight=%w)
%y: f32[2,4] = my::op(x=%h)  # a.b, model.py:7
%z: f32[2,4] = my::op(x=%y)  # , model.py:9
return %z
)";

TEST(Describe, CountsWorkMemoryAndOps) {
  const ModelDescription d = describe_graph(parse_graph(plain), "plain", "fp32", false);
  EXPECT_EQ(d.parameters, 32);
  EXPECT_EQ(d.parameter_bytes, 128);
  EXPECT_EQ(d.buffers, 4);
  EXPECT_EQ(d.macs, 64);
  EXPECT_EQ(d.flops, 128);
  EXPECT_EQ(d.peak_intermediate_bytes, 64);
  EXPECT_EQ(d.peak_live_bytes, 128 + 16 + 64 + 64);
  EXPECT_EQ(d.op_histogram,
            (std::map<std::string, int64_t>{{"aten::linear", 1}, {"aten::relu", 2}}));
  EXPECT_FALSE(d.lower_bound);
  ASSERT_EQ(d.heaviest_cases.size(), 2u);
  EXPECT_EQ(d.heaviest_cases[0].call,
            "aten::linear(f32[2,8], parameter f32[4,8], parameter f32[4])");
  EXPECT_EQ(d.heaviest_cases[1].count, 2);
  const ModelDescription short_list = describe_graph(parse_graph(plain), "plain", "fp32", false, 1);
  EXPECT_EQ(short_list.heaviest_cases.size(), 1u);
}

TEST(Describe, JsonHasTheAgreedNames) {
  const Json json = encode(describe_graph(parse_graph(plain), "plain", "fp32", false));
  for (const char* name :
       {"model", "parameters", "parameter_bytes", "buffers", "macs", "flops", "other_ops",
        "read_bytes", "write_bytes", "peak_live_bytes", "inputs", "outputs", "nodes",
        "op_histogram", "heaviest_cases", "unsupported_ops"}) {
    EXPECT_TRUE(json.contains(name)) << name;
  }
  EXPECT_EQ(json["inputs"][0]["type"], "f32[2,8]");
}

TEST(Describe, WithUnknownOpsTotalsAreAbsentUnlessAllowed) {
  const Graph graph = parse_graph(with_unknown);
  const ModelDescription refused = describe_graph(graph, "odd", "fp32", false);
  EXPECT_EQ(refused.macs, std::nullopt);
  EXPECT_EQ(refused.peak_live_bytes, std::nullopt);
  EXPECT_TRUE(encode(refused)["macs"].is_null());
  ASSERT_EQ(refused.unsupported_ops.size(), 1u);
  EXPECT_EQ(refused.unsupported_ops[0].op, "my::op");
  EXPECT_EQ(refused.unsupported_ops[0].count, 2);
  EXPECT_EQ(refused.unsupported_ops[0].places,
            (std::vector<std::string>{"model.py:7", "model.py:9"}));
  EXPECT_THAT(print_description(refused),
              HasSubstr("MACs         unknown: ops outside the op table"));
  EXPECT_THAT(print_description(refused), HasSubstr("model.py:7, model.py:9"));

  const ModelDescription allowed = describe_graph(graph, "odd", "fp32", true);
  EXPECT_EQ(allowed.macs, 64);
  EXPECT_TRUE(allowed.lower_bound);
  EXPECT_THAT(print_description(allowed), HasSubstr("MACs         at least 64"));
  EXPECT_THAT(description_markdown(allowed), HasSubstr("at least 64"));
}

}  // namespace
}  // namespace opgauge
