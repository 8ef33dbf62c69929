// SPDX-License-Identifier: Apache-2.0
#include "sweep/axes.hpp"

#include <algorithm>
#include <charconv>

namespace opgauge {
namespace {

constexpr size_t max_values = 10000;
constexpr int64_t max_repeats = 1000;

int64_t positive(std::string_view where, std::string_view text) {
  int64_t value = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (code != std::errc() || end != text.data() + text.size() || value <= 0) {
    throw Error(where, "found \"" + std::string(text) + "\", expected a whole number above 0");
  }
  return value;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (;;) {
    const size_t end = text.find(separator);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

bool is_range(std::string_view text) {
  return text.starts_with('[') && text.find(':') != std::string_view::npos;
}

std::vector<Json> range(std::string_view where, std::string_view text) {
  const std::string place = std::string(where) + " \"" + std::string(text) + "\"";
  if (!text.ends_with(']'))
    throw Error(place, "found no \"]\", expected [first:last:*factor] or [first:last:+step]");
  const auto parts = split(text.substr(1, text.size() - 2), ':');
  if (parts.size() != 2 && parts.size() != 3) {
    throw Error(place, "found " + std::to_string(parts.size()) +
                           " parts, expected [first:last:*factor] or [first:last:+step]");
  }
  const int64_t first = positive(place, trimmed(parts[0])),
                last = positive(place, trimmed(parts[1]));
  std::string_view step_text = parts.size() == 3 ? trimmed(parts[2]) : "1";
  const bool multiply = step_text.starts_with('*');
  if (multiply || step_text.starts_with('+')) step_text.remove_prefix(1);
  const int64_t step = positive(place, step_text);
  if (multiply && step == 1) throw Error(place, "found the factor 1, expected at least 2");
  if (first > last)
    throw Error(place, "found a first value above the last, expected first <= last");
  std::vector<Json> values;
  for (int64_t value = first; value <= last;) {
    if (values.size() == max_values) {
      throw Error(place,
                  "found more than " + std::to_string(max_values) + " values, expected fewer");
    }
    values.push_back(value);
    if (multiply ? __builtin_mul_overflow(value, step, &value)
                 : __builtin_add_overflow(value, step, &value))
      break;
  }
  return values;
}

// "512-512" or "1024x3" or "128-64x2"
Json list_value(std::string_view where, std::string_view text) {
  Json list = Json::array();
  for (const std::string_view part : split(text, '-')) {
    const auto factors = split(part, 'x');
    if (factors.size() > 2)
      throw Error(where, "found \"" + std::string(part) + "\", expected SIZE or SIZExCOUNT");
    const int64_t count = factors.size() == 2 ? positive(where, factors[1]) : 1;
    if (count > max_repeats) {
      throw Error(where, "found " + std::to_string(count) + " repeats, expected at most " +
                             std::to_string(max_repeats));
    }
    for (int64_t i = 0; i < count; ++i) list.push_back(positive(where, factors[0]));
  }
  return list;
}

bool looks_like_number(std::string_view text) {
  return !text.empty() && text.find_first_not_of("-0123456789.") == std::string_view::npos;
}

Json scalar_value(std::string_view where, std::string_view text) {
  if (looks_like_number(text)) return positive(where, text);
  if (text.empty()) throw Error(where, "found an empty value, expected a number or a name");
  return std::string(text);
}

void append_distinct(std::vector<Json>& values, const std::vector<Json>& more) {
  for (const Json& value : more) {
    if (std::find(values.begin(), values.end(), value) == values.end()) values.push_back(value);
  }
}

void check_kinds(std::string_view where, const std::vector<Json>& values) {
  if (values.empty()) throw Error(where, "found no values, expected at least one");
  if (values.size() > max_values) {
    throw Error(where, "found more than " + std::to_string(max_values) + " values, expected fewer");
  }
  const bool lists = values.front().is_array();
  for (const Json& value : values) {
    if (value.is_array() != lists)
      throw Error(where, "found lists beside single values, expected one kind");
  }
}

}  // namespace

std::vector<Json> parse_axis_values(std::string_view where, std::string_view text, bool lists) {
  std::vector<Json> values;
  for (std::string_view part : split(text, ',')) {
    part = trimmed(part);
    if (is_range(part)) {
      std::vector<Json> expanded = range(where, part);
      if (lists) {
        for (Json& value : expanded) value = Json::array({value});
      }
      append_distinct(values, expanded);
    } else {
      append_distinct(values, {lists ? list_value(where, part) : scalar_value(where, part)});
    }
  }
  check_kinds(where, values);
  return values;
}

std::vector<Json> axis_values(std::string_view where, const Json& from) {
  if (from.is_string()) return parse_axis_values(where, from.get<std::string>(), false);
  if (!from.is_array())
    throw Error(where, "found " + found(from) + ", expected a list of values or a range");
  std::vector<Json> values;
  for (size_t i = 0; i < from.size(); ++i) {
    const Json& one = from[i];
    const std::string place = std::string(where) + "[" + std::to_string(i) + "]";
    if (one.is_array()) {
      for (const Json& size : one) {
        int64_t value = 0;
        decode(place, size, value);
        if (value <= 0)
          throw Error(place, "found " + found(size) + ", expected a whole number above 0");
      }
      if (one.empty()) throw Error(place, "found an empty list, expected sizes");
      append_distinct(values, {one});
    } else if (one.is_string()) {
      const std::string text = one.get<std::string>();
      append_distinct(values, is_range(text) ? range(place, text) : std::vector<Json>{one});
    } else {
      int64_t value = 0;
      decode(place, one, value);
      if (value <= 0)
        throw Error(place, "found " + found(one) + ", expected a whole number above 0");
      append_distinct(values, {Json(value)});
    }
  }
  check_kinds(where, values);
  return values;
}

std::pair<std::string, std::string> split_axis(std::string_view text) {
  const size_t at = text.find('=');
  if (at == std::string_view::npos || at == 0) {
    throw Error("--axis " + std::string(text),
                "found no name, expected name=values, for instance width=[64:512:*2]");
  }
  return {std::string(text.substr(0, at)), std::string(text.substr(at + 1))};
}

bool takes_lists(const Axis& axis) { return axis.values.front().is_array(); }

}  // namespace opgauge
