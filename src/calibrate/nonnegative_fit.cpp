// SPDX-License-Identifier: Apache-2.0
#include "calibrate/nonnegative_fit.hpp"

#include <nlopt.h>

#include <Eigen/Dense>
#include <cmath>
#include <limits>

#include "base/error.hpp"
#include "base/statistics.hpp"

namespace opgauge {
namespace {

// Log errors beyond which a case counts linearly. What disturbs a measurement makes it slower, never faster: a case that
// took longer than predicted is doubted sooner.
constexpr double huber_width = 0.15, slow_width = 0.05, slow_spreads = 0.7;  // of the median log error
constexpr int reweightings = 12;

// f(c) = c'Hc / 2 - g'c, the weighted squares of one reweighting.
struct Quadratic {
  Eigen::MatrixXd hessian;
  Eigen::VectorXd gradient_at_zero;
};

double evaluate(unsigned n, const double* c, double* gradient, void* data) {
  const Quadratic& q = *static_cast<const Quadratic*>(data);
  const Eigen::Map<const Eigen::VectorXd> x(c, static_cast<Eigen::Index>(n));
  const Eigen::VectorXd slope = q.hessian * x - q.gradient_at_zero;
  if (gradient) Eigen::Map<Eigen::VectorXd>(gradient, static_cast<Eigen::Index>(n)) = slope;
  return 0.5 * x.dot(slope - q.gradient_at_zero);
}

// Minimises within least <= c <= most, from `c`. Sequential least squares (Kraft 1994, whose subproblem is Lawson and
// Hanson's): exact for a quadratic after as many steps as there are variables.
bool minimise(Quadratic& q, const Eigen::VectorXd& least, const Eigen::VectorXd& most, Eigen::VectorXd& c) {
  const unsigned n = static_cast<unsigned>(c.size());
  nlopt_opt solver = nlopt_create(NLOPT_LD_SLSQP, n);
  OPGAUGE_CHECK(solver, "NLopt cannot make a solver");
  nlopt_set_min_objective(solver, evaluate, &q);
  nlopt_set_lower_bounds(solver, least.data());
  nlopt_set_upper_bounds(solver, most.data());
  nlopt_set_ftol_rel(solver, 1e-9);
  nlopt_set_maxeval(solver, 400);
  double value = 0;
  const nlopt_result code = nlopt_optimize(solver, c.data(), &value);
  nlopt_destroy(solver);
  return code > 0 || code == NLOPT_ROUNDOFF_LIMITED;
}

}  // namespace

FitResult fit_nonnegative(const FitProblem& problem) {
  const Eigen::Index cases = problem.features.rows();
  const Eigen::Index priors = problem.prior_features.rows();
  const Eigen::Index n = problem.features.cols();
  OPGAUGE_CHECK(problem.seconds.size() == cases && problem.weights.size() == cases, "one time and weight a case");
  FitResult result;
  result.coefficients = Eigen::VectorXd::Zero(n);
  result.standard_errors = Eigen::VectorXd::Constant(n, std::numeric_limits<double>::quiet_NaN());
  if (cases + priors == 0) return result;

  // Columns in units of the seconds they explain: scale_j = mean of phi_j / t.
  Eigen::VectorXd scale = Eigen::VectorXd::Zero(n);
  for (Eigen::Index i = 0; i < cases; ++i) scale += problem.features.row(i).transpose() / problem.seconds[i];
  for (Eigen::Index i = 0; i < priors; ++i) {
    scale += problem.prior_features.row(i).transpose() / problem.prior_seconds[i];
  }
  scale /= static_cast<double>(cases + priors);
  std::vector<Eigen::Index> used;
  for (Eigen::Index j = 0; j < n; ++j) {
    if (scale[j] > 0) used.push_back(j);
  }
  if (used.empty()) return result;
  const Eigen::Index m = static_cast<Eigen::Index>(used.size());

  // Cases and pseudo-cases as one system in units of their own seconds.
  Eigen::MatrixXd rows = Eigen::MatrixXd::Zero(cases + priors, n);
  Eigen::VectorXd seconds(cases + priors), weights(cases + priors);
  for (Eigen::Index i = 0; i < cases + priors; ++i) {
    const bool prior = i >= cases;
    seconds[i] = prior ? problem.prior_seconds[i - cases] : problem.seconds[i];
    weights[i] = prior ? problem.prior_weights[i - cases] : problem.weights[i];
    for (const Eigen::Index j : used) {
      rows(i, j) = (prior ? problem.prior_features(i - cases, j) : problem.features(i, j)) / scale[j];
    }
  }
  Eigen::VectorXd least(m), most(m);
  for (Eigen::Index j = 0; j < m; ++j) {
    const Eigen::Index feature = used[static_cast<size_t>(j)];
    least[j] = problem.least.size() ? problem.least[feature] * scale[feature] : 0;
    most[j] = problem.most.size() ? std::max(least[j], problem.most[feature] * scale[feature]) : std::numeric_limits<double>::infinity();
  }
  Eigen::VectorXd c = Eigen::VectorXd::Constant(m, 1.0 / static_cast<double>(m)).cwiseMax(least).cwiseMin(most);
  Eigen::MatrixXd chosen(cases + priors, m);
  for (Eigen::Index j = 0; j < m; ++j) chosen.col(j) = rows.col(used[static_cast<size_t>(j)]);
  Eigen::VectorXd predicted = seconds;  // the first pass weighs by the measured time alone
  Eigen::VectorXd robust = Eigen::VectorXd::Ones(cases + priors);
  result.converged = true;
  for (int pass = 0; pass < reweightings; ++pass) {
    Quadratic q;
    // The first passes see the cases alone: a parent that is far off would otherwise hold the start where its own robust
    // weights never let go.
    if (pass < reweightings / 3 && cases > 0) robust.tail(priors).setZero();
    const Eigen::VectorXd weight = weights.cwiseProduct(robust).cwiseQuotient(seconds.cwiseProduct(predicted));
    q.hessian = chosen.transpose() * weight.asDiagonal() * chosen;
    q.gradient_at_zero = chosen.transpose() * weight.cwiseProduct(seconds);
    for (Eigen::Index j = 0; j < m && !problem.drawn.empty(); ++j) {
      const size_t feature = static_cast<size_t>(used[static_cast<size_t>(j)]);
      const Draw& draw = problem.drawn[feature];
      const double scale_of = scale[used[static_cast<size_t>(j)]], unit = draw.unit > 0 ? draw.unit * scale_of : 1;
      const double weight_of = draw.weight / (unit * unit);
      q.hessian(j, j) += weight_of;
      q.gradient_at_zero[j] += weight_of * draw.to * scale_of;
    }
    // Each variable in units that give it curvature 1.
    const Eigen::VectorXd unit = q.hessian.diagonal().cwiseMax(1e-300).cwiseSqrt();
    q.hessian = unit.cwiseInverse().asDiagonal() * q.hessian * unit.cwiseInverse().asDiagonal();
    q.gradient_at_zero = q.gradient_at_zero.cwiseQuotient(unit);
    Eigen::VectorXd z = c.cwiseProduct(unit);
    const Eigen::VectorXd low = least.cwiseProduct(unit), high = most.cwiseProduct(unit);
    z = z.cwiseMax(low).cwiseMin(high);
    if (!minimise(q, low, high, z)) result.converged = false;
    c = z.cwiseQuotient(unit).cwiseMax(least).cwiseMin(most);
    predicted = (chosen * c).cwiseMax(0.02 * seconds);
    // A class that is far from its form has spread, not outliers: the width grows with it, or the fit would settle on the
    // faster half.
    double spread = 0;
    if (cases > 0) {
      std::vector<double> errors;
      for (Eigen::Index i = 0; i < cases; ++i) errors.push_back(std::abs(std::log(predicted[i] / seconds[i])));
      spread = median(std::move(errors));
    }
    for (Eigen::Index i = 0; i < cases + priors; ++i) {
      // The factor that makes the square (p - t)^2 / (t p) cost what Huber's loss of log(p / t) does: it falls like
      // log(r) / r, so that a pseudo-case a thousand times off does not hold the fit.
      const double error = std::abs(std::log(predicted[i] / seconds[i]));
      const double square = std::pow(predicted[i] - seconds[i], 2) / (seconds[i] * predicted[i]);
      const double width = seconds[i] > predicted[i] ? std::max(slow_width, slow_spreads * spread) : huber_width;
      const double cost = error > width ? width * (2 * error - width) : error * error;
      robust[i] = square > 1e-9 ? cost / square : 1;
    }
  }
  Eigen::VectorXd scaled = Eigen::VectorXd::Zero(n);
  for (Eigen::Index j = 0; j < m; ++j) {
    if (c[j] > 1e-9) scaled[used[static_cast<size_t>(j)]] = c[j];
  }
  predicted = rows * scaled;
  std::vector<double> absolute;
  for (Eigen::Index i = 0; i < cases; ++i) {
    if (problem.weights[i] > 0) {
      absolute.push_back(std::abs(std::log(std::max(predicted[i], 0.02 * problem.seconds[i]) / problem.seconds[i])));
    }
  }
  result.residual_sd = absolute.empty() ? 0 : 1.4826 * median(absolute);

  // Standard errors of the free coefficients: (J^T J)^-1 s^2 with J in log space.
  std::vector<Eigen::Index> free;
  for (Eigen::Index j = 0; j < n; ++j) {
    if (scaled[j] > 1e-9) free.push_back(j);
    result.coefficients[j] = scale[j] > 0 ? std::max(0.0, scaled[j]) / scale[j] : 0;
  }
  if (!free.empty() && cases > static_cast<Eigen::Index>(free.size())) {
    Eigen::MatrixXd jacobian(cases + priors, static_cast<Eigen::Index>(free.size()));
    for (Eigen::Index i = 0; i < cases + priors; ++i) {
      const double weight = i < cases ? problem.weights[i] : problem.prior_weights[i - cases];
      for (size_t j = 0; j < free.size(); ++j) {
        jacobian(i, static_cast<Eigen::Index>(j)) =
            std::sqrt(weight) * rows(i, free[j]) / std::max(predicted[i], 1e-12);
      }
    }
    const Eigen::MatrixXd information = jacobian.transpose() * jacobian;
    const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> eigen(information);
    const double largest = eigen.eigenvalues().maxCoeff();
    if (largest > 0) {
      const Eigen::MatrixXd inverse =
          eigen.eigenvectors() *
          eigen.eigenvalues().cwiseMax(1e-12 * largest).cwiseInverse().asDiagonal() *
          eigen.eigenvectors().transpose();
      for (size_t j = 0; j < free.size(); ++j) {
        const Eigen::Index k = static_cast<Eigen::Index>(j);
        result.standard_errors[free[j]] =
            std::sqrt(std::max(0.0, inverse(k, k))) * result.residual_sd / scale[free[j]];
      }
    }
  }
  return result;
}

}  // namespace opgauge
