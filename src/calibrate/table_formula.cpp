// SPDX-License-Identifier: Apache-2.0
#include "calibrate/table_formula.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>

#include "base/names.hpp"

namespace opgauge {

constexpr int deepest_nesting = 64;

// Recursive descent; one member function a level of precedence.
class FormulaCompiler {
 public:
  FormulaCompiler(const std::string& where, TableFormula& out, const std::vector<std::string>& columns)
      : where_(where), out_(out), text_(out.text_), columns_(columns) {}

  void whole() {
    sum();
    skip_space();
    if (at_ != text_.size()) fail("found \"" + std::string(text_.substr(at_, 20)) + "\", expected an operator or the end");
  }

 private:
  using Operation = TableFormula::Operation;
  [[noreturn]] void fail(const std::string& message) const {
    throw Error(where_, "formula \"" + out_.text_ + "\" at " + std::to_string(at_ + 1) + ": " + message);
  }
  void skip_space() {
    while (at_ < text_.size() && std::isspace(static_cast<unsigned char>(text_[at_]))) ++at_;
  }
  bool take(char token) {
    skip_space();
    if (at_ >= text_.size() || text_[at_] != token) return false;
    ++at_;
    return true;
  }
  void add(Operation operation) { out_.steps_.push_back({operation}); }

  void sum() {
    product();
    for (;;) {
      if (take('+')) {
        product();
        add(Operation::add);
      } else if (take('-')) {
        product();
        add(Operation::subtract);
      } else {
        return;
      }
    }
  }
  void product() {
    unary();
    for (;;) {
      if (take('*')) {
        unary();
        add(Operation::multiply);
      } else if (take('/')) {
        unary();
        add(Operation::divide);
      } else {
        return;
      }
    }
  }
  void unary() {
    if (++depth_ > deepest_nesting) fail("found deep nesting, expected a simpler formula");
    if (take('-')) {
      unary();
      add(Operation::negate);
    } else {
      primary();
    }
    --depth_;
  }
  void primary() {
    if (take('(')) {
      sum();
      if (!take(')')) fail("expected \")\"");
      return;
    }
    skip_space();
    const char first = at_ < text_.size() ? text_[at_] : ' ';
    if (std::isdigit(static_cast<unsigned char>(first)) || first == '.') {
      double number = 0;
      const auto [end, code] = std::from_chars(text_.data() + at_, text_.data() + text_.size(), number);
      if (code != std::errc()) fail("found no number that a double holds");
      at_ = static_cast<size_t>(end - text_.data());
      out_.steps_.push_back({Operation::number, number, 0});
      return;
    }
    std::string name;
    if (take('\'')) {
      const size_t end = text_.find('\'', at_);
      if (end == std::string_view::npos) fail("found an open quote, expected \"'\"");
      name = text_.substr(at_, end - at_);
      at_ = end + 1;
    } else {
      const size_t begin = at_;
      while (at_ < text_.size() && (std::isalnum(static_cast<unsigned char>(text_[at_])) || text_[at_] == '_' || text_[at_] == '.')) ++at_;
      name = text_.substr(begin, at_ - begin);
    }
    if (name.empty()) fail("expected a number, a column or \"(\"");
    const auto found_at = std::ranges::find(columns_, name);
    if (found_at == columns_.end()) throw unknown_name(where_, "column", name, columns_);
    const size_t column = static_cast<size_t>(found_at - columns_.begin());
    const auto known = std::ranges::find(out_.columns_, column);
    out_.steps_.push_back({Operation::column, 0, static_cast<size_t>(known - out_.columns_.begin())});
    if (known == out_.columns_.end()) out_.columns_.push_back(column);
  }

  const std::string& where_;
  TableFormula& out_;
  std::string_view text_;
  const std::vector<std::string>& columns_;
  size_t at_ = 0;
  int depth_ = 0;
};

TableFormula::TableFormula(const std::string& where, std::string_view text, const std::vector<std::string>& columns) : text_(text) {
  FormulaCompiler(where, *this, columns).whole();
}

int TableFormula::column() const {
  return steps_.size() == 1 && steps_[0].operation == Operation::column ? static_cast<int>(columns_[0]) : -1;
}

double TableFormula::value(const std::vector<double>& numbers) const {
  thread_local std::vector<double> stack;
  stack.clear();
  for (const Step& step : steps_) {
    if (step.operation == Operation::number) {
      stack.push_back(step.number);
      continue;
    }
    if (step.operation == Operation::column) {
      stack.push_back(numbers[step.column]);
      continue;
    }
    if (step.operation == Operation::negate) {
      stack.back() = -stack.back();
      continue;
    }
    const double right = stack.back();
    stack.pop_back();
    double& left = stack.back();
    left = step.operation == Operation::add        ? left + right
           : step.operation == Operation::subtract ? left - right
           : step.operation == Operation::multiply ? left * right
                                                   : left / right;
  }
  return stack.back();
}

}  // namespace opgauge
