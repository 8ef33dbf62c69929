// SPDX-License-Identifier: Apache-2.0
#include "report/formats.hpp"

#include "base/csv.hpp"
#include "report/html.hpp"

namespace opgauge {
namespace {

std::string findings_json(const Findings& findings) { return encode(findings).dump(1) + "\n"; }
// One line a configuration: what the plots show.
std::string findings_csv(const Findings& findings) { return to_csv(to_table(findings.points)); }

constexpr ReportFormat formats[] = {
    {"md", "Markdown report", findings_markdown},
    {"html", "one self-contained page with plots", findings_html},
    {"json", "every finding as a record", findings_json},
    {"csv", "one line a configuration", findings_csv},
};

}  // namespace

std::span<const ReportFormat> report_formats() { return formats; }

const ReportFormat& find_format(std::string_view name) {
  std::vector<std::string> known;
  for (const ReportFormat& one : formats) {
    if (one.name == name) return one;
    known.emplace_back(one.name);
  }
  throw unknown_name("report", "format", name, known);
}

const ReportFormat& format_of_file(const std::filesystem::path& path) {
  if (path == "-") return find_format("md");
  std::string ending = path.extension().string();
  if (ending.starts_with('.')) ending.erase(0, 1);
  try {
    return find_format(ending);
  } catch (const Error& error) {
    throw error.within(path.string());
  }
}

}  // namespace opgauge
