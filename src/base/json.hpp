// SPDX-License-Identifier: Apache-2.0
// JSON of records: encode<T>, decode<T>, and files. Every reading error names the file, the path inside it, what was
// found and what was expected. Numbers that are not finite are written as null and refused when read.
#pragma once

#include <concepts>
#include <cstdint>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/fields.hpp"
#include "base/names.hpp"
#include "base/place.hpp"

namespace opgauge {

using Json = nlohmann::ordered_json;

// The whole file; an Error if it cannot be read or is larger than `max_bytes`.
std::string read_file(const std::filesystem::path& path, uint64_t max_bytes = uint64_t{4} << 30);

// Parses text; `where` is what an error calls it. Nesting deeper than 256 is refused.
Json parse_json(std::string_view where, std::string_view text);
Json read_json(const std::filesystem::path& path);

// Writes to a temporary file beside `path`, flushes it to disk, renames: a reader sees the old or the new file whole.
void write_file(const std::filesystem::path& path, std::string_view text);
void write_json(const std::filesystem::path& path, const Json& value);

// "found <what>" for error messages: the JSON type and a short excerpt.
std::string found(const Json& value);

inline Json encode(bool value) { return value; }
inline Json encode(const std::string& value) { return value; }
Json encode(double value);  // null if not finite
template <std::integral I>
  requires(!std::same_as<I, bool>)
Json encode(I value) {
  return value;
}
inline Json encode(const Json& value) { return value; }

template <NamedEnum E>
Json encode(E value) {
  return std::string(name_of(value));
}
template <class T>
Json encode(const std::optional<T>& value);
template <class T>
Json encode(const std::vector<T>& values);
template <class T>
Json encode(const std::map<std::string, T>& values);

template <FieldRecord T>
Json encode(const T& record) {
  Json object = Json::object();
  for_each_field<T>([&](const auto& f) { object[std::string(f.name)] = encode(record.*f.member); });
  return object;
}
template <class T>
Json encode(const std::optional<T>& value) {
  return value ? encode(*value) : Json(nullptr);
}
template <class T>
Json encode(const std::vector<T>& values) {
  Json array = Json::array();
  for (const auto& value : values) array.push_back(encode(static_cast<const T&>(value)));
  return array;
}
template <class T>
Json encode(const std::map<std::string, T>& values) {
  Json object = Json::object();
  for (const auto& [name, value] : values) object[name] = encode(value);
  return object;
}

void decode(const Place& where, const Json& from, bool& to);
void decode(const Place& where, const Json& from, std::string& to);
void decode(const Place& where, const Json& from, double& to);
void decode(const Place& where, const Json& from, int64_t& to);
void decode(const Place& where, const Json& from, int& to);
void decode(const Place& where, const Json& from, uint64_t& to);
inline void decode(const Place&, const Json& from, Json& to) { to = from; }

template <NamedEnum E>
void decode(const Place& where, const Json& from, E& to) {
  std::string text;
  decode(where, from, text);
  to = parse_enum<E>(where.text(), "name", text);
}
template <class T>
void decode(const Place& where, const Json& from, std::optional<T>& to);
template <class T>
void decode(const Place& where, const Json& from, std::vector<T>& to);
template <class T>
void decode(const Place& where, const Json& from, std::map<std::string, T>& to);

template <FieldRecord T>
void decode(const Place& where, const Json& from, T& to) {
  if (!from.is_object()) throw Error(where.text(), "found " + found(from) + ", expected an object");
  for_each_field<T>([&](const auto& f) {
    using Member = typename std::decay_t<decltype(f)>::Member;
    const auto entry = from.find(f.name);
    if (entry == from.end()) {
      if (f.presence == Presence::required && !is_optional<Member>) {
        throw Error(where.text(), "field \"" + std::string(f.name) + "\" is missing, expected " +
                               (f.doc.empty() ? std::string("it") : std::string(f.doc)));
      }
      return;
    }
    decode(where.member(f.name), *entry, to.*f.member);
  });
}
template <class T>
void decode(const Place& where, const Json& from, std::optional<T>& to) {
  if (from.is_null()) {
    to.reset();
  } else {
    decode(where, from, to.emplace());
  }
}
template <class T>
void decode(const Place& where, const Json& from, std::vector<T>& to) {
  if (!from.is_array()) throw Error(where.text(), "found " + found(from) + ", expected a list");
  to.clear();
  to.reserve(from.size());
  for (const Json& item : from) {
    T value{};
    decode(where.item(to.size()), item, value);
    to.push_back(std::move(value));
  }
}
template <class T>
void decode(const Place& where, const Json& from, std::map<std::string, T>& to) {
  if (!from.is_object()) throw Error(where.text(), "found " + found(from) + ", expected an object");
  to.clear();
  for (const auto& [name, value] : from.items()) decode(where.member(name), value, to[name]);
}

// Reads a record from a file: `Machine m = read_record<Machine>("data/machines/x.json")`.
template <FieldRecord T>
T read_record(const std::filesystem::path& path) {
  T record;
  try {
    decode("", read_json(path), record);
  } catch (const Error& error) {
    if (error.where().starts_with(path.string())) throw;
    throw error.within(path.string());
  }
  return record;
}

}  // namespace opgauge
