// SPDX-License-Identifier: Apache-2.0
// Arithmetic over the columns of a table, as in "latency_ms*1e-3" or "(heads*batch)": decimal numbers, column names (in
// 'quotes' where they hold other characters than letters, digits, _ and .), + - * /, unary - and parentheses. The formulas
// of sweep files (sweep/expression.hpp) are exact whole numbers; these are times and are read once for a million rows.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace opgauge {

class TableFormula {
 public:
  // Throws Error(where, …): an unknown column (with the nearest name), anything that is no formula.
  TableFormula(const std::string& where, std::string_view text, const std::vector<std::string>& columns);

  const std::string& text() const { return text_; }
  // The column that the formula is, alone; -1 if it is more than a name.
  int column() const;
  // Columns that it needs as numbers, each once.
  const std::vector<size_t>& columns() const { return columns_; }
  // `numbers`: one per entry of columns(). Division by zero gives an infinity or NaN, which the reader refuses.
  double value(const std::vector<double>& numbers) const;

 private:
  friend class FormulaCompiler;
  enum class Operation { number, column, add, subtract, multiply, divide, negate };
  struct Step {
    Operation operation;
    double number = 0;
    size_t column = 0;  // index into columns_
  };
  std::string text_;
  std::vector<size_t> columns_;
  std::vector<Step> steps_;  // postfix
};

}  // namespace opgauge
