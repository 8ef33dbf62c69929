// SPDX-License-Identifier: Apache-2.0
// The table of report formats: one row each, chosen by name or by a file's ending.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>

#include "report/findings.hpp"
#include "report/markdown.hpp"

namespace opgauge {

struct ReportFormat {
  std::string_view name;  // "md": also the file's ending
  std::string_view summary;
  std::string (*render)(const Findings&);
};
std::span<const ReportFormat> report_formats();
const ReportFormat& find_format(std::string_view name);            // Error with the nearest name
const ReportFormat& format_of_file(const std::filesystem::path&);  // "-" is Markdown

}  // namespace opgauge
