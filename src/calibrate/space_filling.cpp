// SPDX-License-Identifier: Apache-2.0
#include "calibrate/space_filling.hpp"

#include <algorithm>
#include <limits>

#include "base/error.hpp"
#include "calibrate/random.hpp"

namespace opgauge {

std::vector<size_t> spread_out(std::span<const double> points, size_t width, size_t count, uint64_t seed, size_t tries) {
  OPGAUGE_CHECK(width > 0 && points.size() % width == 0, "whole rows");
  const size_t rows = points.size() / width;
  std::vector<size_t> chosen;
  if (rows == 0 || count == 0) return chosen;
  std::vector<double> distance(rows, std::numeric_limits<double>::infinity());
  Random random(seed);
  const auto draw = [&] { return static_cast<size_t>(random.whole(0, static_cast<int64_t>(rows) - 1)); };
  size_t next = draw();
  while (chosen.size() < std::min(count, rows)) {
    chosen.push_back(next);
    const double* at = points.data() + next * width;
    double farthest = -1;
    for (size_t i = 0; i < rows; ++i) {
      const double* one = points.data() + i * width;
      double square = 0;
      for (size_t j = 0; j < width; ++j) square += (one[j] - at[j]) * (one[j] - at[j]);
      distance[i] = std::min(distance[i], square);
      if (distance[i] > farthest) {
        farthest = distance[i];
        next = i;
      }
    }
    if (farthest <= 0) break;
    double farthest_drawn = 0;
    for (size_t i = 0; i < tries; ++i) {
      const size_t one = draw();
      if (distance[one] <= farthest_drawn) continue;
      farthest_drawn = distance[one];
      next = one;
    }
  }
  return chosen;
}

}  // namespace opgauge
