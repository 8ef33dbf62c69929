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

Argument to_argument(const Scalar& value) {
  return std::visit([](auto one) { return Argument(one); }, value);
}

// Kinds of the schema that no row of the op table takes.
constexpr auto kinds_without_use = std::to_array<std::string_view>(
    {"as_strings", "as_custom_obj", "as_operator", "as_complex", "as_nested_tensors",
     "as_int_lists", "as_string_to_argument", "as_float_lists", "as_graph"});

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

Argument Scope::argument(const Tagged& given) const {
  const auto& [kind, value] = given;
  if (kind == "as_tensors" || kind == "as_optional_tensors") {
    ValueList list;
    for (const JsonElement one : as_array(value, kind)) {
      if (kind == "as_tensors") {
        list.push_back({tensor(tensor_name(one))});
        continue;
      }
      const Tagged maybe = as_union(one, kind);
      list.push_back({maybe.kind == "as_none" ? no_value : tensor(tensor_name(maybe.value))});
    }
    return list;
  }
  if (kind == "as_ints" || kind == "as_sym_ints") {
    std::vector<Scalar> numbers;
    append_numbers(given, numbers);
    Dims dims;
    for (const Scalar& one : numbers) dims.push_back(to_whole(one));
    return dims;
  }
  if (kind == "as_floats" || kind == "as_sym_floats") {
    std::vector<Scalar> numbers;
    append_numbers(given, numbers);
    std::vector<double> reals;
    for (const Scalar& one : numbers) reals.push_back(to_double(one));
    return reals;
  }
  if (kind == "as_bools" || kind == "as_sym_bools") {
    std::vector<Scalar> numbers;
    append_numbers(given, numbers);
    std::vector<bool> flags;
    for (const Scalar& one : numbers) flags.push_back(to_condition(one));
    return flags;
  }
  if (kind == "as_string") return std::string(as_text(value, kind));
  if (kind == "as_scalar_type") return dtype_from(as_whole(value, kind));
  if (kind == "as_memory_format") return memory_format_from(as_whole(value, kind));
  if (kind == "as_layout") return layout_from(as_whole(value, kind));
  if (kind == "as_device") return device_from(value);
  if (std::find(kinds_without_use.begin(), kinds_without_use.end(), kind) !=
      kinds_without_use.end()) {
    throw Error("", "the argument kind " + shown(kind) + " is not supported");
  }
  const bool single = kind == "as_none" || kind == "as_tensor" || kind == "as_optional_tensor" ||
                      kind == "as_int" || kind == "as_float" || kind == "as_bool" ||
                      kind == "as_sym_int" || kind == "as_sym_float" || kind == "as_sym_bool";
  if (!single)
    throw Error("", "found the argument kind " + shown(kind) + ", which schema 8 does not have");
  const Known one = operand(given);
  if (const auto* id = std::get_if<ValueId>(&one)) return ValueRef{*id};
  if (const auto* number = std::get_if<Scalar>(&one)) return to_argument(*number);
  return std::monostate();
}

}  // namespace opgauge
