// SPDX-License-Identifier: Apache-2.0
#include "import/expression.hpp"

#include <gmock/gmock.h>

#include "base/error.hpp"

namespace opgauge {
namespace {

Scalar at_ten(std::string_view text) {
  return evaluate_expression(text, [](std::string_view name) -> Scalar {
    if (name == "s0") return int64_t{10};
    if (name == "s77") return int64_t{7};
    throw Error("", "no symbol " + std::string(name));
  });
}
int64_t whole(std::string_view text) { return to_whole(at_ten(text)); }

std::string error_of(std::string_view text) {
  try {
    at_ten(text);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

TEST(Expression, ReadsWhatCurrentFilesWrite) {
  EXPECT_EQ(whole("Symbol('s77', positive=True, integer=True)"), 7);
  EXPECT_EQ(whole("Mul(Integer(2), Symbol('s77', positive=True, integer=True))"), 14);
  EXPECT_EQ(whole("Add(Symbol('s0', integer=True), Integer(-3))"), 7);
  EXPECT_EQ(whole("FloorDiv(Add(Symbol('s77'), Integer(-1)), Integer(2))"), 3);
  EXPECT_EQ(whole("Mul(Rational(1, 2), Symbol('s0'))"), 5);
  EXPECT_EQ(whole("Pow(Symbol('s0'), Integer(2))"), 100);
  EXPECT_EQ(whole("Max(Integer(1), Symbol('s77'), Symbol('s0'))"), 10);
  EXPECT_EQ(whole("CeilToInt(IntTrueDiv(Symbol('s77'), Integer(2)))"), 4);
  EXPECT_EQ(whole("TruncToInt(Mul(Float('1.5', precision=53), ToFloat(Symbol('s77'))))"), 10);
  EXPECT_EQ(whole("ModularIndexing(Symbol('s0'), Integer(3), Integer(2))"), 1);
  EXPECT_EQ(whole("Where(Equality(PythonMod(Symbol('s0'), Integer(2)), Integer(0)), Integer(5), "
                  "Integer(6))"),
            5);
  EXPECT_EQ(at_ten("And(StrictLessThan(Symbol('s77'), Integer(8)), true)"), Scalar(true));
}

TEST(Expression, ReadsWhatOlderFilesWrite) {
  EXPECT_EQ(whole("s0"), 10);
  EXPECT_EQ(whole("2*s0 + s77"), 27);
  EXPECT_EQ(whole("2*(s0 + s77)//3"), 11);
  EXPECT_EQ(whole("-(s77//2) + 4"), 1);
  EXPECT_EQ(whole("2**3**2"), 512);
  EXPECT_EQ(whole("s0 - 3 - 2"), 5);
  EXPECT_EQ(whole("-2**2"), -4);
  EXPECT_EQ(whole("Mod(s0, 4)"), 2);
  EXPECT_EQ(at_ten("Eq(s0, 10) & (s77 >= 7)"), Scalar(true));
}

TEST(Expression, FollowsPythonForNegativeNumbers) {
  EXPECT_EQ(whole("FloorDiv(Integer(-7), Integer(2))"), -4);
  EXPECT_EQ(whole("PythonMod(Integer(-7), Integer(3))"), 2);
  EXPECT_EQ(whole("Integer(-7) % Integer(-3)"), -1);
  EXPECT_EQ(whole("RoundToInt(Float('2.5'))"), 2);
}

TEST(Expression, NamesThePlaceOfWhatItCannotRead) {
  EXPECT_EQ(error_of("Add(s0, "),
            "[size expression \"Add(s0, \"] found the end at character 9, expected a number, "
            "symbol or function");
  EXPECT_EQ(
      error_of("s0 )"),
      "[size expression \"s0 )\"] found \")\" at character 4, expected an operator or the end");
  EXPECT_THAT(error_of("Frobnicate(s0)"), testing::HasSubstr("unknown function \"Frobnicate\""));
  EXPECT_THAT(error_of("int_oo"), testing::HasSubstr("a finite size"));
  EXPECT_THAT(error_of("nan"), testing::HasSubstr("a finite size"));
  EXPECT_THAT(error_of("FloorDiv(s0)"), testing::HasSubstr("expected 2"));
  EXPECT_THAT(error_of("99999999999999999999999"), testing::Not(testing::IsEmpty()));
  EXPECT_THAT(error_of(""), testing::HasSubstr("found the end"));
}

TEST(Expression, RefusesArithmeticThatHasNoResult) {
  EXPECT_THAT(error_of("FloorDiv(s0, Integer(0))"), testing::HasSubstr("divides by zero"));
  EXPECT_THAT(error_of("Mod(s0, 0)"), testing::HasSubstr("divides by zero"));
  EXPECT_THAT(error_of("Pow(Integer(10), Integer(40))"),
              testing::HasSubstr("does not fit 64 bits"));
  EXPECT_THAT(error_of("9223372036854775807 + 1"), testing::HasSubstr("does not fit 64 bits"));
  EXPECT_THAT(error_of("0 - 9223372036854775807 - 2"), testing::HasSubstr("does not fit 64 bits"));
  EXPECT_THAT(error_of("LShift(1, 80)"), testing::HasSubstr("does not fit 64 bits"));
  EXPECT_THAT(error_of("CeilToInt(FloatPow(10, 400))"),
              testing::HasSubstr("expected a whole number"));
  EXPECT_EQ(error_of(std::string(100000, '(')).find("[size expression"), 0u);
  EXPECT_THAT(error_of(std::string(100000, '-') + "1"), testing::HasSubstr("levels of nesting"));
}

TEST(Expression, ListsItsSymbols) {
  EXPECT_THAT(symbols_of("Mul(Symbol('s1'), Add(Symbol('s0'), Symbol('s1')))"),
              testing::ElementsAre("s1", "s0"));
  EXPECT_THAT(symbols_of("2*s44"), testing::ElementsAre("s44"));
  EXPECT_THAT(symbols_of("17"), testing::IsEmpty());
}

}  // namespace
}  // namespace opgauge
