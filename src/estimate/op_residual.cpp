// SPDX-License-Identifier: Apache-2.0
#include "estimate/op_residual.hpp"

#include <algorithm>
#include <cmath>

#include "base/error.hpp"

namespace opgauge {

double residual_kernel(std::span<const double> a, std::span<const double> b, std::span<const double> lengths) {
  double square = 0;
  for (size_t j = 0; j < lengths.size(); ++j) {
    const double difference = (a[j] - b[j]) / lengths[j];
    square += difference * difference;
  }
  const double scaled = std::sqrt(3 * square);
  return (1 + scaled) * std::exp(-scaled);
}

std::vector<double> residual_place(std::span<const ResidualCoordinate* const> coordinates, const CaseFacts& facts) {
  std::vector<double> place;
  place.reserve(coordinates.size());
  for (const ResidualCoordinate* one : coordinates) place.push_back(one->value(facts));
  return place;
}

ResidualCorrector::ResidualCorrector(const ClassResidual& residual) : residual_(residual) {
  const std::string where = "residual of " + residual.key;
  const size_t width = residual.coordinates.size();
  if (residual.lengths.size() != width || residual.points.size() != width * residual.weights.size() || residual.weights.empty()) {
    throw Error(where, "found " + std::to_string(residual.points.size()) + " numbers of points and " + std::to_string(residual.lengths.size()) +
                           " lengths, expected " + std::to_string(residual.weights.size()) + " points of " + std::to_string(width) + " coordinates");
  }
  for (const std::string& name : residual.coordinates) {
    coordinates_.push_back(find_residual_coordinate(name));
    if (!coordinates_.back()) throw Error(where, "found the coordinate \"" + name + "\", expected one that this version knows");
  }
  for (const double length : residual.lengths) {
    if (!(length > 0)) throw Error(where, "found a length of " + std::to_string(length) + ", expected one above 0");
  }
  low_.assign(residual.points.begin(), residual.points.begin() + static_cast<std::ptrdiff_t>(width));
  high_ = low_;
  for (size_t i = 0; i < residual.points.size(); ++i) {
    low_[i % width] = std::min(low_[i % width], residual.points[i]);
    high_[i % width] = std::max(high_[i % width], residual.points[i]);
  }
}

Correction ResidualCorrector::at(const CaseFacts& facts) const {
  const size_t width = coordinates_.size();
  const std::vector<double> place = residual_place(coordinates_, facts);
  double outside = 0;  // octaves, squared
  for (size_t j = 0; j < width; ++j) {
    const double beyond_box = std::max({0.0, low_[j] - place[j], place[j] - high_[j]});
    outside += beyond_box * beyond_box;
  }
  const double fade = std::exp(-outside / 2);
  Correction out;
  double sum = 0, nearest = 0;
  for (size_t i = 0; i < residual_.weights.size(); ++i) {
    const double k = residual_kernel(place, std::span(residual_.points).subspan(i * width, width), residual_.lengths);
    sum += residual_.weights[i] * k;
    nearest = std::max(nearest, k);
  }
  out.log_factor = std::clamp(fade * sum, -residual_.limit, residual_.limit);
  // The variance given the nearest case alone: never less than given all of them.
  const double signal = residual_.signal_sd * residual_.signal_sd, noise = residual_.noise_sd * residual_.noise_sd;
  out.unexplained = signal + noise > 0 ? 1 - fade * nearest * nearest * signal / (signal + noise) : 1;
  return out;
}

}  // namespace opgauge
