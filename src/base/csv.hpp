// SPDX-License-Identifier: Apache-2.0
// Tables of text: CSV in and out (libcsv does quoting and line ends), Markdown and terminal columns out, and the
// bridge from records (base/fields.hpp) to rows.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"

namespace opgauge {

struct Table {
  std::vector<std::string> columns;
  std::vector<std::vector<std::string>> rows;

  // Index of a column, or -1.
  int column(std::string_view name) const;
};

// Reads a header line and its rows. Errors (with line): no header, a duplicate column, a row with another number of
// cells than the header, an unclosed quote.
Table parse_csv(std::string_view where, std::string_view text);
Table read_csv(const std::filesystem::path& path);

std::string csv_line(const std::vector<std::string>& cells);  // with the newline
std::string to_csv(const Table& table);
std::string to_markdown(const Table& table);
// Aligned columns for a terminal; a column whose every cell is a number ("12", "4.09 G") is right-aligned.
std::string to_text(const Table& table);

// One cell of JSON: text as it is, null as "", numbers at full precision, lists and objects as compact JSON.
std::string cell(const Json& value);

// Column names and cells of a record; a record inside a record gives `outer_inner` columns, no `outer` column.
template <FieldRecord T>
void add_columns(std::vector<std::string>& columns, const std::string& prefix = "") {
  for_each_field<T>([&](const auto& f) {
    using Member = typename std::decay_t<decltype(f)>::Member;
    if constexpr (FieldRecord<Member>) {
      add_columns<Member>(columns, prefix + std::string(f.name) + "_");
    } else {
      columns.push_back(prefix + std::string(f.name));
    }
  });
}
template <FieldRecord T>
void add_cells(std::vector<std::string>& cells, const T& record) {
  for_each_field<T>([&](const auto& f) {
    using Member = typename std::decay_t<decltype(f)>::Member;
    if constexpr (FieldRecord<Member>) {
      add_cells(cells, record.*f.member);
    } else {
      cells.push_back(cell(encode(record.*f.member)));
    }
  });
}
template <FieldRecord T>
Table to_table(const std::vector<T>& records) {
  Table table;
  add_columns<T>(table.columns);
  for (const T& record : records) add_cells(table.rows.emplace_back(), record);
  return table;
}

}  // namespace opgauge
