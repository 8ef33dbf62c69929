// SPDX-License-Identifier: Apache-2.0
#include "base/csv.hpp"

#include <csv.h>

#include <algorithm>
#include <charconv>
#include <set>

namespace opgauge {
namespace {

struct Reading {
  std::string where;
  Table table;
  std::vector<std::string> cells;
  size_t line = 0;
  std::string error;
};

void take_cell(void* text, size_t size, void* state) {
  static_cast<Reading*>(state)->cells.emplace_back(text ? static_cast<const char*>(text) : "", size);
}

void take_line(int, void* state) {
  Reading& reading = *static_cast<Reading*>(state);
  ++reading.line;
  std::vector<std::string> cells = std::move(reading.cells);
  reading.cells.clear();
  if (!reading.error.empty()) return;
  if (reading.table.columns.empty()) {
    std::set<std::string> seen;
    for (std::string& name : cells) {
      const size_t begin = name.find_first_not_of(" \t\n\r");
      const size_t end = name.find_last_not_of(" \t\n\r");
      name = begin == std::string::npos ? "" : name.substr(begin, end - begin + 1);
      if (!seen.insert(name).second) {
        reading.error = "column \"" + name + "\" occurs twice, expected distinct names";
      }
    }
    reading.table.columns = std::move(cells);
    return;
  }
  if (cells.size() != reading.table.columns.size()) {
    reading.error = "row " + std::to_string(reading.line) + ": found " +
                    std::to_string(cells.size()) + " cells, expected " +
                    std::to_string(reading.table.columns.size()) + " as in the header";
    return;
  }
  reading.table.rows.push_back(std::move(cells));
}

// A number, or one with a short unit: "4.09 G", "3.2 %", "1.50 MiB", "12.5 GFLOP/s".
bool is_number(std::string_view text) {
  double value;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (code != std::errc()) return false;
  const std::string_view unit(end, static_cast<size_t>(text.data() + text.size() - end));
  return unit.empty() ||
         (unit.front() == ' ' && unit.size() <= 9 && unit.find(' ', 1) == std::string_view::npos);
}

size_t display_width(std::string_view text) {
  return static_cast<size_t>(
      std::count_if(text.begin(), text.end(), [](unsigned char c) { return (c & 0xC0) != 0x80; }));
}

std::string padded(std::string_view text, size_t width, bool right) {
  const size_t have = display_width(text);
  const std::string space(width > have ? width - have : 0, ' ');
  return right ? space + std::string(text) : std::string(text) + space;
}

}  // namespace

int Table::column(std::string_view name) const {
  const auto at = std::find(columns.begin(), columns.end(), name);
  return at == columns.end() ? -1 : static_cast<int>(at - columns.begin());
}

Table parse_csv(std::string_view where, std::string_view text) {
  if (text.find('\0') != std::string_view::npos) {
    throw Error(where, "found a NUL byte, expected CSV text");
  }
  Reading reading;
  csv_parser parser;
  if (csv_init(&parser, CSV_STRICT | CSV_STRICT_FINI) != 0) throw Error(where, "cannot start the CSV reader");
  const size_t used = csv_parse(&parser, text.data(), text.size(), take_cell, take_line, &reading);
  const bool whole = used == text.size() && csv_fini(&parser, take_cell, take_line, &reading) == 0;
  const std::string problem = csv_strerror(csv_error(&parser));
  csv_free(&parser);
  if (!whole) {
    throw Error(where, "row " + std::to_string(reading.line + 1) + ": malformed CSV (" + problem +
                           "), expected closed quotes");
  }
  if (!reading.error.empty()) throw Error(where, reading.error);
  if (reading.table.columns.empty()) throw Error(where, "found an empty file, expected a CSV header");
  return std::move(reading.table);
}

Table read_csv(const std::filesystem::path& path) { return parse_csv(path.string(), read_file(path)); }

std::string csv_line(const std::vector<std::string>& cells) {
  std::string line;
  for (size_t i = 0; i < cells.size(); ++i) {
    if (i) line += ',';
    const std::string& text = cells[i];
    if (text.find_first_of(",\"\n\r") == std::string::npos) {
      line += text;
      continue;
    }
    std::string quoted(2 * text.size() + 2, '\0');
    quoted.resize(csv_write(quoted.data(), quoted.size(), text.data(), text.size()));
    line += quoted;
  }
  return line + "\n";
}

std::string to_csv(const Table& table) {
  std::string text = csv_line(table.columns);
  for (const auto& row : table.rows) text += csv_line(row);
  return text;
}

std::string to_markdown(const Table& table) {
  const auto line = [](const std::vector<std::string>& cells) {
    std::string text = "|";
    for (std::string cell_text : cells) {
      for (size_t at = 0; (at = cell_text.find('|', at)) != std::string::npos; at += 2) {
        cell_text.insert(at, "\\");
      }
      text += " " + cell_text + " |";
    }
    return text + "\n";
  };
  std::string text = line(table.columns);
  text += "|";
  for (size_t i = 0; i < table.columns.size(); ++i) {
    const bool numeric = !table.rows.empty() &&
                         std::all_of(table.rows.begin(), table.rows.end(), [&](const auto& row) {
                           return row[i].empty() || is_number(row[i]);
                         });
    text += numeric ? "---:|" : "---|";
  }
  text += "\n";
  for (const auto& row : table.rows) text += line(row);
  return text;
}

std::string to_text(const Table& table) {
  std::vector<size_t> width(table.columns.size());
  std::vector<bool> right(table.columns.size(), !table.rows.empty());
  for (size_t i = 0; i < table.columns.size(); ++i) {
    width[i] = display_width(table.columns[i]);
    for (const auto& row : table.rows) {
      width[i] = std::max(width[i], display_width(row[i]));
      if (!row[i].empty() && !is_number(row[i])) right[i] = false;
    }
  }
  std::string text;
  const auto line = [&](const std::vector<std::string>& cells) {
    std::string out;
    for (size_t i = 0; i < cells.size(); ++i) {
      out += (i ? "  " : "") + padded(cells[i], width[i], right[i]);
    }
    out.erase(out.find_last_not_of(' ') + 1);
    text += out + "\n";
  };
  line(table.columns);
  for (const auto& row : table.rows) line(row);
  return text;
}

std::string cell(const Json& value) {
  if (value.is_null()) return "";
  if (value.is_string()) return value.get<std::string>();
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace opgauge
