// SPDX-License-Identifier: Apache-2.0
#include "machine/plateau.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/error.hpp"
#include "base/statistics.hpp"
#include "base/units.hpp"

namespace opgauge {
namespace {

constexpr double least_ratio = 1.2;     // between neighbouring levels
constexpr double least_octaves = 0.99;  // length of a level
constexpr double infinity = std::numeric_limits<double>::infinity();

// The nearest curve that never rises (pool adjacent violators; Barlow et al. 1972): a larger set is
// never faster.
std::vector<double> falling(const std::vector<double>& y) {
  struct Block {
    double sum;
    size_t count;
    double mean() const { return sum / static_cast<double>(count); }
  };
  std::vector<Block> blocks;
  for (const double value : y) {
    blocks.push_back({value, 1});
    while (blocks.size() > 1 && blocks[blocks.size() - 2].mean() < blocks.back().mean()) {
      const Block last = blocks.back();
      blocks.pop_back();
      blocks.back().sum += last.sum;
      blocks.back().count += last.count;
    }
  }
  std::vector<double> result;
  for (const Block& block : blocks) result.insert(result.end(), block.count, block.mean());
  return result;
}

struct Segmentation {
  double cost = infinity;
  std::vector<size_t> starts;  // of each piece
};

// Squared deviation of y[first, last) from its mean.
class Deviation {
 public:
  explicit Deviation(const std::vector<double>& y) : sums_(y.size() + 1), squares_(y.size() + 1) {
    for (size_t i = 0; i < y.size(); ++i) {
      sums_[i + 1] = sums_[i] + y[i];
      squares_[i + 1] = squares_[i] + y[i] * y[i];
    }
  }
  double operator()(size_t first, size_t last) const {
    const double sum = sums_[last] - sums_[first], n = static_cast<double>(last - first);
    return std::max(0.0, squares_[last] - squares_[first] - sum * sum / n);
  }

