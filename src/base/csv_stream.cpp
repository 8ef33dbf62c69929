// SPDX-License-Identifier: Apache-2.0
#include "base/csv_stream.hpp"

#include <csv.h>

#include <cstring>
#include <exception>
#include <fstream>
#include <set>

#include "base/error.hpp"

namespace opgauge {
namespace {

// libcsv is C: what a callback throws is kept and thrown again outside of it.
struct Stream {
  const std::filesystem::path& path;
  const CsvVisitor& visitor;
  std::vector<std::string> cells;
  size_t used = 0;  // of `cells`: their memory serves the next row again
  size_t columns = 0;
  size_t line = 0, row_line = 0;
  bool in_row = false;  // a quoted cell may go over lines
  std::exception_ptr thrown;

  std::string where(size_t at) const { return path.string() + ":" + std::to_string(at); }
  void take_row();
};

void Stream::take_row() {
  cells.resize(used);
  used = 0;
  if (columns == 0) {
    std::set<std::string> seen;
    for (std::string& name : cells) {
      name.erase(0, name.find_first_not_of(" \t\r"));
      name.erase(name.find_last_not_of(" \t\r") + 1);
      if (!seen.insert(name).second) throw Error(where(row_line), "column \"" + name + "\" occurs twice, expected distinct names");
    }
    columns = cells.size();
    visitor.header(cells);
    return;
  }
  if (cells.size() != columns) {
    throw Error(where(row_line), "found " + std::to_string(cells.size()) + " cells, expected " + std::to_string(columns) + " as in the header");
  }
  visitor.row(row_line, cells);
}

void on_cell(void* text, size_t size, void* state) {
  Stream& stream = *static_cast<Stream*>(state);
  if (stream.used == stream.cells.size()) stream.cells.emplace_back();
  stream.cells[stream.used++].assign(text ? static_cast<const char*>(text) : "", size);
}

void on_row(int, void* state) {
  Stream& stream = *static_cast<Stream*>(state);
  stream.in_row = false;
  if (stream.thrown) return;
  try {
    stream.take_row();
  } catch (...) {
    stream.thrown = std::current_exception();
  }
}

}  // namespace

void stream_csv(const std::filesystem::path& path, const CsvVisitor& visitor) {
  std::ifstream file(path, std::ios::binary);
  if (!file || std::filesystem::is_directory(path)) throw Error(path.string(), "cannot be opened, expected a CSV file");
  csv_parser parser;
  if (csv_init(&parser, CSV_STRICT | CSV_STRICT_FINI) != 0) throw Error(path.string(), "cannot start the CSV reader");
  const struct Closing {
    csv_parser* parser;
    ~Closing() { csv_free(parser); }
  } closing{&parser};
  Stream stream{path, visitor, {}, 0, 0, 0, 0, false, nullptr};
  const auto malformed = [&] {
    return Error(stream.where(stream.row_line), std::string("malformed CSV (") + csv_strerror(csv_error(&parser)) + "), expected closed quotes");
  };
  for (std::string text; std::getline(file, text);) {
    ++stream.line;
    if (!stream.in_row) {
      if (text.empty() || text == "\r") continue;
      stream.row_line = stream.line;
      stream.in_row = true;
    }
    if (text.find('\0') != std::string::npos) throw Error(stream.where(stream.line), "found a NUL byte, expected CSV text");
    if (stream.line == 1 && text.starts_with("\xEF\xBB\xBF")) text.erase(0, 3);
    if (!file.eof()) text += '\n';
    const size_t parsed = csv_parse(&parser, text.data(), text.size(), on_cell, on_row, &stream);
    if (stream.thrown) std::rethrow_exception(stream.thrown);
    if (parsed != text.size()) throw malformed();
  }
  const bool whole = csv_fini(&parser, on_cell, on_row, &stream) == 0;
  if (stream.thrown) std::rethrow_exception(stream.thrown);
  if (!whole) throw malformed();
  if (stream.columns == 0) throw Error(path.string(), "found an empty file, expected a CSV header");
}

}  // namespace opgauge
