// SPDX-License-Identifier: Apache-2.0
#include "machine/system_files.hpp"

#include <fmt/format.h>
#include <sched.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <fstream>
#include <set>

namespace opgauge {
namespace {

constexpr size_t largest_file = 1 << 20;

std::string_view trimmed(std::string_view text, std::string_view set = " \t\r\n") {
  const size_t first = text.find_first_not_of(set);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(set) - first + 1);
}

std::optional<double> parse_number(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value))
    return std::nullopt;
  return value;
}

// "cpu12" -> {"cpu", 12}; names without digits sort before.
std::pair<std::string_view, long> natural(std::string_view name) {
  const size_t end = name.find_last_not_of("0123456789");
  const size_t digits = end == std::string_view::npos ? 0 : end + 1;
  long value = -1;
  std::from_chars(name.data() + digits, name.data() + name.size(), value);
  return {name.substr(0, digits), value};
}

template <class Visit>
void for_each_line(std::string_view text, Visit&& visit) {
  while (!text.empty()) {
    const size_t end = text.find('\n');
    visit(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
}

// The folders of this process's group and its ancestors below `mount`, for the controller ("" is
// version 2).
std::vector<std::filesystem::path> group_folders(const SystemFiles& system,
                                                 std::string_view controller,
                                                 const std::filesystem::path& mount) {
  std::vector<std::filesystem::path> folders;
  for_each_line(system.text("proc/self/cgroup").value_or(""), [&](std::string_view line) {
    const size_t first = line.find(':'), second = line.find(':', first + 1);
    if (second == std::string_view::npos) return;
    const std::string_view controllers = line.substr(first + 1, second - first - 1);
    const std::string padded = "," + std::string(controllers) + ",";
    const bool mine = controller.empty()
                          ? controllers.empty()
                          : padded.find("," + std::string(controller) + ",") != std::string::npos;
    if (!mine) return;
    std::filesystem::path group(line.substr(second + 1));
    for (group = group.relative_path(); !group.empty(); group = group.parent_path())
      folders.push_back(mount / group);
    folders.push_back(mount);
  });
  return folders;
}

void keep_lowest(std::optional<double>& lowest, double value) {
  if (!lowest || value < *lowest) lowest = value;
}

}  // namespace

std::optional<std::string> SystemFiles::text(const std::filesystem::path& path) const {
  std::error_code error;
  if (std::filesystem::is_directory(root_ / path, error)) return std::nullopt;
  std::ifstream file(root_ / path, std::ios::binary);
  if (!file) return std::nullopt;
  std::string content;
  char buffer[4096];
  while (content.size() < largest_file && (file.read(buffer, sizeof buffer), file.gcount() > 0)) {
    content.append(buffer, static_cast<size_t>(file.gcount()));
  }
  if (file.bad()) return std::nullopt;
  content.resize(content.find_last_not_of(std::string_view(" \t\r\n\0", 5)) + 1);
  return content;
}

std::optional<double> SystemFiles::number(const std::filesystem::path& path) const {
  const auto content = text(path);
  return content ? parse_number(trimmed(*content)) : std::nullopt;
}

std::vector<std::string> SystemFiles::list(const std::filesystem::path& folder) const {
  std::vector<std::string> names;
  std::error_code error;
  for (std::filesystem::directory_iterator it(root_ / folder, error), end; !error && it != end;
       it.increment(error)) {
    names.push_back(it->path().filename());
  }
  std::ranges::sort(names, {}, natural);
  return names;
}

std::vector<int> parse_cpu_list(std::string_view text) {
  std::set<int> cpus;
  text = trimmed(text);
  while (!text.empty()) {
    const std::string_view part = text.substr(0, text.find(','));
    text.remove_prefix(std::min(text.size(), part.size() + 1));
    const size_t dash = part.find('-');
    const auto first = parse_number(part.substr(0, dash));
    const auto last = dash == std::string_view::npos ? first : parse_number(part.substr(dash + 1));
    if (!first || !last || *first < 0 || *last > 1 << 16) return {};
    for (int cpu = static_cast<int>(*first); cpu <= static_cast<int>(*last); ++cpu)
      cpus.insert(cpu);
  }
  return {cpus.begin(), cpus.end()};
}

std::string format_cpu_list(const std::vector<int>& cpus) {
  std::string text;
  for (size_t i = 0; i < cpus.size();) {
    size_t last = i;
    while (last + 1 < cpus.size() && cpus[last + 1] == cpus[last] + 1) ++last;
    if (!text.empty()) text += ",";
    text += last == i ? fmt::format("{}", cpus[i]) : fmt::format("{}-{}", cpus[i], cpus[last]);
    i = last + 1;
  }
  return text;
}

std::vector<int> allowed_cpus() {
  std::vector<int> cpus;
  for (int room = 1024; room <= 1 << 20; room *= 4) {
    cpu_set_t* const set = CPU_ALLOC(room);
    const size_t bytes = CPU_ALLOC_SIZE(room);
    CPU_ZERO_S(bytes, set);
    const bool fits = ::sched_getaffinity(0, bytes, set) == 0;
    for (int cpu = 0; fits && cpu < room; ++cpu) {
      if (CPU_ISSET_S(cpu, bytes, set)) cpus.push_back(cpu);
    }
    CPU_FREE(set);
    if (fits) break;
  }
  return cpus;
}

std::optional<double> cgroup_cpu_limit(const SystemFiles& system) {
  std::optional<double> limit;
  for (const auto& folder : group_folders(system, "", "sys/fs/cgroup")) {
    const std::string text = system.text(folder / "cpu.max").value_or("");
    const size_t space = text.find(' ');
    if (space == std::string::npos) continue;
    const auto quota =
        parse_number(std::string_view(text).substr(0, space));  // not a number: "max"
    const auto period = parse_number(std::string_view(text).substr(space + 1));
    if (quota && period && *period > 0) keep_lowest(limit, *quota / *period);
  }
  for (const char* mount : {"sys/fs/cgroup/cpu", "sys/fs/cgroup/cpu,cpuacct"}) {
    for (const auto& folder : group_folders(system, "cpu", mount)) {
      const auto quota = system.number(folder / "cpu.cfs_quota_us"),
                 period = system.number(folder / "cpu.cfs_period_us");
      if (quota && period && *quota > 0 && *period > 0) keep_lowest(limit, *quota / *period);
    }
  }
  return limit;
}

std::optional<double> cgroup_memory_limit_bytes(const SystemFiles& system) {
  std::optional<double> limit;
  constexpr double unlimited = 1e18;  // version 1 writes about 2^63 for "no limit"
  const auto look = [&](const std::filesystem::path& file) {
    if (const auto bytes = system.number(file); bytes && *bytes < unlimited)
      keep_lowest(limit, *bytes);
  };
  for (const auto& folder : group_folders(system, "", "sys/fs/cgroup")) look(folder / "memory.max");
  for (const auto& folder : group_folders(system, "memory", "sys/fs/cgroup/memory")) {
    look(folder / "memory.limit_in_bytes");
  }
  return limit;
}

std::optional<std::string> line_value(std::string_view text, std::string_view key) {
  std::optional<std::string> value;
  for_each_line(text, [&](std::string_view line) {
    const size_t end = line.find_first_of(":=");
    if (value || end == std::string_view::npos || trimmed(line.substr(0, end)) != key) return;
    value = std::string(trimmed(line.substr(end + 1), " \t\r\n\""));
  });
  return value;
}

}  // namespace opgauge
