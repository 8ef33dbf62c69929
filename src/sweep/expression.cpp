// SPDX-License-Identifier: Apache-2.0
#include "sweep/expression.hpp"

#include <algorithm>
#include <cctype>
#include <limits>
#include <vector>

namespace opgauge {
namespace {

// Recursive descent; one member function a level of precedence.
class Reader {
 public:
  Reader(std::string_view text, const Json& parameters) : text_(text), parameters_(parameters) {}

  Json whole() {
    Json value = either();
    skip_space();
    if (at_ != text_.size())
      fail("found \"" + std::string(text_.substr(at_, 20)) + "\", expected the end");
    return value;
  }

 private:
  [[noreturn]] void fail(const std::string& message) const {
    throw Error("formula \"" + std::string(text_) + "\"",
                "at " + std::to_string(at_ + 1) + ": " + message);
  }
  void skip_space() {
    while (at_ < text_.size() && std::isspace(static_cast<unsigned char>(text_[at_]))) ++at_;
  }
  bool take(std::string_view token) {
    skip_space();
    if (!text_.substr(at_).starts_with(token)) return false;
    at_ += token.size();
    return true;
  }
  int64_t number(const Json& value) const {
    if (!value.is_number_integer()) fail("found " + found(value) + ", expected a whole number");
    return value.get<int64_t>();
  }
  static Json truth(bool value) { return int64_t{value}; }

