// SPDX-License-Identifier: Apache-2.0
// What the physical model of a cost class leaves unexplained, learnt from the same cases: a Gaussian process on
// log(measured / model). Kept only where cross-validation shows a gain. Equations: docs/model.md, "Residual".
#pragma once

#include <string>
#include <vector>

#include "base/fields.hpp"

namespace opgauge {

struct ClassResidual {
  std::string key;                       // of the fitted class that it corrects
  std::vector<std::string> coordinates;  // by which calls are near or far, names of estimate/residual_coordinate.hpp
  std::vector<double> lengths;           // one a coordinate: the distance over which calls resemble each other
  double signal_sd = 0;                  // of the process, in log: how far it may correct
  double noise_sd = 0;                   // of one case of full weight, in log
  double limit = 0.5;                    // most that it corrects, in log
  std::vector<double> points;            // cases x coordinates, row after row
  std::vector<double> weights;           // one a case: correction = sum_i weight_i k(call, point_i)
  int cases = 0;                         // that it was fitted to; points are a spread of them
  double error_before = 0, error_after = 0;  // mean |log(measured / predicted)| of held-out cases
  static constexpr auto fields() {
    using R = ClassResidual;
    return std::make_tuple(
        field("key", &R::key, "", "fitted class that it corrects"),
        field("coordinates", &R::coordinates, "", "by which calls are near or far"),
        field("lengths", &R::lengths, "", "distance of resemblance, one a coordinate"),
        field("signal_sd", &R::signal_sd, "", "standard deviation of the process in log"),
        field("noise_sd", &R::noise_sd, "", "standard deviation of one case in log"),
        field("limit", &R::limit, "", "most that it corrects, in log", Presence::may_be_missing),
        field("points", &R::points, "", "cases x coordinates"), field("weights", &R::weights, "", "one a point"),
        field("cases", &R::cases, "", "cases that it was fitted to"),
        field("error_before", &R::error_before, "", "mean held-out |log error| without it"),
        field("error_after", &R::error_after, "", "mean held-out |log error| with it"));
  }
};

}  // namespace opgauge
