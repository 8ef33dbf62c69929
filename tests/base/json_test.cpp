// SPDX-License-Identifier: Apache-2.0
#include "base/json.hpp"

#include <gtest/gtest.h>

namespace opgauge {
namespace {

std::string error_of(const auto& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

// simdjson reads what both libraries take, nlohmann the rest: nothing may show which of them it was.
TEST(ParseJson, GivesWhatNlohmannGives) {
  for (const char* text :
       {"0", "-0", "-7", "9223372036854775807", "-9223372036854775808", "18446744073709551615", "18446744073709551616",
        "0.1", "1e308", "4.9e-324", "1.0", "true", "null", "\"\"", R"("\u00e9\n\ud83d\ude00")", "[]", "{}",
        R"([1,[2.5,{"b":null,"a":[false]}]])", R"({"z":1,"a":2})", R"({"a":1,"b":2,"a":3})", "\xef\xbb\xbf[1]"}) {
    const Json parsed = parse_json("text", text), expected = Json::parse(text);
    EXPECT_EQ(parsed, expected) << text;
    EXPECT_EQ(parsed.dump(), expected.dump()) << text;
    EXPECT_EQ(parsed.is_number_float(), expected.is_number_float()) << text;
  }
}

TEST(ParseJson, SaysLineAndColumnOfWhatIsWrong) {
  EXPECT_EQ(error_of([] { parse_json("a.json", "{\n \"b\": 1,\n \"c\": }"); }),
            "[a.json] not valid JSON: parse error at line 3, column 7: syntax error while parsing value - unexpected '}'; "
            "expected '[', '{', or a literal");
  EXPECT_EQ(error_of([] { parse_json("a.json", std::string(300, '[') + std::string(300, ']')); }),
            "[a.json] nesting deeper than 256, expected a flatter document");
}

TEST(DecodeJson, NamesThePlaceOfWhatIsWrong) {
  std::map<std::string, std::vector<std::optional<double>>> lists;
  EXPECT_EQ(error_of([&] { decode("a.json: lists", parse_json("", R"({"x":[1],"y":[2,null,"three"]})"), lists); }),
            "[a.json: lists.y[2]] found \"three\", expected a number");
  EXPECT_EQ(error_of([&] { decode("", parse_json("", R"({"":[true]})"), lists); }), "[[0]] found true, expected a number");
}

}  // namespace
}  // namespace opgauge
