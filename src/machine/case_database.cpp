// SPDX-License-Identifier: Apache-2.0
#include "machine/case_database.hpp"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <optional>

#include "base/journal.hpp"

namespace opgauge {
namespace {

namespace fs = std::filesystem;

constexpr int schema_version = 1;
constexpr std::string_view names[] = {"class",     "libtorch",  "device",        "threads",
                                      "allocator", "precision", "flush_denormal"};

Json first_line(const CaseConditions& conditions) {
  return {{"schema_version", schema_version}, {"conditions", encode(conditions)}};
}

void check_first_line(const std::string& where, const Json& line, const CaseConditions& conditions) {
  const auto version = line.is_object() ? line.find("schema_version") : line.end();
  if (!line.is_object() || version == line.end() || *version != schema_version) {
    throw Error(where, "schema_version: found " +
                           (line.is_object() && version != line.end() ? found(*version)
                                                                      : std::string("none")) +
                           fmt::format(", expected {}", schema_version));
  }
  CaseConditions of;
  if (line.contains("conditions")) decode(where + ": conditions", line["conditions"], of);
  if (of == conditions) return;
  for (const auto& [name, value] : conditions) {
    if (of[name] != value) {
      throw Error(where, fmt::format("{}: found cases of \"{}\", expected of \"{}\"", name, of[name], value));
    }
  }
  throw Error(where, "found cases of other conditions, expected those of this machine and software");
}

TimedCase read_line(const std::string& where, const Json& line) {
  TimedCase one;
  decode(where, line, one);
  if (!(one.quiet_s > 0) || !std::isfinite(one.quiet_s) || !(one.log_sd >= 0)) {
    throw Error(where + ".quiet_s", fmt::format("found {} +- {}, expected a time > 0", one.quiet_s, one.log_sd));
  }
  return one;
}

// A journal drops what a crash left at its end; a file without any good line is none of ours.
JournalContents read_lines(const fs::path& file) {
  JournalContents contents = read_journal(file);
  if (contents.entries.empty() && contents.torn_bytes > 0 && read_file(file).find('\n') != std::string::npos) {
    throw Error(file.string(), "found no good line, expected a case database");
  }
  return contents;
}

std::vector<TimedCase> decode_lines(const std::string& where, const std::vector<Json>& entries,
                                    const CaseConditions& conditions) {
  std::vector<TimedCase> cases;
  if (entries.empty()) return cases;
  check_first_line(where + ":1", entries.front(), conditions);
  for (size_t i = 1; i < entries.size(); ++i)
    cases.push_back(read_line(fmt::format("{}:{}", where, i + 1), entries[i]));
  return cases;
}

}  // namespace

CaseConditions case_conditions(const std::map<std::string, std::string>& facts) {
  CaseConditions conditions;
  for (const std::string_view name : names) {
    const auto at = facts.find(std::string(name));
    if (at != facts.end()) conditions.insert(*at);
  }
  return conditions;
}

CaseConditions completed(const fs::path& home, const CaseConditions& conditions) {
  if (std::ranges::all_of(names, [&](std::string_view name) { return conditions.contains(std::string(name)); }))
    return conditions;
  CaseConditions best = conditions;
  std::optional<fs::file_time_type> newest;
  std::error_code failed;
  for (const auto& folder : fs::directory_iterator(home, failed)) {
    std::ifstream stream(folder.path() / "cases.jsonl");
    std::string line;
    if (!std::getline(stream, line)) continue;
    CaseConditions of;
    try {
      const JournalContents first = parse_journal(folder.path().string(), line + "\n");
      if (first.entries.empty() || !first.entries[0].contains("conditions")) continue;
      decode("", first.entries[0]["conditions"], of);
    } catch (const Error&) {
      continue;  // another's file; an own one that is damaged is named when it is read
    }
    const bool agrees = std::ranges::all_of(conditions, [&](const auto& one) {
      const auto at = of.find(one.first);
      return at != of.end() && at->second == one.second;
    });
    const auto written = fs::last_write_time(folder.path() / "cases.jsonl", failed);
    if (!agrees || (newest && written <= *newest)) continue;
    newest = written;
    best = std::move(of);
  }
  return best;
}

fs::path case_home() {
  if (const char* set = std::getenv("OPGAUGE_CASES"); set && *set) return set;
  if (const char* data = std::getenv("XDG_DATA_HOME"); data && *data)
    return fs::path(data) / "opgauge" / "cases";
  const char* home = std::getenv("HOME");
  if (!home || !*home) {
    throw Error("case database", "found no HOME, XDG_DATA_HOME or OPGAUGE_CASES, expected one of them");
  }
  return fs::path(home) / ".local" / "share" / "opgauge" / "cases";
}

fs::path case_file(const fs::path& home, const CaseConditions& conditions) {
  const auto at = conditions.find("class");
  std::string folder = at == conditions.end() ? "machine" : at->second;
  for (char& c : folder) {
    if (!std::isalnum(static_cast<unsigned char>(c)) && c != '.') c = '-';
  }
  const std::string text = encode(conditions).dump();
  const uLong sum = crc32_z(0, reinterpret_cast<const Bytef*>(text.data()), text.size());
  return home / fmt::format("{}-{:08x}", folder, sum) / "cases.jsonl";
}

std::vector<TimedCase> read_timed_cases(const fs::path& home, const CaseConditions& conditions) {
  const fs::path file = case_file(home, conditions);
  std::error_code failed;
  if (!fs::exists(file, failed)) return {};
  return decode_lines(file.string(), read_lines(file).entries, conditions);
}

void append_timed_cases(const fs::path& home, const CaseConditions& conditions,
                        std::span<const TimedCase> cases) {
  if (cases.empty()) return;
  const fs::path file = case_file(home, conditions);
  std::error_code failed;
  fs::create_directories(file.parent_path(), failed);
  if (failed) throw Error(file.parent_path().string(), "cannot be created: " + failed.message());
  if (fs::exists(file, failed)) read_lines(file);
  Journal journal(file, IfInUse::wait);
  if (journal.entries().empty()) {
    journal.append(first_line(conditions));
  } else {
    check_first_line(file.string() + ":1", journal.entries().front(), conditions);
  }
  for (const TimedCase& one : cases) journal.append(encode(one));
  journal.sync();
}

}  // namespace opgauge