 private:
  std::vector<double> sums_, squares_;
};

Segmentation cut(const std::vector<double>& x, const std::vector<double>& y, size_t pieces) {
  const size_t n = y.size();
  const Deviation deviation(y);
  const auto long_enough = [&](size_t first, size_t last) {
    return x[last - 1] - x[first] >= least_octaves;
  };
  std::vector<std::vector<double>> best(pieces + 1, std::vector<double>(n + 1, infinity));
  std::vector<std::vector<size_t>> from(pieces + 1, std::vector<size_t>(n + 1, 0));
  best[0][0] = 0;
  for (size_t k = 1; k <= pieces; ++k) {
    for (size_t last = 1; last <= n; ++last) {
      for (size_t first = 0; first < last; ++first) {
        if (best[k - 1][first] == infinity || !long_enough(first, last)) continue;
        const double cost = best[k - 1][first] + deviation(first, last);
        if (cost < best[k][last]) {
          best[k][last] = cost;
          from[k][last] = first;
        }
      }
    }
  }
  Segmentation result{best[pieces][n], {}};
  if (result.cost == infinity) return result;
  for (size_t k = pieces, last = n; k > 0; --k) {
    last = from[k][last];
    result.starts.insert(result.starts.begin(), last);
  }
  return result;
}

// Where the falling curve passes `level`, interpolated; x of the last point before if it jumps
// there.
double crossing(const std::vector<double>& x, const std::vector<double>& y, double level,
                size_t first, size_t last) {
  for (size_t i = first; i + 1 < last; ++i) {
    if (y[i] >= level && y[i + 1] < level)
      return x[i] + (x[i + 1] - x[i]) * (y[i] - level) / (y[i] - y[i + 1]);
  }
  return x[last - 1];
}

std::vector<CurveStep> steps_of(const std::vector<double>& x, const std::vector<double>& y,
                           const Segmentation& cuts) {
  const size_t pieces = cuts.starts.size();
  const auto end = [&](size_t piece) {
    return piece + 1 < pieces ? cuts.starts[piece + 1] : y.size();
  };
  std::vector<double> levels;
  for (size_t piece = 0; piece < pieces; ++piece) {
    levels.push_back(median({y.data() + cuts.starts[piece], end(piece) - cuts.starts[piece]}));
  }
  std::vector<CurveStep> steps;
  for (size_t piece = 0; piece + 1 < pieces; ++piece) {
    const double middle = (levels[piece] + levels[piece + 1]) / 2;
    const double at = crossing(x, y, middle, cuts.starts[piece], end(piece + 1));
    steps.push_back({std::exp2(at), std::exp2(levels[piece]), std::exp2(levels[piece + 1])});
  }
  return steps;
}

}  // namespace

std::vector<CurveStep> find_steps(const std::vector<SweepPoint>& curve, int most) {
  std::vector<double> x, y;
  for (const SweepPoint& point : curve) {
    OPGAUGE_CHECK(point.working_set_bytes > 0 && point.bytes_per_s > 0,
                  "sweep points are positive");
    OPGAUGE_CHECK(x.empty() || std::log2(point.working_set_bytes) > x.back(),
                  "working sets ascend");
    x.push_back(std::log2(point.working_set_bytes));
    y.push_back(std::log2(point.bytes_per_s));
  }
  if (x.size() < 2) return {};
  y = falling(y);
  for (int count = most; count > 0; --count) {
    const Segmentation cuts = cut(x, y, static_cast<size_t>(count) + 1);
    if (cuts.cost == infinity) continue;
    std::vector<CurveStep> steps = steps_of(x, y, cuts);
    const bool clear = std::ranges::all_of(steps, [](const CurveStep& step) {
      return step.inner_bytes_per_s >= least_ratio * step.outer_bytes_per_s;
    });
    if (clear) return steps;
  }
  return {};
}

std::vector<CapacityVerdict> judge_capacities(const std::vector<double>& declared_bytes,
                                              const std::vector<CurveStep>& steps,
                                              double largest_working_set_bytes) {
  const size_t n = declared_bytes.size(), m = steps.size();
  OPGAUGE_CHECK(m <= n, "more steps than declared capacities");
  const auto octaves = [&](size_t i, size_t j) {
    return std::abs(std::log2(steps[j].capacity_bytes / declared_bytes[i]));
  };
  // best[i][j]: the first i capacities hold the first j steps.
  std::vector<std::vector<double>> best(n + 1, std::vector<double>(m + 1, infinity));
  best[0][0] = 0;
  for (size_t i = 1; i <= n; ++i) {
    for (size_t j = 0; j <= m; ++j) {
      best[i][j] = best[i - 1][j];
      if (j > 0) best[i][j] = std::min(best[i][j], best[i - 1][j - 1] + octaves(i - 1, j - 1));
    }
  }
  std::vector<CapacityVerdict> verdicts(n);
  for (size_t i = n, j = m; i > 0; --i) {
    if (j > 0 && best[i][j] == best[i - 1][j - 1] + octaves(i - 1, j - 1)) {
      verdicts[i - 1].measured_capacity_bytes = steps[--j].capacity_bytes;
    }
  }
  for (size_t i = 0; i < n; ++i) {
    CapacityVerdict& verdict = verdicts[i];
    const std::string declared = format_bytes(declared_bytes[i]);
    if (verdict.measured_capacity_bytes) {
      if (std::abs(std::log2(*verdict.measured_capacity_bytes / declared_bytes[i])) > 1) {
        verdict.contradicted = true;
        verdict.note = fmt::format("declared {}, bandwidth falls at {}", declared,
                                   format_bytes(*verdict.measured_capacity_bytes));
      }
    } else if (largest_working_set_bytes >= 4 * declared_bytes[i]) {
      verdict.contradicted = true;
      verdict.note = fmt::format("declared {}, but bandwidth does not fall there", declared);
    } else {
      verdict.note = fmt::format("declared {}, not tested: the sweep ended at {}", declared,
                                 format_bytes(largest_working_set_bytes));
    }
  }
  return verdicts;
}

}  // namespace opgauge
