// SPDX-License-Identifier: Apache-2.0
#include "calibrate/residual_evidence.hpp"

#include <nlopt.h>

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <limits>

#include "base/error.hpp"
#include "base/statistics.hpp"

namespace opgauge {
namespace {

constexpr int most_evaluations = 40;
constexpr double usual_length = 2.5;    // octaves; log lengths are normal about it with standard deviation 1 beforehand
constexpr double shortest_length = 0.2, longest_length = 6, longest_bounded = 30;
constexpr double least_sd = 0.01, most_signal_sd = 2, most_noise_sd = 0.4;

// -log(marginal likelihood) - log(prior of the lengths); parameters are log lengths, log signal_sd, log noise_sd.
double negative_evidence(unsigned count, const double* parameters, double* gradient, void* state) {
  const ResidualEvidence& e = *static_cast<const ResidualEvidence*>(state);
  const Eigen::Index n = e.errors.size();
  const size_t width = e.width;
  const double signal = std::exp(2 * parameters[width]), noise = std::exp(2 * parameters[width + 1]);
  std::vector<double> inverse_squares(width);
  for (size_t j = 0; j < width; ++j) inverse_squares[j] = std::exp(-2 * parameters[j]);
  Eigen::MatrixXd covariance(n, n), slope(n, n);  // slope: 3 exp(-sqrt(3) r), what d k / d log length has in common
  for (Eigen::Index a = 0; a < n; ++a) {
    const double* at = e.places.data() + static_cast<size_t>(a) * width;
    for (Eigen::Index b = 0; b < a; ++b) {
      const double* to = e.places.data() + static_cast<size_t>(b) * width;
      double square = 0;
      for (size_t j = 0; j < width; ++j) square += (at[j] - to[j]) * (at[j] - to[j]) * inverse_squares[j];
      const double scaled = std::sqrt(3 * square), decay = std::exp(-scaled);
      covariance(a, b) = signal * (1 + scaled) * decay;
      slope(a, b) = 3 * signal * decay;
    }
    covariance(a, a) = signal * (1 + 1e-6) + noise / e.weights[a];
  }
  const Eigen::LLT<Eigen::MatrixXd> factor(covariance.selfadjointView<Eigen::Lower>());
  if (factor.info() != Eigen::Success) return std::numeric_limits<double>::max();
  const Eigen::VectorXd solved = factor.solve(e.errors);
  double value = 0.5 * e.errors.dot(solved);
  for (Eigen::Index a = 0; a < n; ++a) value += std::log(factor.matrixLLT()(a, a));
  for (size_t j = 0; j < width; ++j) value += 0.5 * std::pow(parameters[j] - std::log(usual_length), 2);
  if (!gradient) return value;
  const Eigen::MatrixXd inverse = factor.solve(Eigen::MatrixXd::Identity(n, n));
  std::fill(gradient, gradient + count, 0.0);
  for (Eigen::Index a = 0; a < n; ++a) {
    const double* at = e.places.data() + static_cast<size_t>(a) * width;
    for (Eigen::Index b = 0; b < a; ++b) {
      const double* to = e.places.data() + static_cast<size_t>(b) * width;
      const double common = inverse(a, b) - solved[a] * solved[b];  // twice one half: the matrix is symmetric
      gradient[width] += 2 * common * covariance(a, b);
      const double part = common * slope(a, b);
      for (size_t j = 0; j < width; ++j) gradient[j] += part * (at[j] - to[j]) * (at[j] - to[j]) * inverse_squares[j];
    }
    const double own = inverse(a, a) - solved[a] * solved[a];
    gradient[width] += own * signal;
    gradient[width + 1] += own * noise / e.weights[a];
  }
  for (size_t j = 0; j < width; ++j) gradient[j] += parameters[j] - std::log(usual_length);
  return value;
}

}  // namespace

ResidualShape most_likely_shape(const ResidualEvidence& evidence) {
  const unsigned count = static_cast<unsigned>(evidence.width + 2);
  std::vector<double> sizes;
  for (const double error : evidence.errors) sizes.push_back(std::abs(error));
  // Disturbed cases would pass for signal.
  const double spread = std::clamp(1.4826 * median(sizes), 2 * least_sd, 1.0);
  ResidualEvidence clipped = evidence;
  clipped.errors = clipped.errors.cwiseMax(-3 * spread).cwiseMin(3 * spread);
  std::vector<double> low(count, std::log(shortest_length)), high(count, std::log(longest_length)), at(count, std::log(usual_length));
  for (size_t j = 0; j < evidence.width; ++j) {
    if (!evidence.unbounded[j]) high[j] = std::log(longest_bounded);
  }
  low[evidence.width] = low[evidence.width + 1] = std::log(least_sd);
  high[evidence.width] = std::log(most_signal_sd);
  high[evidence.width + 1] = std::log(most_noise_sd);
  at[evidence.width] = std::log(0.8 * spread);
  at[evidence.width + 1] = std::log(0.6 * spread);
  nlopt_opt solver = nlopt_create(NLOPT_LD_LBFGS, count);
  OPGAUGE_CHECK(solver, "NLopt cannot make a solver");
  nlopt_set_min_objective(solver, negative_evidence, &clipped);
  nlopt_set_lower_bounds(solver, low.data());
  nlopt_set_upper_bounds(solver, high.data());
  nlopt_set_ftol_abs(solver, 0.01);
  nlopt_set_maxeval(solver, most_evaluations);
  double value = 0;
  nlopt_optimize(solver, at.data(), &value);  // a failure leaves the best point so far: any is a valid shape
  nlopt_destroy(solver);
  ResidualShape shape;
  for (size_t j = 0; j < evidence.width; ++j) shape.lengths.push_back(std::exp(std::clamp(at[j], low[j], high[j])));
  shape.signal_sd = std::exp(std::clamp(at[evidence.width], low[evidence.width], high[evidence.width]));
  shape.noise_sd = std::exp(std::clamp(at[evidence.width + 1], low[evidence.width + 1], high[evidence.width + 1]));
  return shape;
}

}  // namespace opgauge
