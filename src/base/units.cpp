// SPDX-License-Identifier: Apache-2.0
#include "base/units.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>

#include "base/error.hpp"

namespace opgauge {
namespace {

struct Unit {
  std::string_view name;
  double factor;
};
constexpr std::array durations = {Unit{"us", 1e-6}, Unit{"ms", 1e-3}, Unit{"s", 1},     Unit{"sec", 1},
                                  Unit{"m", 60},    Unit{"min", 60},  Unit{"h", 3600}, Unit{"", 1}};

// Three significant digits with the largest unit that leaves a number of at least 1.
template <size_t count>
std::string scaled(double value, const std::array<Unit, count>& units) {
  const double magnitude = std::abs(value);
  const Unit* unit = &units.front();
  for (const Unit& one : units) {
    if (magnitude >= one.factor) unit = &one;
  }
  const double number = value / unit->factor;
  const int digits = std::abs(number) >= 100 ? 0 : std::abs(number) >= 10 ? 1 : 2;
  return fmt::format("{:.{}f} {}", number, digits, unit->name);
}

}  // namespace

double parse_duration_s(std::string_view where, std::string_view text) {
  double number = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (code == std::errc() && std::isfinite(number) && number > 0) {
    const std::string_view unit(end, static_cast<size_t>(text.data() + text.size() - end));
    for (const Unit& one : durations) {
      if (one.name == unit) return number * one.factor;
    }
  }
  throw Error(where, fmt::format("found \"{}\", expected a duration above 0 such as 60s, 2m or 500ms", text));
}

std::string format_seconds(double seconds) {
  static constexpr std::array units = {Unit{"ns", 1e-9}, Unit{"us", 1e-6}, Unit{"ms", 1e-3}, Unit{"s", 1}};
  return scaled(seconds, units);
}
std::string format_bytes(double bytes) {
  const char* unit = "B";
  for (const char* larger : {"KiB", "MiB", "GiB", "TiB"}) {
    if (bytes < 1000) break;
    bytes /= 1024;
    unit = larger;
  }
  return fmt::format("{:.3g} {}", bytes, unit);
}
std::string format_count(double count) {
  static constexpr std::array units = {Unit{"", 1}, Unit{"k", 1e3}, Unit{"M", 1e6}, Unit{"G", 1e9}, Unit{"T", 1e12}};
  if (std::abs(count) < 1000 && count == std::floor(count)) return fmt::format("{:.0f}", count);
  std::string text = scaled(count, units);
  while (text.ends_with(' ')) text.pop_back();
  return text;
}
std::string format_rate(double per_s, const char* of) {
  static constexpr std::array units = {Unit{"", 1}, Unit{"k", 1e3}, Unit{"M", 1e6}, Unit{"G", 1e9}, Unit{"T", 1e12}};
  return scaled(per_s, units) + of + "/s";
}
std::string format_percent(double fraction, int digits) { return fmt::format("{:.{}f} %", 100 * fraction, digits); }

std::string format_duration(double seconds) {
  const long whole = std::lround(std::max(0.0, seconds));
  if (whole < 60) return fmt::format("{} s", whole);
  if (whole < 3600) return fmt::format("{} min {:02} s", whole / 60, whole % 60);
  return fmt::format("{} h {:02} min", whole / 3600, whole / 60 % 60);
}

}  // namespace opgauge
