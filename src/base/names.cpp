// SPDX-License-Identifier: Apache-2.0
#include "base/names.hpp"

#include <algorithm>
#include <numeric>

namespace opgauge {
namespace {

size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t substituted = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({substituted, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row[b.size()];
}

}  // namespace

std::optional<std::string> nearest_name(std::string_view wrong,
                                        const std::vector<std::string>& known) {
  if (wrong.size() > 200) return std::nullopt;
  std::optional<std::string> best;
  size_t best_distance = std::max<size_t>(2, wrong.size() / 3) + 1;
  for (const std::string& name : known) {
    const size_t distance = edit_distance(wrong, name);
    if (distance < best_distance) {
      best_distance = distance;
      best = name;
    }
  }
  return best;
}

Error unknown_name(std::string_view where, std::string_view kind, std::string_view wrong,
                   const std::vector<std::string>& known) {
  constexpr size_t max_listed = 20;
  std::string text = "unknown " + std::string(kind) + " \"" + std::string(wrong.substr(0, 200)) +
                     "\", expected one of ";
  for (size_t i = 0; i < std::min(known.size(), max_listed); ++i) {
    text += (i ? ", " : "") + known[i];
  }
  if (known.size() > max_listed) {
    text += ", ... (" + std::to_string(known.size()) + " in all)";
  }
  if (const auto nearest = nearest_name(wrong, known)) {
    text += "; did you mean \"" + *nearest + "\"?";
  }
  return Error(where, text);
}

}  // namespace opgauge
