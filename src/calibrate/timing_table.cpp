// SPDX-License-Identifier: Apache-2.0
#include "calibrate/timing_table.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <optional>

#include "base/csv_stream.hpp"
#include "calibrate/table_formula.hpp"
#include "graph/builder.hpp"
#include "graph/case.hpp"

namespace opgauge {
namespace {

constexpr double largest_size = 1e12;

const std::vector<std::string> quantities = {"m", "n", "k", "batch", "products", "dtype", "op", "case", "latency_s"};

// "m=M, latency_s=ms*1e-3" as pairs.
std::map<std::string, std::string> read_map(std::string_view map) {
  std::map<std::string, std::string> pairs;
  const auto trimmed = [](std::string_view text) {
    const size_t begin = text.find_first_not_of(' ');
    return begin == std::string_view::npos ? std::string() : std::string(text.substr(begin, text.find_last_not_of(' ') - begin + 1));
  };
  for (size_t at = 0; at <= map.size();) {
    const size_t end = std::min(map.find(',', at), map.size());
    const std::string_view part = map.substr(at, end - at);
    at = end + 1;
    const size_t equals = part.find('=');
    const std::string left = trimmed(part.substr(0, equals)), right = equals == std::string_view::npos ? "" : trimmed(part.substr(equals + 1));
    if (left.empty() || right.empty()) throw Error("--map", "found \"" + std::string(part) + "\", expected QUANTITY=COLUMN, as in m=M,n=N,k=K,latency_s=ms*1e-3");
    if (std::ranges::find(quantities, left) == quantities.end()) throw unknown_name("--map", "quantity", left, quantities);
    const std::string name = left == "products" ? "batch" : left;
    if (!pairs.emplace(name, right).second) throw Error("--map", "found " + left + " twice, expected each quantity once");
  }
  if (!pairs.contains("latency_s")) throw Error("--map", "found no latency_s, expected latency_s=COLUMN in seconds, as in latency_s=latency_ms*1e-3");
  const bool product = pairs.contains("m") && pairs.contains("n") && pairs.contains("k");
  if (!product && !pairs.contains("case")) throw Error("--map", "found neither all of m, n, k nor case, expected one of them");
  if (pairs.contains("case") && pairs.size() > 2) throw Error("--map", "found case beside other quantities, expected case and latency_s alone");
  return pairs;
}

Dtype dtype_of(const std::string& where, std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  if (text.starts_with("torch.")) text.erase(0, 6);
  static const std::map<std::string, Dtype, std::less<>> others = {
      {"fp32", Dtype::f32},     {"float32", Dtype::f32}, {"float", Dtype::f32},  {"fp16", Dtype::f16}, {"float16", Dtype::f16},
      {"half", Dtype::f16},     {"int8", Dtype::i8}, {"bfloat16", Dtype::bf16}, {"fp64", Dtype::f64}, {"float64", Dtype::f64}, {"double", Dtype::f64}};
  if (const auto at = others.find(text); at != others.end()) return at->second;
  return parse_enum<Dtype>(where, "dtype", text);
}

// One quantity of the map against the columns of the file.
class NumberCell {
 public:
  NumberCell(const std::string& where, std::string quantity, const std::string& text, const std::vector<std::string>& columns)
      : quantity_(std::move(quantity)), formula_(where, text, columns), names_(columns) {}

  double read(const std::string& path, size_t line, const std::vector<std::string>& cells) {
    numbers_.clear();
    for (const size_t column : formula_.columns()) {
      const std::string& cell = cells[column];
      const char *begin = cell.data(), *end = begin + cell.size();
      while (begin != end && *begin == ' ') ++begin;
      while (begin != end && end[-1] == ' ') --end;
      if (begin == end) fail(path, line, "found an empty cell in column \"" + names_[column] + "\", expected a number");
      if (*begin == '+') ++begin;
      double number = 0;
      const auto [stop, code] = std::from_chars(begin, end, number);
      if (code != std::errc() || stop != end || !std::isfinite(number)) {
        fail(path, line, "found \"" + cell + "\" in column \"" + names_[column] + "\", expected a finite number");
      }
      numbers_.push_back(number);
    }
    return formula_.value(numbers_);
  }
  int64_t read_size(const std::string& path, size_t line, const std::vector<std::string>& cells) {
    const double value = read(path, line, cells);
    if (!(value >= 1 && value <= largest_size) || value != std::floor(value)) {
      fail(path, line, "found " + quantity_ + " = " + text_of(value) + ", expected a whole number from 1 to 1e12");
    }
    return static_cast<int64_t>(value);
  }
  double read_time(const std::string& path, size_t line, const std::vector<std::string>& cells) {
    const double value = read(path, line, cells);
    if (!(value > 0) || !std::isfinite(value)) fail(path, line, "found " + quantity_ + " = " + text_of(value) + ", expected a time above 0 seconds");
    if (value > 1e5) fail(path, line, "found " + quantity_ + " = " + text_of(value) + ", expected seconds; is it milliseconds or microseconds?");
    return value;
  }

