// SPDX-License-Identifier: Apache-2.0
#include "base/json.hpp"

#include <fcntl.h>
#include <simdjson.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cmath>
#include <cstring>
#include <limits>
#include <memory>

namespace opgauge {
namespace {

constexpr int max_depth = 256;

struct Descriptor {
  int fd;
  ~Descriptor() {
    if (fd >= 0) ::close(fd);
  }
};

std::string reason() { return std::strerror(errno); }

Json to_json(simdjson::dom::element from) {
  using simdjson::dom::element_type;
  switch (from.type()) {
    case element_type::ARRAY: {
      const simdjson::dom::array items = from;
      Json::array_t list;
      list.reserve(items.size());
      for (const auto item : items) list.push_back(to_json(item));
      return list;
    }
    case element_type::OBJECT: {
      const simdjson::dom::object members = from;
      Json::object_t object;
      object.reserve(members.size());
      for (const auto [name, value] : members) object[std::string(name)] = to_json(value);
      return object;
    }
    case element_type::STRING:
      return std::string(std::string_view(from));
    case element_type::BOOL:
      return bool(from);
    case element_type::DOUBLE:
      return double(from);
    case element_type::UINT64:
      return uint64_t(from);
    case element_type::INT64:
      return int64_t(from) < 0 ? Json(int64_t(from)) : Json(static_cast<uint64_t>(int64_t(from)));
    case element_type::NULL_VALUE:
      break;
  }
  return nullptr;
}

// A sixth of the instructions of nlohmann's own parser; nullopt where it refuses the text, whatever the reason.
std::optional<Json> parse_quickly(std::string_view text) {
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  if (parser.allocate(text.size(), max_depth) != simdjson::SUCCESS) return std::nullopt;
  if (parser.parse(text.data(), text.size()).get(root) != simdjson::SUCCESS) return std::nullopt;
  return to_json(root);
}

}  // namespace

std::string read_file(const std::filesystem::path& path, uint64_t max_bytes) {
  const Descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (file.fd < 0) throw Error(path.string(), "cannot be opened: " + reason());
  struct stat status {};
  if (::fstat(file.fd, &status) != 0) throw Error(path.string(), "cannot be read: " + reason());
  if (S_ISDIR(status.st_mode)) throw Error(path.string(), "found a directory, expected a file");
  std::string text;
  if (status.st_size > 0) text.reserve(static_cast<size_t>(status.st_size) + 1);
  char buffer[1 << 16];
  for (;;) {
    const ssize_t count = ::read(file.fd, buffer, sizeof buffer);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw Error(path.string(), "cannot be read: " + reason());
    if (count == 0) return text;
    text.append(buffer, static_cast<size_t>(count));
    if (text.size() > max_bytes) {
      throw Error(path.string(), "found more than " + std::to_string(max_bytes) +
                                     " bytes, expected a smaller file");
    }
  }
}

Json parse_json(std::string_view where, std::string_view text) {
  if (text.find_first_not_of(" \t\r\n") == std::string_view::npos) {
    throw Error(where, "found an empty document, expected JSON");
  }
  if (auto value = parse_quickly(text)) return *std::move(value);
  try {  // says line and column of what is wrong, and reads whole numbers beyond 64 bits
    return Json::parse(text.begin(), text.end(),
                       [&](int depth, Json::parse_event_t, Json&) {
                         if (depth > max_depth) {
                           throw Error(where, "nesting deeper than " + std::to_string(max_depth) +
                                                  ", expected a flatter document");
                         }
                         return true;
                       });
  } catch (const nlohmann::json::exception& error) {
    std::string_view what = error.what();
    if (const size_t end = what.find("] "); end != std::string_view::npos) what.remove_prefix(end + 2);
    throw Error(where, "not valid JSON: " + std::string(what.substr(0, 300)));
  }
}

Json read_json(const std::filesystem::path& path) {
  return parse_json(path.string(), read_file(path));
}

void write_file(const std::filesystem::path& path, std::string_view text) {
  const std::string temporary = path.string() + ".tmp" + std::to_string(::getpid());
  const auto fail = [&] {
    const std::string why = reason();
    ::unlink(temporary.c_str());
    throw Error(path.string(), "cannot be written: " + why);
  };
  {
    const Descriptor file{::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644)};
    if (file.fd < 0) fail();
    while (!text.empty()) {
      const ssize_t count = ::write(file.fd, text.data(), text.size());
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) fail();
      text.remove_prefix(static_cast<size_t>(count));
    }
    if (::fsync(file.fd) != 0 && errno != EINVAL && errno != EROFS) fail();
  }
  if (::rename(temporary.c_str(), path.c_str()) != 0) fail();
}

void write_json(const std::filesystem::path& path, const Json& value) {
  write_file(path, value.dump(1, ' ', false, Json::error_handler_t::replace) + "\n");
}

std::string found(const Json& value) {
  std::string text = value.is_structured()
                         ? std::string(value.is_array() ? "a list" : "an object")
                         : value.dump(-1, ' ', false, Json::error_handler_t::replace);
  if (text.size() > 60) text = text.substr(0, 57) + "...";
  return text;
}

Json encode(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

namespace {
[[noreturn]] void mismatch(const Place& where, const Json& from, const char* expected) {
  throw Error(where.text(), "found " + found(from) + ", expected " + expected);
}
}  // namespace

void decode(const Place& where, const Json& from, bool& to) {
  if (!from.is_boolean()) mismatch(where, from, "true or false");
  to = from.get<bool>();
}
void decode(const Place& where, const Json& from, std::string& to) {
  if (!from.is_string()) mismatch(where, from, "a text");
  to = from.get<std::string>();
}
void decode(const Place& where, const Json& from, double& to) {
  if (!from.is_number()) mismatch(where, from, "a number");
  to = from.get<double>();
  if (!std::isfinite(to)) mismatch(where, from, "a finite number");
}
void decode(const Place& where, const Json& from, int64_t& to) {
  if (!from.is_number_integer()) mismatch(where, from, "a whole number");
  if (from.is_number_unsigned() &&
      from.get<uint64_t>() > static_cast<uint64_t>(std::numeric_limits<int64_t>::max())) {
    mismatch(where, from, "a whole number below 2^63");
  }
  to = from.get<int64_t>();
}
void decode(const Place& where, const Json& from, int& to) {
  int64_t wide = 0;
  decode(where, from, wide);
  if (wide < std::numeric_limits<int>::min() || wide > std::numeric_limits<int>::max()) {
    mismatch(where, from, "a whole number below 2^31");
  }
  to = static_cast<int>(wide);
}
void decode(const Place& where, const Json& from, uint64_t& to) {
  if (!from.is_number_unsigned()) mismatch(where, from, "a whole number of at least 0");
  to = from.get<uint64_t>();
}

}  // namespace opgauge
