// SPDX-License-Identifier: Apache-2.0
// What the kernel says about itself, in small text files under /proc and /sys. The root can be
// moved, so that a test lays out a tree of its own and no reader needs another fake.
//
//   SystemFiles system;                                   // or SystemFiles("/tmp/fake")
//   system.text("sys/devices/system/cpu/smt/control")     // "on", or nullopt if there is no such
//   file
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace opgauge {

class SystemFiles {
 public:
  SystemFiles() : root_("/") {}
  explicit SystemFiles(std::filesystem::path root) : root_(std::move(root)) {}

  // The file without trailing white space; nullopt if it is absent, unreadable or not a plain small
  // file.
  std::optional<std::string> text(const std::filesystem::path& path) const;
  // The file as one number; nullopt also if it is not one.
  std::optional<double> number(const std::filesystem::path& path) const;
  // Names in a folder, sorted as numbers where they end in digits (cpu2 before cpu10); empty if it
  // is absent.
  std::vector<std::string> list(const std::filesystem::path& folder) const;
  std::filesystem::path path(const std::filesystem::path& relative) const {
    return root_ / relative;
  }

 private:
  std::filesystem::path root_;
};

// "0-3,8" -> 0 1 2 3 8, the kernel's list format; empty for anything else.
std::vector<int> parse_cpu_list(std::string_view text);
// 0 1 2 3 8 -> "0-3,8".
std::string format_cpu_list(const std::vector<int>& cpus);

// Hardware threads that this process may run on, ascending.
std::vector<int> allowed_cpus();
// Cores' worth of time that the control group grants (v2 `cpu.max`, v1 `cpu.cfs_quota_us`, the
// tightest ancestor); nullopt: no limit.
std::optional<double> cgroup_cpu_limit(const SystemFiles& system);
// Bytes that the control group grants; nullopt: no limit.
std::optional<double> cgroup_memory_limit_bytes(const SystemFiles& system);

// A value out of `key: value` or `key=value` lines (os-release, cpuinfo, status); quotes and white
// space trimmed.
std::optional<std::string> line_value(std::string_view text, std::string_view key);

}  // namespace opgauge