  Json either() {
    Json left = both();
    while (take("||")) {
      const Json right = both();
      left = truth(number(left) != 0 || number(right) != 0);
    }
    return left;
  }
  Json both() {
    Json left = comparison();
    while (take("&&")) {
      const Json right = comparison();
      left = truth(number(left) != 0 && number(right) != 0);
    }
    return left;
  }
  Json comparison() {
    const Json left = sum();
    if (take("==")) return truth(equal(left, sum()));
    if (take("!=")) return truth(!equal(left, sum()));
    if (take("<=")) return truth(number(left) <= number(sum()));
    if (take(">=")) return truth(number(left) >= number(sum()));
    if (take("<")) return truth(number(left) < number(sum()));
    if (take(">")) return truth(number(left) > number(sum()));
    return left;
  }
  bool equal(const Json& left, const Json& right) const {
    if (left.is_string() && right.is_string()) return left == right;
    return number(left) == number(right);
  }
  Json sum() {
    Json left = product();
    for (;;) {
      int64_t result = 0;
      bool overflow = false;
      if (take("+")) {
        overflow = __builtin_add_overflow(number(left), number(product()), &result);
      } else if (take("-")) {
        overflow = __builtin_sub_overflow(number(left), number(product()), &result);
      } else {
        return left;
      }
      if (overflow) fail("found a number beyond 63 bits, expected a smaller one");
      left = result;
    }
  }
  Json product() {
    Json left = unary();
    for (;;) {
      skip_space();
      const char op = at_ < text_.size() ? text_[at_] : ' ';
      if (op != '*' && op != '/' && op != '%') return left;
      ++at_;
      const int64_t a = number(left), b = number(unary());
      int64_t result = 0;
      if (op == '*') {
        if (__builtin_mul_overflow(a, b, &result))
          fail("found a number beyond 63 bits, expected a smaller one");
      } else if (b == 0 || (b == -1 && a == std::numeric_limits<int64_t>::min())) {
        fail("found a division by " + std::to_string(b) + ", expected another divisor");
      } else {
        result = op == '/' ? a / b : a % b;
      }
      left = result;
    }
  }
  Json unary() {
    skip_space();
    if (++depth_ > 64) fail("found deep nesting, expected a simpler formula");
    Json value;
    if (text_.substr(at_).starts_with('!') && !text_.substr(at_).starts_with("!=")) {
      ++at_;
      value = truth(number(unary()) == 0);
    } else if (take("-")) {
      const int64_t inner = number(unary());
      if (inner == std::numeric_limits<int64_t>::min())
        fail("found a number beyond 63 bits, expected a smaller one");
      value = -inner;
    } else {
      value = primary();
    }
    --depth_;
    return value;
  }
  Json primary() {
    if (take("(")) {
      Json value = either();
      if (!take(")")) fail("expected \")\"");
      return value;
    }
    if (take("'")) {
      const size_t end = text_.find('\'', at_);
      if (end == std::string_view::npos) fail("found an open quote, expected \"'\"");
      Json value = std::string(text_.substr(at_, end - at_));
      at_ = end + 1;
      return value;
    }
    const size_t begin = at_;
    while (at_ < text_.size() &&
           (std::isalnum(static_cast<unsigned char>(text_[at_])) || text_[at_] == '_'))
      ++at_;
    const std::string word(text_.substr(begin, at_ - begin));
    if (word.empty()) fail("expected a number, a name or \"(\"");
    if (std::isdigit(static_cast<unsigned char>(word[0]))) return literal(word);
    if ((word == "len" || word == "max") && take("(")) return of_list(word);
    return look_up(word);
  }
  Json literal(const std::string& digits) const {
    int64_t value = 0;
    for (const char c : digits) {
      if (!std::isdigit(static_cast<unsigned char>(c)) ||
          __builtin_mul_overflow(value, 10, &value) ||
          __builtin_add_overflow(value, c - '0', &value)) {
        fail("found \"" + digits + "\", expected a whole number");
      }
    }
    return value;
  }
  Json of_list(const std::string& function) {
    skip_space();
    const size_t end = text_.find(')', at_);
    if (end == std::string_view::npos) fail("expected \")\"");
    std::string name(text_.substr(at_, end - at_));
    name.erase(name.find_last_not_of(' ') + 1);
    const Json list = look_up(name);
    at_ = end + 1;
    if (!list.is_array() || list.empty())
      fail("found " + found(list) + ", expected a list in " + function);
    if (function == "len") return static_cast<int64_t>(list.size());
    int64_t most = number(list[0]);
    for (const Json& one : list) most = std::max(most, number(one));
    return most;
  }
  Json look_up(const std::string& name) const {
    const auto at = parameters_.find(name);
    if (at != parameters_.end()) return *at;
    std::vector<std::string> known;
    for (const auto& [key, value] : parameters_.items()) known.push_back(key);
    throw unknown_name("formula \"" + std::string(text_) + "\"", "name", name, known);
  }

  std::string_view text_;
  const Json& parameters_;
  size_t at_ = 0;
  int depth_ = 0;
};

std::string plain(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (!value.is_array()) return value.dump();
  std::string text;
  for (const Json& one : value) text += (text.empty() ? "" : "-") + plain(one);
  return text;
}

}  // namespace

Json evaluate(std::string_view text, const Json& parameters) {
  return Reader(text, parameters).whole();
}

bool holds(std::string_view text, const Json& parameters) {
  const Json value = evaluate(text, parameters);
  if (!value.is_number_integer()) {
    throw Error("formula \"" + std::string(text) + "\"",
                "found " + found(value) + ", expected a condition");
  }
  return value.get<int64_t>() != 0;
}

std::string fill_in(std::string_view text, const Json& parameters) {
  std::string result;
  for (size_t at = 0; at < text.size();) {
    if (text[at] != '{') {
      result += text[at++];
      continue;
    }
    if (text.substr(at).starts_with("{{")) {
      result += '{';
      at += 2;
      continue;
    }
    const size_t end = text.find('}', at);
    if (end == std::string_view::npos) {
      throw Error("template \"" + std::string(text) + "\"", "found an open \"{\", expected \"}\"");
    }
    result += plain(evaluate(text.substr(at + 1, end - at - 1), parameters));
    at = end + 1;
  }
  return result;
}

}  // namespace opgauge
