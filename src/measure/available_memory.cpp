// SPDX-License-Identifier: Apache-2.0
#include "measure/available_memory.hpp"

#include <algorithm>
#include <fstream>
#include <string>
#include <string_view>

namespace opgauge {
namespace {

std::optional<int64_t> read_number(const std::filesystem::path& path) {
  std::ifstream in(path);
  int64_t number = 0;
  if (in >> number) return number;  // "max" (no limit) is not a number
  return std::nullopt;
}

// The number after a key in lines of "key number …".
std::optional<int64_t> read_entry(const std::filesystem::path& path, std::string_view wanted) {
  std::ifstream in(path);
  std::string key;
  for (int64_t number = 0; in >> key >> number; in.ignore(64, '\n')) {
    if (key == wanted) return number;
  }
  return std::nullopt;
}

}  // namespace

std::optional<int64_t> available_memory_bytes(const std::filesystem::path& root) {
  std::optional<int64_t> available;
  if (const auto kib = read_entry(root / "proc/meminfo", "MemAvailable:")) available = *kib * 1024;
  // cgroup version 2, then 1. Inside a container the own group is mounted at the top.
  struct Group {
    const char *limit, *used, *statistics, *reclaimable;
  };
  constexpr Group groups[] = {
      {"sys/fs/cgroup/memory.max", "sys/fs/cgroup/memory.current", "sys/fs/cgroup/memory.stat",
       "inactive_file"},
      {"sys/fs/cgroup/memory/memory.limit_in_bytes", "sys/fs/cgroup/memory/memory.usage_in_bytes",
       "sys/fs/cgroup/memory/memory.stat", "total_inactive_file"},
  };
  for (const Group& group : groups) {
    const auto limit = read_number(root / group.limit);
    const auto used = read_number(root / group.used);
    if (!limit || !used) continue;
    const int64_t cached = read_entry(root / group.statistics, group.reclaimable).value_or(0);
    const int64_t left = std::max<int64_t>(0, *limit - (*used - cached));
    available = available ? std::min(*available, left) : left;
  }
  return available;
}

}  // namespace opgauge
