// SPDX-License-Identifier: Apache-2.0
#include "sweep/axes.hpp"

#include <gtest/gtest.h>

#include "sweep/expression.hpp"

namespace opgauge {
namespace {

std::string text_of(const std::vector<Json>& values) { return Json(values).dump(); }

std::string error_of(const std::function<void()>& act) {
  try {
    act();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

TEST(Axes, ReadsRangesAndLists) {
  EXPECT_EQ(text_of(parse_axis_values("x", "[256:4096:*2]", false)), "[256,512,1024,2048,4096]");
  EXPECT_EQ(text_of(parse_axis_values("x", "[1:9:+4]", false)), "[1,5,9]");
  EXPECT_EQ(text_of(parse_axis_values("x", "[1:3]", false)), "[1,2,3]");
  EXPECT_EQ(text_of(parse_axis_values("x", "1, 16,[30:40:5],16", false)), "[1,16,30,35,40]");
  EXPECT_EQ(text_of(parse_axis_values("x", "same,valid", false)), R"(["same","valid"])");
  EXPECT_EQ(text_of(parse_axis_values("x", "128,512-512,1024x3,8-4x2", true)),
            "[[128],[512,512],[1024,1024,1024],[8,4,4]]");
  EXPECT_EQ(text_of(axis_values("x", parse_json("", R"([[128],[512,512]])"))), "[[128],[512,512]]");
  EXPECT_EQ(text_of(axis_values("x", parse_json("", R"(["[1:4:*2]", 7])"))), "[1,2,4,7]");
  EXPECT_EQ(parse_axis_values("x", "[4611686018427387904:9223372036854775807:*2]", false).size(),
            1u);
}

TEST(Axes, SaysWhatIsWrong) {
  const auto parse = [](const char* text) {
    return error_of([&] { parse_axis_values("axis n", text, false); });
  };
  EXPECT_EQ(parse("-4"), "[axis n] found \"-4\", expected a whole number above 0");
  EXPECT_EQ(parse("0"), "[axis n] found \"0\", expected a whole number above 0");
  EXPECT_EQ(parse("1.5"), "[axis n] found \"1.5\", expected a whole number above 0");
  EXPECT_EQ(parse("99999999999999999999"),
            "[axis n] found \"99999999999999999999\", expected a whole number above 0");
  EXPECT_EQ(parse("1,,2"), "[axis n] found an empty value, expected a number or a name");
  EXPECT_EQ(parse("[8:4]"),
            "[axis n \"[8:4]\"] found a first value above the last, expected first <= last");
  EXPECT_EQ(parse("[1:8:*1]"), "[axis n \"[1:8:*1]\"] found the factor 1, expected at least 2");
  EXPECT_EQ(
      parse("[1:8"),
      "[axis n \"[1:8\"] found no \"]\", expected [first:last:*factor] or [first:last:+step]");
  EXPECT_EQ(parse("[1:100000000]"),
            "[axis n \"[1:100000000]\"] found more than 10000 values, expected fewer");
  EXPECT_EQ(error_of([] { axis_values("a", parse_json("", "[[1],2]")); }),
            "[a] found lists beside single values, expected one kind");
  EXPECT_EQ(error_of([] { axis_values("a", parse_json("", "[true]")); }),
            "[a[0]] found true, expected a whole number");
  EXPECT_EQ(error_of([] { split_axis("width"); }),
            "[--axis width] found no name, expected name=values, for instance width=[64:512:*2]");
}

TEST(Expression, ComputesWithCsPrecedence) {
  const Json p = parse_json("", R"({"a": 6, "b": 4, "kind": "depthwise", "dims": [8, 512, 64]})");
  const auto number = [&](const char* text) { return evaluate(text, p).get<int64_t>(); };
  EXPECT_EQ(number("a + b * 2"), 14);
  EXPECT_EQ(number("(a + b) * 2 - -1"), 21);
  EXPECT_EQ(number("a % b == 2 && a / b == 1"), 1);
  EXPECT_EQ(number("a - b - 1"), 1);
  EXPECT_EQ(number("!(a > b) || a <= 5"), 0);
  EXPECT_EQ(number("len(dims) * max(dims)"), 1536);
  EXPECT_TRUE(holds("kind == 'depthwise' && a != b", p));
  EXPECT_EQ(fill_in("mlp:{a}-{dims}-{b*2} {kind} {{x", p), "mlp:6-8-512-64-8 depthwise {x");
}

TEST(Expression, SaysWhatIsWrong) {
  const Json p = parse_json("", R"({"alpha": 6, "kind": "x", "zero": 0})");
  const auto wrong = [&](const char* text) { return error_of([&] { evaluate(text, p); }); };
  EXPECT_EQ(wrong("alpah + 1"),
            "[formula \"alpah + 1\"] unknown name \"alpah\", expected one of alpha, kind, zero; "
            "did you mean \"alpha\"?");
  EXPECT_EQ(wrong("alpha +"), "[formula \"alpha +\"] at 8: expected a number, a name or \"(\"");
  EXPECT_EQ(wrong("alpha 3"), "[formula \"alpha 3\"] at 7: found \"3\", expected the end");
  EXPECT_EQ(wrong("alpha / zero"),
            "[formula \"alpha / zero\"] at 13: found a division by 0, expected another divisor");
  EXPECT_EQ(wrong("kind + 1"), "[formula \"kind + 1\"] at 7: found \"x\", expected a whole number");
  EXPECT_NE(wrong("9223372036854775807 + 1").find("beyond 63 bits"), std::string::npos);
  EXPECT_NE(wrong("len(alpha)").find("expected a list in len"), std::string::npos);
  EXPECT_NE(wrong(std::string(500, '(').c_str()).find("deep nesting"), std::string::npos);
  EXPECT_NE(error_of([&] { fill_in("a {alpha", p); }).find("open \"{\""), std::string::npos);
}

}  // namespace
}  // namespace opgauge
