// SPDX-License-Identifier: Apache-2.0
#include "sweep/sweeps.hpp"

#include <algorithm>

#include "sweep/expression.hpp"

namespace opgauge {
namespace {

const std::vector<std::string> family_fields = {"name",        "label", "graph", "axes",
                                                "constraints", "usual", "quick", "sizes"};
const std::vector<std::string> sweep_fields = {"name", "summary", "precisions", "families"};
const std::vector<std::string> known_precisions = {"fp32", "bf16", "fp16", "int8"};

void refuse_unknown(const std::string& where, const Json& object, std::vector<std::string> known) {
  if (!object.is_object()) throw Error(where, "found " + found(object) + ", expected an object");
  for (const auto& [name, value] : object.items()) {
    if (std::find(known.begin(), known.end(), name) == known.end())
      throw unknown_name(where, "field", name, known);
  }
}

template <class T>
T required(const std::string& where, const Json& object, const std::string& name) {
  const auto at = object.find(name);
  if (at == object.end()) throw Error(where, "field \"" + name + "\" is missing");
  T value{};
  decode(where + "." + name, *at, value);
  return value;
}

template <class T>
T optional(const std::string& where, const Json& object, const std::string& name) {
  return object.contains(name) ? required<T>(where, object, name) : T{};
}

std::vector<std::string> names_of(const std::vector<Axis>& axes) {
  std::vector<std::string> names;
  for (const Axis& axis : axes) names.push_back(axis.name);
  return names;
}

bool is_identifier(const std::string& name) {
  return !name.empty() &&
         name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") == std::string::npos &&
         (name[0] < '0' || name[0] > '9');
}

std::vector<Axis> read_axes(const std::string& where, const Json& from) {
  if (!from.is_object())
    throw Error(where, "found " + found(from) + ", expected an object of axes");
  std::vector<Axis> axes;
  for (const auto& [name, values] : from.items()) {
    const std::string place = where + "." + name;
    if (!is_identifier(name))
      throw Error(place, "found this axis name, expected lower case letters, digits and _");
    axes.push_back({name, axis_values(place, values)});
  }
  return axes;
}

// Every axis must be there and have the kind of value that the axis has.
void check_point(const std::string& where, const Json& point, const SweepFamily& family) {
  refuse_unknown(where, point, names_of(family.axes));
  for (const Axis& axis : family.axes) {
    if (!point.contains(axis.name))
      throw Error(where, "axis \"" + axis.name + "\" has no value, expected one");
    axis_values(where + "." + axis.name, Json::array({point[axis.name]}));
  }
}

SweepFamily read_family(const std::string& where, const Json& from) {
  SweepFamily family;
  family.name = optional<std::string>(where, from, "name");
  family.label = required<std::string>(where, from, "label");
  family.graph = required<std::string>(where, from, "graph");
  family.axes = read_axes(where + ".axes", required<Json>(where, from, "axes"));
  if (family.axes.empty()) throw Error(where + ".axes", "found no axes, expected at least one");
  family.constraints = optional<std::vector<std::string>>(where, from, "constraints");
  if (from.contains("usual")) family.usual = read_axes(where + ".usual", from["usual"]);
  family.quick = optional<std::vector<Json>>(where, from, "quick");
  family.sizes = optional<std::vector<std::string>>(where, from, "sizes");

  const std::vector<std::string> names = names_of(family.axes);
  for (const Axis& axis : family.usual) {
    if (!family.axis(axis.name)) throw unknown_name(where + ".usual", "axis", axis.name, names);
  }
  for (const std::string& name : family.sizes) {
    if (!family.axis(name)) throw unknown_name(where + ".sizes", "axis", name, names);
  }
  for (size_t i = 0; i < family.quick.size(); ++i) {
    check_point(where + ".quick[" + std::to_string(i) + "]", family.quick[i], family);
  }
  if (const Axis* layout = family.axis("layout")) {
    for (const Json& value : layout->values) {
      if (value != "contiguous" && value != "channels_last") {
        throw Error(where + ".axes.layout",
                    "found " + found(value) + ", expected \"contiguous\" or \"channels_last\"");
      }
    }
  }
  // Templates and formulas are tried once, so that a slip in them is found before anything is
  // measured.
  Json first = Json::object();
  for (const Axis& axis : family.axes) first[axis.name] = axis.values.front();
  try {
    fill_in(family.label, first);
    fill_in(family.graph, first);
    for (const std::string& constraint : family.constraints) holds(constraint, first);
  } catch (const Error& error) {
    throw error.within(where);
  }
  return family;
}

}  // namespace

const Axis* SweepFamily::axis(std::string_view name) const {
  const auto at =
      std::find_if(axes.begin(), axes.end(), [&](const Axis& axis) { return axis.name == name; });
  return at == axes.end() ? nullptr : &*at;
}

std::vector<std::string> Sweep::axis_names() const {
  std::vector<std::string> names;
  for (const SweepFamily& family : families) {
    for (const Axis& axis : family.axes) {
      if (std::find(names.begin(), names.end(), axis.name) == names.end())
        names.push_back(axis.name);
    }
  }
  return names;
}

Sweep parse_sweep(std::string_view where, std::string_view text) {
  const std::string place(where);
  const Json from = parse_json(where, text);
  std::vector<std::string> known = sweep_fields;
  const bool one_family = !from.is_object() || !from.contains("families");
  if (one_family) known.insert(known.end(), family_fields.begin() + 1, family_fields.end());
  refuse_unknown(place, from, known);
  Sweep sweep;
  sweep.name = required<std::string>(place, from, "name");
  if (!is_identifier(sweep.name)) {
    throw Error(place + ".name",
                "found \"" + sweep.name + "\", expected lower case letters, digits and _");
  }
  sweep.summary = required<std::string>(place, from, "summary");
  sweep.precisions = optional<std::vector<std::string>>(place, from, "precisions");
  if (sweep.precisions.empty()) sweep.precisions = {"fp32"};
  for (const std::string& precision : sweep.precisions) {
    if (std::find(known_precisions.begin(), known_precisions.end(), precision) ==
        known_precisions.end()) {
      throw unknown_name(place + ".precisions", "precision", precision, known_precisions);
    }
  }
  if (one_family) {
    Json family = from;
    family.erase("name");
    sweep.families.push_back(read_family(place, family));
    return sweep;
  }
  const Json& families = from["families"];
  if (!families.is_array() || families.empty()) {
    throw Error(place + ".families", "found " + found(families) + ", expected a list of families");
  }
  for (size_t i = 0; i < families.size(); ++i) {
    const std::string where_family = place + ".families[" + std::to_string(i) + "]";
    refuse_unknown(where_family, families[i], family_fields);
    sweep.families.push_back(read_family(where_family, families[i]));
  }
  return sweep;
}

Sweep find_sweep(const std::string& name_or_path) {
  if (name_or_path.find('/') != std::string::npos || name_or_path.ends_with(".json")) {
    return parse_sweep(name_or_path, read_file(name_or_path, 16 << 20));
  }
  std::vector<std::string> known;
  for (const BuiltInSweep& one : built_in_sweeps()) {
    if (one.name == name_or_path) return parse_sweep("sweep " + name_or_path, one.text);
    known.emplace_back(one.name);
  }
  throw unknown_name("", "sweep", name_or_path, known);
}

}  // namespace opgauge
