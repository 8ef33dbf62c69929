// SPDX-License-Identifier: Apache-2.0
#include "models/family.hpp"

#include <charconv>
#include <cmath>

#include "base/names.hpp"
#include "graph/builder.hpp"
#include "models/builders.hpp"

namespace opgauge {

std::span<const ModelFamily> model_families() {
  static const std::vector<ModelFamily> table = [] {
    std::vector<ModelFamily> rows;
    for (const auto list : family_lists) {
      for (ModelFamily& family : list()) rows.push_back(std::move(family));
    }
    return rows;
  }();
  return table;
}

const ModelFamily* find_model_family(std::string_view name) {
  for (const ModelFamily& family : model_families()) {
    if (family.name == name) return &family;
  }
  return nullptr;
}

namespace {

size_t parameter_index(const ModelFamily& family, std::string_view name) {
  for (size_t i = 0; i < family.parameters.size(); ++i) {
    if (family.parameters[i].name == name) return i;
  }
  return family.parameters.size();
}

}  // namespace

const std::string& ModelSpec::text(std::string_view parameter) const {
  const size_t at = parameter_index(*family_, parameter);
  OPGAUGE_CHECK(at < values_.size(), "the family has no parameter " + std::string(parameter));
  return values_[at];
}

Error ModelSpec::error(std::string_view parameter, std::string_view message) const {
  return Error(std::string(family_->name) + ": " + std::string(parameter), message);
}

int64_t ModelSpec::integer(std::string_view parameter, int64_t least) const {
  const std::string& given = text(parameter);
  int64_t value = 0;
  const auto [end, code] = std::from_chars(given.data(), given.data() + given.size(), value);
  if (code != std::errc() || end != given.data() + given.size() || value < least ||
      value > (int64_t{1} << 31)) {
    throw error(parameter, "found \"" + given + "\", expected a whole number of at least " +
                               std::to_string(least));
  }
  return value;
}

double ModelSpec::number(std::string_view parameter) const {
  const std::string& given = text(parameter);
  double value = 0;
  const auto [end, code] = std::from_chars(given.data(), given.data() + given.size(), value);
  if (code != std::errc() || end != given.data() + given.size() || !std::isfinite(value) ||
      value <= 0 || value > 1e6) {
    throw error(parameter, "found \"" + given + "\", expected a number above 0");
  }
  return value;
}

const std::string& ModelSpec::word(std::string_view parameter,
                                   const std::vector<std::string>& known) const {
  const std::string& given = text(parameter);
  for (const std::string& one : known) {
    if (one == given) return given;
  }
  throw unknown_name(std::string(family_->name) + ": " + std::string(parameter), "value", given,
                     known);
}

std::string ModelSpec::print() const {
  std::string text(family_->name);
  char separator = ':';
  for (size_t i = 0; i < values_.size(); ++i) {
    const ModelParameter& parameter = family_->parameters[i];
    const bool leading = i == 0 && family_->leading;
    if (values_[i] == parameter.fallback && !leading) continue;
    text += separator;
    if (!leading) text += std::string(parameter.name) + "=";
    text += values_[i];
    separator = ',';
  }
  return text;
}

ModelSpec parse_spec(std::string_view text) {
  const size_t colon = text.find(':');
  const std::string_view name = text.substr(0, colon);
  const ModelFamily* family = find_model_family(name);
  if (!family) {
    std::vector<std::string> known;
    for (const ModelFamily& one : model_families()) known.emplace_back(one.name);
    throw unknown_name(text, "model family", name, known);
  }
  std::vector<std::string> values, known;
  for (const ModelParameter& parameter : family->parameters) {
    values.emplace_back(parameter.fallback);
    known.emplace_back(parameter.name);
  }
  std::vector<bool> given(values.size(), false);
  if (colon == std::string_view::npos) return ModelSpec(*family, std::move(values));
  std::string_view rest = text.substr(colon + 1);
  for (bool first = true; first || !rest.empty(); first = false) {
    const size_t comma = rest.find(',');
    const std::string_view part = rest.substr(0, comma);
    rest = comma == std::string_view::npos ? std::string_view() : rest.substr(comma + 1);
    const size_t equals = part.find('=');
    size_t at = 0;
    if (equals != std::string_view::npos) {
      at = parameter_index(*family, part.substr(0, equals));
      if (at == values.size()) {
        throw unknown_name(text, "parameter of " + std::string(name), part.substr(0, equals),
                           known);
      }
    } else if (!first || !family->leading || part.empty()) {
      std::string list;
      for (const std::string& one : known) list += (list.empty() ? "" : ", ") + one;
      throw Error(
          text, "found \"" + std::string(part) + "\", expected NAME=VALUE with a name of " + list);
    }
    if (given[at]) throw Error(text, "\"" + known[at] + "\" is given twice");
    given[at] = true;
    values[at] = part.substr(equals == std::string_view::npos ? 0 : equals + 1);
  }
  return ModelSpec(*family, std::move(values));
}

Graph build_model(const ModelSpec& spec, int64_t batch) {
  if (batch < 1 || batch > (int64_t{1} << 31)) {
    throw Error("batch", "found " + std::to_string(batch) + ", expected at least 1");
  }
  try {
    return spec.family().build(spec, batch);
  } catch (const Error& error) {
    throw error.within(spec.print());
  }
}

Graph build_model(std::string_view spec, int64_t batch) {
  return build_model(parse_spec(spec), batch);
}

}  // namespace opgauge
