// SPDX-License-Identifier: Apache-2.0
// An append-only file of checksummed JSON lines that survives kill -9, power loss and a full disk.
//
//   {"crc":"8c736521","entry":{"visit":3,"node_s":[1.2e-05,3e-06]}}
//
// Opening locks the file for this process and drops what a crash left half-written at its end; a
// bad line with good lines after it is not a crash but damage, and an error. The lock is advisory
// (flock): file systems without it give no protection against a second process.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"

namespace opgauge {

struct JournalContents {
  std::vector<Json> entries;
  uint64_t valid_bytes = 0;  // length of the good lines
  uint64_t torn_bytes = 0;   // what follows them: a line that was being written
};

// Reads without locking or changing anything. Throws Error: cannot be read, or line N is damaged.
JournalContents read_journal(const std::filesystem::path& path);
JournalContents parse_journal(std::string_view where, std::string_view text);

enum class IfInUse { refuse, wait };

class Journal {
 public:
  // Creates or opens for appending. Throws Error if another process has it open (or waits until it
  // has not) or it cannot be written.
  explicit Journal(const std::filesystem::path& path, IfInUse if_in_use = IfInUse::refuse);
  ~Journal();
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;

  const std::vector<Json>& entries() const { return contents_.entries; }  // as found when opened
  uint64_t dropped_bytes() const { return contents_.torn_bytes; }         // of the torn tail

  // Writes one line. On failure (disk full) cuts the file back to its last whole line and throws
  // Error.
  void append(const Json& entry);
  // Returns when all appended lines are on the disk.
  void sync();

 private:
  std::filesystem::path path_;
  int fd_ = -1;
  uint64_t bytes_ = 0;
  JournalContents contents_;
};

}  // namespace opgauge
