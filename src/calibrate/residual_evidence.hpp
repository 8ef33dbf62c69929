// SPDX-License-Identifier: Apache-2.0
// How far the errors of one class resemble each other: lengths, signal and noise of a Gaussian process at the largest
// marginal likelihood (Rasmussen & Williams 2006, 5.4.1), found by NLopt's L-BFGS from the gradient.
#pragma once

#include <Eigen/Core>
#include <vector>

namespace opgauge {

struct ResidualEvidence {
  size_t width = 0;
  std::vector<double> places;   // cases x width
  std::vector<bool> unbounded;  // one a coordinate: a size (length at most 6 octaves), else a bounded quantity
  Eigen::VectorXd errors;       // log(measured / physical)
  Eigen::VectorXd weights;      // noise variance of a case is noise_sd^2 / weight
};

struct ResidualShape {
  std::vector<double> lengths;
  double signal_sd = 0, noise_sd = 0;
};

ResidualShape most_likely_shape(const ResidualEvidence& evidence);

}  // namespace opgauge
