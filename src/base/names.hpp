// SPDX-License-Identifier: Apache-2.0
// Names in tables: enum <-> text in one place, and the nearest known name for a wrong one.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/error.hpp"

namespace opgauge {

// Specialise once per enum:
//   template <> inline constexpr auto enum_names<Verdict> = std::to_array<EnumName<Verdict>>({{Verdict::valid, "valid"}, …});
template <class E>
struct EnumName {
  E value;
  std::string_view name;
};
template <class E>
inline constexpr int enum_names = 0;

template <class E>
concept NamedEnum = std::is_enum_v<E> && !std::is_same_v<decltype(enum_names<E>), const int>;

template <NamedEnum E>
constexpr std::string_view name_of(E value) {
  for (const auto& entry : enum_names<E>) {
    if (entry.value == value) return entry.name;
  }
  return "?";
}

// The known name with the smallest edit distance, if it is near enough to be a slip of the finger.
std::optional<std::string> nearest_name(std::string_view wrong,
                                        const std::vector<std::string>& known);

// `unknown axis "bacth", expected one of batch, width; did you mean "batch"?`
Error unknown_name(std::string_view where, std::string_view kind, std::string_view wrong,
                   const std::vector<std::string>& known);

template <NamedEnum E>
E parse_enum(std::string_view where, std::string_view kind, std::string_view text) {
  std::vector<std::string> known;
  for (const auto& entry : enum_names<E>) {
    if (entry.name == text) return entry.value;
    known.emplace_back(entry.name);
  }
  throw unknown_name(where, kind, text, known);
}

}  // namespace opgauge
