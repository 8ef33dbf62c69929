// SPDX-License-Identifier: Apache-2.0
#include "calibrate/nonnegative_fit.hpp"

#include <ceres/ceres.h>

#include <Eigen/Dense>
#include <cmath>
#include <limits>

#include "base/error.hpp"
#include "base/statistics.hpp"

namespace opgauge {
namespace {

constexpr double huber_width = 0.15;  // log error beyond which a case counts linearly

// All rows of the problem in one cost: sqrt(w) rho(log(p / t)) with the robust weight folded in by reweighting would
// need several solves; one residual a row lets Ceres apply its loss to each.
class LogRatio final : public ceres::CostFunction {
 public:
  LogRatio(const double* row, int count, double seconds, double weight)
      : row_(row, row + count), seconds_(seconds), root_weight_(std::sqrt(weight)) {
    set_num_residuals(1);
    mutable_parameter_block_sizes()->push_back(count);
  }
  bool Evaluate(double const* const* parameters, double* residuals, double** jacobians) const override {
    double predicted = 0;
    for (size_t i = 0; i < row_.size(); ++i) predicted += row_[i] * parameters[0][i];
    const double floor = 0.02 * seconds_;
    const double bounded = std::max(predicted, floor);
    residuals[0] = root_weight_ * std::log(bounded / seconds_);
    if (jacobians && jacobians[0]) {
      // Below the floor the slope of the floor itself keeps pushing the prediction up.
      for (size_t i = 0; i < row_.size(); ++i) jacobians[0][i] = root_weight_ * row_[i] / bounded;
    }
    return true;
  }

 private:
  std::vector<double> row_;
  double seconds_, root_weight_;
};

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
  std::vector<double> x(static_cast<size_t>(n), 0.0);
  Eigen::Index used = 0;
  for (Eigen::Index j = 0; j < n; ++j) used += scale[j] > 0;
  if (used == 0) return result;
  const auto most = [&](Eigen::Index j) {
    return problem.most.size() ? problem.most[j] * scale[j] : std::numeric_limits<double>::infinity();
  };
  for (Eigen::Index j = 0; j < n; ++j) {
    if (scale[j] > 0) x[static_cast<size_t>(j)] = std::min(1.0 / static_cast<double>(used), most(j));
  }

  ceres::Problem solver;
  Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor> rows(cases + priors, n);
  for (Eigen::Index j = 0; j < n; ++j) {
    const double by = scale[j] > 0 ? 1 / scale[j] : 0;
    for (Eigen::Index i = 0; i < cases; ++i) rows(i, j) = problem.features(i, j) * by;
    for (Eigen::Index i = 0; i < priors; ++i) rows(cases + i, j) = problem.prior_features(i, j) * by;
  }
  ceres::HuberLoss loss(huber_width);
  for (Eigen::Index i = 0; i < cases; ++i) {
    if (problem.weights[i] <= 0) continue;
    solver.AddResidualBlock(new LogRatio(rows.row(i).data(), static_cast<int>(n), problem.seconds[i], problem.weights[i]),
                            new ceres::ScaledLoss(&loss, 1.0, ceres::DO_NOT_TAKE_OWNERSHIP), x.data());
  }
  for (Eigen::Index i = 0; i < priors; ++i) {
    solver.AddResidualBlock(new LogRatio(rows.row(cases + i).data(), static_cast<int>(n), problem.prior_seconds[i],
                                         problem.prior_weight / static_cast<double>(priors)),
                            new ceres::ScaledLoss(&loss, 1.0, ceres::DO_NOT_TAKE_OWNERSHIP), x.data());
  }
  for (Eigen::Index j = 0; j < n; ++j) {
    solver.SetParameterLowerBound(x.data(), static_cast<int>(j), 0);
    if (scale[j] > 0 && std::isfinite(most(j))) solver.SetParameterUpperBound(x.data(), static_cast<int>(j), most(j));
  }
  ceres::Solver::Options options;
  options.linear_solver_type = ceres::DENSE_QR;
  options.max_num_iterations = 200;
  options.function_tolerance = 1e-7;
  options.num_threads = 1;
  options.logging_type = ceres::SILENT;
  ceres::Solver::Summary summary;
  ceres::Solve(options, &solver, &summary);
  result.converged = summary.IsSolutionUsable();

  Eigen::VectorXd scaled = Eigen::Map<Eigen::VectorXd>(x.data(), n);
  std::vector<double> absolute;
  const Eigen::VectorXd predicted = rows * scaled;
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
      const double weight = i < cases ? problem.weights[i] : problem.prior_weight / static_cast<double>(priors);
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