 private:
  static std::string text_of(double value) {
    char text[32];
    const auto end = std::to_chars(text, text + sizeof text, value, std::chars_format::general, 6).ptr;
    return {text, end};
  }
  [[noreturn]] static void fail(const std::string& path, size_t line, const std::string& message) {
    throw Error(path + ":" + std::to_string(line), message);
  }
  std::string quantity_;
  TableFormula formula_;
  std::vector<std::string> names_;
  std::vector<double> numbers_;
};

// A column of words, or one word for all rows.
struct WordCell {
  int column = -1;
  std::string word;
  WordCell(std::string text, const std::vector<std::string>& columns) : word(std::move(text)) {
    if (word.size() > 1 && word.front() == '\'' && word.back() == '\'') word = word.substr(1, word.size() - 2);
    const auto at = std::ranges::find(columns, word);
    if (at != columns.end()) column = static_cast<int>(at - columns.begin());
  }
  const std::string& read(const std::vector<std::string>& cells) const { return column < 0 ? word : cells[static_cast<size_t>(column)]; }
};

}  // namespace

Graph TimedOp::graph() const {
  if (!text.empty()) return parse_case(text);
  GraphBuilder builder("case");
  if (product == TimedProduct::bmm) {
    const ValueId left = builder.input("self", {dtype, {batch, m, k}}), right = builder.input("mat2", {dtype, {batch, k, n}});
    return builder.finish({builder.call("aten::bmm", {{"self", left}, {"mat2", right}})});
  }
  if (product == TimedProduct::mm) {
    const ValueId left = builder.input("self", {dtype, {m, k}}), right = builder.input("mat2", {dtype, {k, n}});
    return builder.finish({builder.call("aten::mm", {{"self", left}, {"mat2", right}})});
  }
  const ValueId input = builder.input("input", {dtype, batch > 1 ? Dims{batch, m, k} : Dims{m, k}});
  const ValueId weight = builder.parameter("weight", {dtype, {n, k}});
  return builder.finish({builder.call("aten::linear", {{"input", input}, {"weight", weight}})});
}

TimingTable read_timing_table(const std::filesystem::path& path, std::string_view map) {
  const std::map<std::string, std::string> pairs = read_map(map);
  TimingTable table{path.string(), {}};
  std::optional<NumberCell> m, n, k, batch, latency;
  std::optional<WordCell> dtype, op, text;
  std::map<std::string, Dtype, std::less<>> known_dtypes;
  CsvVisitor visitor;
  visitor.header = [&](const std::vector<std::string>& columns) {
    const std::string where = table.where + ":1";
    const auto number = [&](const char* name, std::optional<NumberCell>& to) {
      if (const auto at = pairs.find(name); at != pairs.end()) to.emplace(where, name, at->second, columns);
    };
    const auto word = [&](const char* name, std::optional<WordCell>& to) {
      if (const auto at = pairs.find(name); at != pairs.end()) to.emplace(at->second, columns);
    };
    number("m", m);
    number("n", n);
    number("k", k);
    number("batch", batch);
    number("latency_s", latency);
    word("dtype", dtype);
    word("op", op);
    word("case", text);
    if (text && text->column < 0) throw unknown_name(where, "column", text->word, columns);
    // A word that names neither a column nor a dtype is a missing column.
    if (dtype && dtype->column < 0) {
      try {
        dtype_of(where, dtype->word);
      } catch (const Error&) {
        throw unknown_name(where, "column", dtype->word, columns);
      }
    }
    if (op && op->column < 0 && std::ranges::none_of(enum_names<TimedProduct>, [&](const auto& one) { return one.name == op->word; })) {
      throw unknown_name(where, "column", op->word, columns);
    }
  };
  visitor.row = [&](size_t line, const std::vector<std::string>& cells) {
    TimedOp row;
    row.line = line;
    const auto where = [&] { return table.where + ":" + std::to_string(line); };
    row.latency_s = latency->read_time(table.where, line, cells);
    if (text) {
      row.text = text->read(cells);
      if (row.text.empty()) throw Error(where(), "found an empty cell in column \"" + text->word + "\", expected a case text");
    } else {
      row.m = m->read_size(table.where, line, cells);
      row.n = n->read_size(table.where, line, cells);
      row.k = k->read_size(table.where, line, cells);
      if (batch) row.batch = batch->read_size(table.where, line, cells);
      if (dtype) {
        const std::string& word = dtype->read(cells);
        const auto known = known_dtypes.find(word);
        row.dtype = known != known_dtypes.end() ? known->second : known_dtypes.emplace(word, dtype_of(where(), word)).first->second;
      }
      if (op) row.product = parse_enum<TimedProduct>(where(), "op", op->read(cells));
      if (row.product == TimedProduct::mm && row.batch > 1) throw Error(where(), "found mm with batch " + std::to_string(row.batch) + ", expected op bmm");
    }
    table.rows.push_back(std::move(row));
  };
  stream_csv(path, visitor);
  if (table.rows.empty()) throw Error(table.where, "found a header and no rows, expected timings");
  return table;
}

}  // namespace opgauge
