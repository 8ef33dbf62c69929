// SPDX-License-Identifier: Apache-2.0
#include "import/json_reader.hpp"

#include <limits>

#include "base/error.hpp"

namespace opgauge {
namespace {

std::string_view kind_of(JsonElement element) {
  using simdjson::dom::element_type;
  switch (element.type()) {
    case element_type::ARRAY:
      return "a list";
    case element_type::OBJECT:
      return "an object";
    case element_type::STRING:
      return "a text";
    case element_type::BOOL:
      return "true or false";
    case element_type::NULL_VALUE:
      return "null";
    default:
      return "a number";
  }
}

Error wrong_kind(JsonElement element, std::string_view what, std::string_view expected) {
  return Error("", std::string(what) + ": found " + std::string(kind_of(element)) + ", expected " +
                       std::string(expected));
}

template <class T>
T get(JsonElement element, std::string_view what, std::string_view expected) {
  T value;
  if (element.get(value) != simdjson::SUCCESS) throw wrong_kind(element, what, expected);
  return value;
}

}  // namespace

JsonElement parse_program_json(simdjson::dom::parser& parser, std::string_view where,
                               const std::string& text) {
  if (parser.allocate(text.size(), 400) != simdjson::SUCCESS) {
    throw Error(
        where, "cannot be parsed: not enough memory for " + std::to_string(text.size()) + " bytes");
  }
  JsonElement root;
  const auto code = parser.parse(text).get(root);
  if (code != simdjson::SUCCESS) {
    throw Error(where, std::string("is not JSON as expected: ") + simdjson::error_message(code));
  }
  return root;
}

std::optional<JsonElement> member(JsonObject object, std::string_view name) {
  JsonElement found;
  if (object.at_key(name).get(found) != simdjson::SUCCESS || found.is_null()) return std::nullopt;
  return found;
}

JsonElement required(JsonObject object, std::string_view name) {
  const auto found = member(object, name);
  if (!found) throw Error("", "\"" + std::string(name) + "\" is missing");
  return *found;
}

JsonObject object_in(JsonObject object, std::string_view name) {
  return as_object(required(object, name), name);
}
JsonArray array_in(JsonObject object, std::string_view name) {
  return as_array(required(object, name), name);
}
std::string_view text_in(JsonObject object, std::string_view name) {
  return as_text(required(object, name), name);
}
int64_t whole_in(JsonObject object, std::string_view name) {
  return as_whole(required(object, name), name);
}

JsonObject as_object(JsonElement element, std::string_view what) {
  return get<JsonObject>(element, what, "an object");
}
JsonArray as_array(JsonElement element, std::string_view what) {
  return get<JsonArray>(element, what, "a list");
}
std::string_view as_text(JsonElement element, std::string_view what) {
  return get<std::string_view>(element, what, "a text");
}
int64_t as_whole(JsonElement element, std::string_view what) {
  return get<int64_t>(element, what, "a whole number of 64 bits");
}
bool as_flag(JsonElement element, std::string_view what) {
  return get<bool>(element, what, "true or false");
}
double as_real(JsonElement element, std::string_view what) {
  if (std::string_view text; element.get(text) == simdjson::SUCCESS) {
    if (text == "Infinity") return std::numeric_limits<double>::infinity();
    if (text == "-Infinity") return -std::numeric_limits<double>::infinity();
    if (text == "NaN") return std::numeric_limits<double>::quiet_NaN();
  }
  return get<double>(element, what, "a number");
}

Tagged as_union(JsonElement element, std::string_view what) {
  const JsonObject object = as_object(element, what);
  std::optional<Tagged> only;
  for (const auto [name, value] : object) {
    if (value.is_null() && object.size() > 1) continue;
    if (only) throw Error("", std::string(what) + ": found more than one kind, expected one");
    only = Tagged{name, value};
  }
  if (!only) throw Error("", std::string(what) + ": found an empty object, expected one kind");
  return *only;
}

}  // namespace opgauge
