// SPDX-License-Identifier: Apache-2.0
// Random choices of the calibration design: the same seed gives the same networks on every standard library.
#pragma once

#include <cmath>
#include <cstdint>
#include <initializer_list>
#include <random>
#include <vector>

namespace opgauge {

class Random {
 public:
  explicit Random(uint64_t seed) : engine_(seed) {}

  double uniform() { return static_cast<double>(engine_() >> 11) * 0x1.0p-53; }
  bool chance(double probability) { return uniform() < probability; }
  // Whole number in [low, high].
  int64_t whole(int64_t low, int64_t high) {
    return low + static_cast<int64_t>(uniform() * static_cast<double>(high - low + 1));
  }
  // Evenly spread on a logarithmic scale.
  double log_uniform(double low, double high) { return low * std::pow(high / low, uniform()); }
  int64_t log_whole(int64_t low, int64_t high) {
    return static_cast<int64_t>(std::lround(log_uniform(static_cast<double>(low), static_cast<double>(high))));
  }
  template <class T>
  T pick(std::initializer_list<T> choices) {
    return choices.begin()[static_cast<size_t>(uniform() * static_cast<double>(choices.size()))];
  }
  template <class T>
  const T& pick(const std::vector<T>& choices) {
    return choices[static_cast<size_t>(uniform() * static_cast<double>(choices.size()))];
  }

 private:
  std::mt19937_64 engine_;
};

}  // namespace opgauge
