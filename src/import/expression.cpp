// SPDX-License-Identifier: Apache-2.0
#include "import/expression.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>

#include "base/error.hpp"

namespace opgauge {
namespace {

constexpr int max_depth = 200;

struct Operator {
  std::string_view sign;
  int binds;  // tighter is larger
  std::string_view function;
};
// Longer signs first.
constexpr auto operators = std::to_array<Operator>({
    {"**", 60, "_operator.pow"},
    {"//", 50, "_operator.floordiv"},
    {"<=", 20, "_operator.le"},
    {">=", 20, "_operator.ge"},
    {"==", 20, "_operator.eq"},
    {"!=", 20, "_operator.ne"},
    {"<", 20, "_operator.lt"},
    {">", 20, "_operator.gt"},
    {"*", 50, "_operator.mul"},
    {"/", 50, "_operator.truediv"},
    {"%", 50, "_operator.mod"},
    {"+", 40, "_operator.add"},
    {"-", 40, "_operator.sub"},
    {"&", 15, "_operator.and_"},
    {"|", 10, "_operator.or_"},
});
constexpr int unary_minus_binds = 55;

class Reader {
 public:
  Reader(std::string_view text, const SymbolValue& value_of) : text_(text), value_of_(value_of) {}

  Scalar read_all() {
    const Scalar value = expression(0);
    skip_spaces();
    if (at_ != text_.size()) throw unexpected("an operator or the end");
    return value;
  }

 private:
  Error unexpected(std::string_view expected) const {
    const std::string found =
        at_ < text_.size() ? "\"" + std::string(text_.substr(at_, 12)) + "\"" : "the end";
    return Error("size expression \"" + std::string(text_.substr(0, 160)) + "\"",
                 "found " + found + " at character " + std::to_string(at_ + 1) + ", expected " +
                     std::string(expected));
  }
  void skip_spaces() {
    while (at_ < text_.size() && text_[at_] == ' ') ++at_;
  }
  bool take(char c) {
    skip_spaces();
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  void expect(char c) {
    if (!take(c)) throw unexpected("\"" + std::string(1, c) + "\"");
  }

  Scalar expression(int at_least) {
    if (++depth_ > max_depth) throw unexpected("at most 200 levels of nesting");
    Scalar left = operand();
    while (const Operator* next = peek_operator()) {
      if (next->binds < at_least) break;
      at_ += next->sign.size();
      // ** groups from the right, all others from the left.
      const Scalar right = expression(next->sign == "**" ? next->binds : next->binds + 1);
      left = apply_scalar_function(next->function, std::array{left, right});
    }
    --depth_;
    return left;
  }

  const Operator* peek_operator() {
    skip_spaces();
    for (const Operator& one : operators) {
      if (text_.substr(at_).starts_with(one.sign)) return &one;
    }
    return nullptr;
  }

  Scalar operand() {
    skip_spaces();
    if (at_ >= text_.size()) throw unexpected("a number, symbol or function");
    const char c = text_[at_];
    if (take('(')) {
      const Scalar value = expression(0);
      expect(')');
      return value;
    }
    if (take('-'))
      return apply_scalar_function("_operator.neg", std::array{expression(unary_minus_binds)});
    if (take('~')) return apply_scalar_function("Not", std::array{expression(unary_minus_binds)});
    if (std::isdigit(static_cast<unsigned char>(c)) || c == '.') return number();
    if (std::isalpha(static_cast<unsigned char>(c)) || c == '_') return named();
    throw unexpected("a number, symbol or function");
  }

  Scalar number() {
    return number_of(
        take_while([](char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '.'; }));
  }

  Scalar number_of(std::string_view digits) const {
    const char* end = digits.data() + digits.size();
    int64_t whole = 0;
    if (const auto [rest, code] = std::from_chars(digits.data(), end, whole);
        code == std::errc() && rest == end) {
      return whole;
    }
    double real = 0;
    if (digits.find_first_of(".e") == std::string_view::npos)
      throw unexpected("a number that fits 64 bits");
    if (const auto [rest, code] = std::from_chars(digits.data(), end, real);
        code == std::errc() && rest == end) {
      return real;
    }
    throw unexpected("a number");
  }

  template <class Predicate>
  std::string_view take_while(Predicate belongs) {
    const size_t begin = at_;
    while (at_ < text_.size() && belongs(text_[at_])) ++at_;
    return text_.substr(begin, at_ - begin);
  }

  std::string_view quoted() {
    skip_spaces();
    if (at_ >= text_.size() || (text_[at_] != '\'' && text_[at_] != '"'))
      throw unexpected("a quoted name");
    const char quote = text_[at_++];
    const std::string_view inside = take_while([&](char c) { return c != quote; });
    expect(quote);
    return inside;
  }

  // Assumptions after a symbol's or number's name: `, positive=True, integer=True)`.
  void skip_assumptions() {
    while (take(',')) {
      take_while([](char c) { return c != ',' && c != ')'; });
    }
    expect(')');
  }

  Scalar named() {
    const std::string_view name = take_while(
        [](char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '.'; });
    if (name == "true" || name == "True") return true;
    if (name == "false" || name == "False") return false;
    if (name == "oo" || name == "int_oo" || name == "nan" || name == "zoo")
      throw unexpected("a finite size");
    if (!take('(')) return value_of_(name);
    if (name == "Symbol" || name == "Dummy") {
      const std::string_view symbol = quoted();
      skip_assumptions();
      return value_of_(symbol);
    }
    if (name == "Float") {
      const Scalar value = number_of(quoted());
      skip_assumptions();
      return to_double(value);
    }
    std::vector<Scalar> operands;
    if (!take(')')) {
      do {
        operands.push_back(expression(0));
      } while (take(','));
      expect(')');
    }
    if (name == "Integer") {
      if (operands.size() != 1) throw unexpected("one number");
      return to_whole(operands[0]);
    }
    return apply_scalar_function(name, operands);
  }

  std::string_view text_;
  const SymbolValue& value_of_;
  size_t at_ = 0;
  int depth_ = 0;
};

}  // namespace

Scalar evaluate_expression(std::string_view text, const SymbolValue& value_of) {
  return Reader(text, value_of).read_all();
}

std::vector<std::string_view> symbols_of(std::string_view text) {
  std::vector<std::string_view> found;
  // Any value does for the symbols: an arithmetic error after one was seen ends the walk, and the
  // caller meets that error again with the real values.
  try {
    evaluate_expression(text, [&](std::string_view symbol) {
      if (std::find(found.begin(), found.end(), symbol) == found.end()) found.push_back(symbol);
      return Scalar(int64_t{1});
    });
  } catch (const Error&) {
  }
  return found;
}

}  // namespace opgauge
