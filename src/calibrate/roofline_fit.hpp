// SPDX-License-Identifier: Apache-2.0
// Fits the roofline's coefficients (estimate/roofline.hpp) to measured configurations of one
// precision and thread count, all jointly:
//
//   minimise  sum over configurations of huber((predicted - measured) / measured)  +  weak priors
//   at the values before
//
// The priors (one unit of log per coefficient, against 5 % a configuration) keep five
// configurations from giving eight wild numbers; with dozens they vanish. A coefficient that the
// data cannot tell keeps its value and says why.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "estimate/map.hpp"
#include "machine/calibration.hpp"

namespace opgauge {

// One measured configuration.
struct FitCase {
  std::string group;  // architecture: cross-validation never splits one
  std::vector<RegionLoad> loads;
  double measured_s = 0;  // > 0
};

struct FitOptions {
  int folds = 5;        // of cross-validation, over groups; fewer groups give fewer folds
  double sigma = 0.05;  // relative error that is taken as ordinary
  double huber = 2;     // in units of sigma: larger errors count linearly
};

// Predicted latency of one configuration.
double predicted_s(const FitCase& one, const RooflineTerms<double>& by);

// The fit with standard errors (robust to correlation within groups), identifiability, and errors
// before, in and out of the fit. Throws Error where there is no configuration, or a time that is
// not a number > 0.
RooflineFit fit_roofline(Precision precision, const Rates& rates, std::span<const FitCase> cases,
                         const RooflineCoefficients& before, const FitOptions& options = {});

}  // namespace opgauge
