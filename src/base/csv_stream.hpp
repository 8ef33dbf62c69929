// SPDX-License-Identifier: Apache-2.0
// CSV files of any length: rows pass by one at a time and are not kept.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace opgauge {

struct CsvVisitor {
  std::function<void(const std::vector<std::string>& columns)> header;
  // `line` is the line of the file where the row begins, 1 being the header's.
  std::function<void(size_t line, const std::vector<std::string>& cells)> row;
};

// Throws Error with file:line: no such file, an empty file, a duplicate column, a row with another number of cells than the
// header (a truncated file), an unclosed quote, a NUL byte; and whatever the visitor throws.
void stream_csv(const std::filesystem::path& path, const CsvVisitor& visitor);

}  // namespace opgauge
