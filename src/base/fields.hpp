// SPDX-License-Identifier: Apache-2.0
// A field is written once: a record lists its fields in one `fields()`, and JSON in and out, CSV columns, Markdown
// columns and `--columns` help all come from that list.
//
//   struct Level {
//     std::string name;
//     double capacity_bytes = 0;
//     static constexpr auto fields() {
//       return std::make_tuple(field("name", &Level::name, "", "L1, L2, L3 or DRAM"),
//                              field("capacity_bytes", &Level::capacity_bytes, "B", "size of one instance"));
//     }
//   };
#pragma once

#include <optional>
#include <string_view>
#include <tuple>
#include <type_traits>

namespace opgauge {

enum class Presence {
  required,        // reading a file without it is an error
  may_be_missing,  // reading keeps the member's default
};

template <class R, class M>
struct Field {
  using Record = R;
  using Member = M;
  std::string_view name;
  M R::*member;
  std::string_view unit;  // SI base unit, "" for a count, ratio or text
  std::string_view doc;
  Presence presence;
};

template <class R, class M>
constexpr Field<R, M> field(std::string_view name, M R::*member, std::string_view unit,
                            std::string_view doc, Presence presence = Presence::required) {
  return {name, member, unit, doc, presence};
}

template <class T>
concept FieldRecord = requires { T::fields(); };

// Calls visit(field) for each field of the record, in order.
template <FieldRecord T, class Visit>
constexpr void for_each_field(Visit&& visit) {
  std::apply([&](const auto&... f) { (visit(f), ...); }, T::fields());
}

template <class T>
inline constexpr bool is_optional = false;
template <class T>
inline constexpr bool is_optional<std::optional<T>> = true;

}  // namespace opgauge
