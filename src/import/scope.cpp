// SPDX-License-Identifier: Apache-2.0
#include "import/scope.hpp"

#include <algorithm>
#include <array>

#include "base/error.hpp"
#include "import/format.hpp"

namespace opgauge {
namespace {

std::string shown(std::string_view name) { return "\"" + std::string(name.substr(0, 100)) + "\""; }

std::string_view tensor_name(JsonElement tensor) {
  return text_in(as_object(tensor, "as_tensor"), "name");
}

}  // namespace

Scope::Scope(JsonObject graph, const Symbols& symbols) : graph_(graph), symbols_(symbols) {
  const JsonObject tensors = object_in(graph, "tensor_values");
  recorded_.reserve(tensors.size());
  for (const auto [name, meta] : tensors) recorded_.emplace(name, meta);
  for (const std::string_view list : {"sym_int_values", "sym_float_values", "sym_bool_values"}) {
    const auto values = member(graph, list);
    if (!values) continue;
    for (const auto [name, value] : as_object(*values, list))
      recorded_numbers_.emplace(name, value);
  }
}

void Scope::define(std::string_view name, Known value) {
  if (!known_.emplace(name, std::move(value)).second)
    throw Error("", "the name " + shown(name) + " is defined twice");
}

const Known& Scope::known(std::string_view name) const {
  const auto at = known_.find(name);
  if (at == known_.end())
    throw Error("", "the name " + shown(name) + " is used before it is defined");
  return at->second;
}

ValueId Scope::tensor(std::string_view name) const {
  const auto* id = std::get_if<ValueId>(&known(name));
  if (!id) throw Error("", shown(name) + " is not a tensor, expected one");
  return *id;
}

Scalar Scope::number(std::string_view name) const {
  const auto* value = std::get_if<Scalar>(&known(name));
  if (!value) throw Error("", shown(name) + " is not a number, expected one");
  return *value;
}

JsonElement Scope::recorded(std::string_view name) const {
  const auto at = recorded_.find(name);
  if (at == recorded_.end()) throw Error("", "tensor_values has no entry for " + shown(name));
  return at->second;
}

Scalar Scope::recorded_number(std::string_view name) const {
  const auto at = recorded_numbers_.find(name);
  if (at == recorded_numbers_.end())
    throw Error("", "the file records no value for the number " + shown(name));
  return symbols_.evaluate(at->second);
}

// SymIntArgument and its like: {"as_name": …} or {"as_int": …}.
Scalar Scope::number_argument(std::string_view kind, JsonElement value) const {
  const Tagged tagged = as_union(value, kind);
  if (tagged.kind == "as_name") return number(as_text(tagged.value, "as_name"));
  if (tagged.kind == "as_int") return as_whole(tagged.value, "as_int");
  if (tagged.kind == "as_float") return as_real(tagged.value, "as_float");
  if (tagged.kind == "as_bool") return as_flag(tagged.value, "as_bool");
  throw Error("", "found the kind " + shown(tagged.kind) + " in " + std::string(kind) +
                      ", expected as_name or a number");
}

Known Scope::operand(const Tagged& given) const {
  const auto& [kind, value] = given;
  if (kind == "as_none") return std::monostate();
  if (kind == "as_tensor") return known(tensor_name(value));
  if (kind == "as_int") return Scalar(as_whole(value, kind));
  if (kind == "as_float") return Scalar(as_real(value, kind));
  if (kind == "as_bool") return Scalar(as_flag(value, kind));
  if (kind == "as_sym_int" || kind == "as_sym_float" || kind == "as_sym_bool")
    return number_argument(kind, value);
  if (kind == "as_optional_tensor") return operand(as_union(value, kind));
  throw Error("",
              "found the argument kind " + shown(kind) + ", expected a tensor, a number or None");
}

void Scope::append_numbers(const Tagged& given, std::vector<Scalar>& to) const {
  const auto& [kind, value] = given;
  if (kind == "as_ints" || kind == "as_floats" || kind == "as_bools" || kind == "as_sym_ints" ||
      kind == "as_sym_floats" || kind == "as_sym_bools") {
    for (const JsonElement one : as_array(value, kind)) {
      if (kind == "as_ints") {
        to.push_back(as_whole(one, kind));
      } else if (kind == "as_floats") {
        to.push_back(as_real(one, kind));
      } else if (kind == "as_bools") {
        to.push_back(as_flag(one, kind));
      } else {
        to.push_back(number_argument(kind, one));
      }
    }
    return;
  }
  const Known one = operand(given);
  if (!std::holds_alternative<Scalar>(one))
    throw Error("", "found a tensor or None, expected a number");
  to.push_back(std::get<Scalar>(one));
}

namespace {

using Convert = Argument (*)(const Scope&, const Tagged&);

Argument one_value(const Scope& scope, const Tagged& given) {
  const Known one = scope.operand(given);
  if (const auto* id = std::get_if<ValueId>(&one)) return ValueRef{*id};
  if (const auto* number = std::get_if<Scalar>(&one)) {
    return std::visit([](auto value) { return Argument(value); }, *number);
  }
  return std::monostate();
}

Argument tensor_list(const Scope& scope, const Tagged& given) {
  ValueList list;
  for (const JsonElement one : as_array(given.value, given.kind))
    list.push_back({scope.tensor(tensor_name(one))});
  return list;
}

Argument optional_tensor_list(const Scope& scope, const Tagged& given) {
  ValueList list;
  for (const JsonElement one : as_array(given.value, given.kind)) {
    const Tagged maybe = as_union(one, given.kind);
    list.push_back({maybe.kind == "as_none" ? no_value : scope.tensor(tensor_name(maybe.value))});
  }
  return list;
}

template <class List, auto to>
Argument number_list(const Scope& scope, const Tagged& given) {
  std::vector<Scalar> numbers;
  scope.append_numbers(given, numbers);
  List list;
  for (const Scalar& one : numbers) list.push_back(to(one));
  return list;
}
constexpr Convert whole_list = number_list<Dims, to_whole>;
constexpr Convert real_list = number_list<std::vector<double>, to_double>;
constexpr Convert flag_list = number_list<std::vector<bool>, to_condition>;

Argument text(const Scope&, const Tagged& given) {
  return std::string(as_text(given.value, given.kind));
}
Argument dtype(const Scope&, const Tagged& given) {
  return dtype_from(as_whole(given.value, given.kind));
}
Argument format(const Scope&, const Tagged& given) {
  return memory_format_from(as_whole(given.value, given.kind));
}
Argument layout(const Scope&, const Tagged& given) {
  return layout_from(as_whole(given.value, given.kind));
}
Argument device(const Scope&, const Tagged& given) { return device_from(given.value); }
Argument refused(const Scope&, const Tagged& given) {
  throw Error("", "the argument kind " + shown(given.kind) + " is not supported");
}

// Every kind of the schema.
constexpr auto kinds = std::to_array<std::pair<std::string_view, Convert>>({
    {"as_none", one_value},
    {"as_tensor", one_value},
    {"as_optional_tensor", one_value},
    {"as_int", one_value},
    {"as_float", one_value},
    {"as_bool", one_value},
    {"as_sym_int", one_value},
    {"as_sym_float", one_value},
    {"as_sym_bool", one_value},
    {"as_tensors", tensor_list},
    {"as_optional_tensors", optional_tensor_list},
    {"as_ints", whole_list},
    {"as_sym_ints", whole_list},
    {"as_floats", real_list},
    {"as_sym_floats", real_list},
    {"as_bools", flag_list},
    {"as_sym_bools", flag_list},
    {"as_string", text},
    {"as_scalar_type", dtype},
    {"as_memory_format", format},
    {"as_layout", layout},
    {"as_device", device},
    {"as_strings", refused},
    {"as_custom_obj", refused},
    {"as_operator", refused},
    {"as_complex", refused},
    {"as_nested_tensors", refused},
    {"as_int_lists", refused},
    {"as_float_lists", refused},
    {"as_string_to_argument", refused},
    {"as_graph", refused},
});

}  // namespace

Argument Scope::argument(const Tagged& given) const {
  for (const auto& [kind, convert] : kinds) {
    if (kind == given.kind) return convert(*this, given);
  }
  throw Error("",
              "found the argument kind " + shown(given.kind) + ", which schema 8 does not have");
}

}  // namespace opgauge
