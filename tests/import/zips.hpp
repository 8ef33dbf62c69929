// SPDX-License-Identifier: Apache-2.0
// Zip archives written field by field, so that each field can lie.
#pragma once

#include <zlib.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

#include "scratch_folder.hpp"

namespace opgauge {

struct ZipRecord {
  std::string name;
  std::string bytes;
  std::optional<uint32_t> declared_size = {};        // instead of the true one, compressed and not
  std::optional<uint32_t> declared_plain_size = {};  // uncompressed only
  std::optional<uint32_t> offset = {};               // of the local header, instead of the true one
  uint16_t flags = 0;                                // 1: encrypted
  uint16_t method = 0;                               // 0: stored, 8: deflated
  uint32_t crc = 0;                                  // 0: the true one
};

inline std::string zip_bytes(const std::vector<ZipRecord>& records) {
  std::string out, directory;
  const auto put = [](std::string& to, uint64_t value, int bytes) {
    for (int i = 0; i < bytes; ++i) to += static_cast<char>(value >> (8 * i));
  };
  for (const ZipRecord& record : records) {
    const auto size = static_cast<uint32_t>(
        record.declared_size.value_or(static_cast<uint32_t>(record.bytes.size())));
    const uint32_t plain = record.declared_plain_size.value_or(size);
    const uint32_t crc =
        record.crc != 0
            ? record.crc
            : static_cast<uint32_t>(crc32(0, reinterpret_cast<const Bytef*>(record.bytes.data()),
                                          static_cast<uInt>(record.bytes.size())));
    const auto common = [&](std::string& to) {
      put(to, 20, 2), put(to, record.flags, 2), put(to, record.method, 2), put(to, 0, 4);
      put(to, crc, 4), put(to, size, 4), put(to, plain, 4);
      put(to, record.name.size(), 2), put(to, 0, 2);
    };
    const uint32_t offset = record.offset.value_or(static_cast<uint32_t>(out.size()));
    put(out, 0x04034b50, 4), common(out);
    out += record.name + record.bytes;
    put(directory, 0x02014b50, 4), put(directory, 20, 2), common(directory);
    put(directory, 0, 2), put(directory, 0, 2), put(directory, 0, 2), put(directory, 0, 4),
        put(directory, offset, 4);
    directory += record.name;
  }
  const size_t begin = out.size();
  out += directory;
  put(out, 0x06054b50, 4), put(out, 0, 4), put(out, records.size(), 2), put(out, records.size(), 2);
  put(out, directory.size(), 4), put(out, begin, 4), put(out, 0, 2);
  return out;
}

// A file that is gone at the end of the scope.
class TemporaryFile {
 public:
  explicit TemporaryFile(const std::string& bytes) { std::ofstream(path_, std::ios::binary) << bytes; }
  const std::filesystem::path& path() const { return path_; }

 private:
  const ScratchFolder folder_;
  const std::filesystem::path path_ = folder_ / "model.pt2";
};

}  // namespace opgauge
