// SPDX-License-Identifier: Apache-2.0
#include "base/journal.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>
#include <zlib.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <optional>

namespace opgauge {
namespace {

constexpr std::string_view before_sum = R"({"crc":")";
constexpr std::string_view after_sum = R"(","entry":)";
constexpr size_t sum_digits = 8;
constexpr size_t header_size = before_sum.size() + sum_digits + after_sum.size();

std::string checksum(std::string_view text) {
  const uLong sum = crc32_z(0, reinterpret_cast<const Bytef*>(text.data()), text.size());
  char digits[sum_digits + 1];
  std::snprintf(digits, sizeof digits, "%08lx", sum);
  return digits;
}

// The entry's text of a whole line (without its newline), or nullopt if the line is not what was
// written.
std::optional<std::string_view> checked_entry(std::string_view line) {
  if (line.size() <= header_size || !line.starts_with(before_sum) || !line.ends_with('}') ||
      line.substr(before_sum.size() + sum_digits, after_sum.size()) != after_sum) {
    return std::nullopt;
  }
  const std::string_view entry = line.substr(header_size, line.size() - header_size - 1);
  if (checksum(entry) != line.substr(before_sum.size(), sum_digits)) return std::nullopt;
  return entry;
}

std::string reason() { return std::strerror(errno); }

void sync_directory(const std::filesystem::path& path) {
  const std::filesystem::path folder = path.has_parent_path() ? path.parent_path() : ".";
  const int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return;  // not every file system lets a folder be opened
  ::fsync(fd);
  ::close(fd);
}

}  // namespace

JournalContents parse_journal(std::string_view where, std::string_view text) {
  JournalContents contents;
  size_t line_number = 0, first_bad = 0;
  for (size_t begin = 0; begin < text.size();) {
    ++line_number;
    const size_t end = text.find('\n', begin);
    const bool whole = end != std::string_view::npos;
    const auto entry = whole ? checked_entry(text.substr(begin, end - begin)) : std::nullopt;
    if (!entry) {
      if (!first_bad) first_bad = line_number;
    } else if (first_bad) {
      throw Error(
          where,
          "line " + std::to_string(first_bad) +
              ": the checksum does not fit and good lines follow, expected an undamaged journal");
    } else {
      contents.entries.push_back(
          parse_json(std::string(where) + " line " + std::to_string(line_number), *entry));
      contents.valid_bytes = end + 1;
    }
    if (!whole) break;
    begin = end + 1;
  }
  contents.torn_bytes = text.size() - contents.valid_bytes;
  return contents;
}

JournalContents read_journal(const std::filesystem::path& path) {
  return parse_journal(path.string(), read_file(path));
}

Journal::Journal(const std::filesystem::path& path, IfInUse if_in_use) : path_(path) {
  const auto fail = [&](const std::string& what) {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
    throw Error(path_.string(), what);
  };
  fd_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (fd_ < 0) fail("cannot be opened for writing: " + reason());
  const int how = if_in_use == IfInUse::wait ? LOCK_EX : LOCK_EX | LOCK_NB;
  int locked = 0;
  do {
    locked = ::flock(fd_, how);
  } while (locked != 0 && errno == EINTR && if_in_use == IfInUse::wait);
  if (locked != 0) {
    if (errno == EWOULDBLOCK)
      fail("is in use by another process, expected one process per run folder");
    fail("cannot be locked: " + reason());
  }
  try {
    contents_ = read_journal(path);
  } catch (const Error&) {
    ::close(fd_);
    throw;
  }
  bytes_ = contents_.valid_bytes;
  if (contents_.torn_bytes && ::ftruncate(fd_, static_cast<off_t>(bytes_)) != 0) {
    fail("the half-written last line cannot be dropped: " + reason());
  }
  sync_directory(path);
}

Journal::~Journal() {
  if (fd_ >= 0) ::close(fd_);
}

void Journal::append(const Json& entry) {
  const std::string text = entry.dump(-1, ' ', false, Json::error_handler_t::replace);
  std::string line;
  line.reserve(header_size + text.size() + 2);
  line.append(before_sum).append(checksum(text)).append(after_sum).append(text).append("}\n");
  for (size_t written = 0; written < line.size();) {
    const ssize_t count = ::write(fd_, line.data() + written, line.size() - written);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) {
      const std::string why = count < 0 ? reason() : "no space";
      if (written && ::ftruncate(fd_, static_cast<off_t>(bytes_)) != 0) {
        // The torn tail stays; the next opening drops it.
      }
      throw Error(path_.string(),
                  "cannot be appended to: " + why + "; what was written before is kept");
    }
    written += static_cast<size_t>(count);
  }
  bytes_ += line.size();
}

void Journal::sync() {
  if (::fsync(fd_) != 0 && errno != EINVAL && errno != EROFS) {
    throw Error(path_.string(), "cannot be flushed to disk: " + reason());
  }
}

}  // namespace opgauge
