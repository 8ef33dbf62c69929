// SPDX-License-Identifier: Apache-2.0
// Reading the JSON of an exported program with simdjson: members by name, checked kinds, and the
// format's unions
// ({"as_int": 3}: one member whose name says the kind). null counts as absent, unknown members are
// ignored.
//
// Errors carry the member's name only; who knows the node or record adds the place (Error::within).
#pragma once

#include <simdjson.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "import/scalars.hpp"

namespace opgauge {

using JsonElement = simdjson::dom::element;
using JsonObject = simdjson::dom::object;
using JsonArray = simdjson::dom::array;

struct Tagged {
  std::string_view kind;  // "as_int"
  JsonElement value;
};

// Parses `text`, which must stay alive together with the parser. Nesting deeper than 400 is
// refused.
JsonElement parse_program_json(simdjson::dom::parser& parser, std::string_view where,
                               const std::string& text);

std::optional<JsonElement> member(JsonObject object,
                                  std::string_view name);  // nullopt: absent or null
JsonElement required(JsonObject object, std::string_view name);
JsonObject object_in(JsonObject object, std::string_view name);
JsonArray array_in(JsonObject object, std::string_view name);
std::string_view text_in(JsonObject object, std::string_view name);
int64_t whole_in(JsonObject object, std::string_view name);

JsonObject as_object(JsonElement element, std::string_view what);
JsonArray as_array(JsonElement element, std::string_view what);
std::string_view as_text(JsonElement element, std::string_view what);
int64_t as_whole(JsonElement element, std::string_view what);
bool as_flag(JsonElement element, std::string_view what);
double as_real(JsonElement element, std::string_view what);  // also "Infinity", "-Infinity", "NaN"

Tagged as_union(JsonElement element, std::string_view what);

}  // namespace opgauge
