// SPDX-License-Identifier: Apache-2.0
#include "calibrate/roofline_fit.hpp"

#include <fmt/format.h>
#include <nlopt.h>

#include <Eigen/Dense>
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <map>
#include <set>

#include "base/error.hpp"
#include "base/statistics.hpp"
#include "estimate/latency.hpp"

namespace opgauge {
namespace {

// Coefficients as the solver sees them: logarithms, but for tail_rows, which may be 0.
enum Slot { efficiency, launch, view, tail, first_level, slots = first_level + max_levels };
using Vector = std::array<double, slots>;

struct Range {
  double lowest, highest;
};
Range range_of(int slot) {
  switch (slot) {
    case efficiency:
      return {std::log(0.01), std::log(1.5)};
    case launch:
    case view:
      return {std::log(1e-8), std::log(1e-3)};
    case tail:
      return {0, 64};
    default:
      return {std::log(0.02), std::log(4.0)};
  }
}
constexpr double tail_prior_rows = 8;

RooflineTerms<double> terms_of(const double* x) {
  RooflineTerms<double> by;
  by.efficiency_factor = std::exp(x[efficiency]);
  by.launch_s = std::exp(x[launch]);
  by.view_s = std::exp(x[view]);
  by.tail_rows = x[tail];
  for (size_t i = 0; i < max_levels; ++i)
    by.memory_bottleneck_factor[i] = std::exp(x[first_level + i]);
  return by;
}

Vector vector_of(const RooflineTerms<double>& by) {
  Vector x;
  x[efficiency] = std::log(by.efficiency_factor);
  x[launch] = std::log(std::max(by.launch_s, 1e-8));
  x[view] = std::log(std::max(by.view_s, 1e-8));
  x[tail] = by.tail_rows;
  for (size_t i = 0; i < max_levels; ++i)
    x[first_level + i] = std::log(by.memory_bottleneck_factor[i]);
  for (int s = 0; s < slots; ++s) x[s] = std::clamp(x[s], range_of(s).lowest, range_of(s).highest);
  return x;
}

using Gradient = Eigen::Matrix<double, slots, 1>;

// predicted / measured - 1, and its derivatives by the solver's coefficients.
double relative_error(const FitCase& one, const double* x, Gradient* gradient) {
  const RooflineTerms<double> by = terms_of(x);
  double sum = 0;
  if (gradient) gradient->setZero();
  for (const RegionLoad& load : one.loads) {
    const LatencyTerms<double> terms = latency_terms(load, by);
    sum += terms.latency_s();
    if (!gradient) continue;
    (*gradient)[launch] += load.calls * by.launch_s;
    (*gradient)[view] += load.views * by.view_s;
    if (terms.compute_s > terms.memory_s) {
      (*gradient)[efficiency] -= terms.compute_s;
      (*gradient)[tail] += load.row_s / by.efficiency_factor;
    } else {
      for (size_t i = 0; i < max_levels; ++i) {
        (*gradient)[first_level + static_cast<int>(i)] -=
            load.level_s[i] / by.memory_bottleneck_factor[i];
      }
    }
  }
  if (gradient) *gradient /= one.measured_s;
  return sum / one.measured_s - 1;
}

// What the solver minimises: Huber's loss of the relative errors, and the pull of the values before.
struct Cost {
  std::span<const FitCase* const> cases;
  const Vector& prior;
  const FitOptions& options;

  double at(const double* x, double* gradient) const {
    double cost = 0;
    Gradient slope = Gradient::Zero(), one_slope;
    for (const FitCase* one : cases) {
      const double r = relative_error(*one, x, gradient ? &one_slope : nullptr) / options.sigma;
      const double far = std::abs(r) > options.huber ? options.huber / std::abs(r) : 1;
      cost += far == 1 ? r * r / 2 : options.huber * (std::abs(r) - options.huber / 2);
      if (gradient) slope += far * r / options.sigma * one_slope;
    }
    for (int s = 0; s < slots; ++s) {
      const double unit = s == tail ? tail_prior_rows : 1;
      const double r = (x[s] - prior[static_cast<size_t>(s)]) / unit;
      cost += r * r / 2;
      slope[s] += r / unit;
    }
    if (gradient) std::copy_n(slope.data(), slots, gradient);
    return cost;
  }
};

double evaluate(unsigned, const double* x, double* gradient, void* cost) {
  return static_cast<const Cost*>(cost)->at(x, gradient);
}

struct Solution {
  Vector x;
  double cost = 0;
};

Solution solve(std::span<const FitCase* const> cases, const Vector& prior, const Vector& start,
               const std::vector<int>& fixed, const FitOptions& options) {
  Solution solution{start, 0};
  Cost cost{cases, prior, options};
  Vector lowest, highest;
  for (int s = 0; s < slots; ++s) {
    const auto at = static_cast<size_t>(s);
    const bool held = std::ranges::find(fixed, s) != fixed.end();
    lowest[at] = held ? start[at] : range_of(s).lowest;
    highest[at] = held ? start[at] : range_of(s).highest;
  }
  // A quasi-Newton step forgets its curvature where a region turns from compute to memory; started
  // again from where it stopped, it goes on.
  for (int pass = 0; pass < 3; ++pass) {
    nlopt_opt solver = nlopt_create(NLOPT_LD_SLSQP, slots);
    OPGAUGE_CHECK(solver, "NLopt cannot make a solver");
    nlopt_set_min_objective(solver, evaluate, &cost);
    nlopt_set_lower_bounds(solver, lowest.data());
    nlopt_set_upper_bounds(solver, highest.data());
    nlopt_set_ftol_rel(solver, 1e-9);
    nlopt_set_maxeval(solver, 200);
    Vector x = solution.x;
    double value = 0;
    nlopt_optimize(solver, x.data(), &value);
    nlopt_destroy(solver);
    const double before = cost.at(solution.x.data(), nullptr), after = cost.at(x.data(), nullptr);
    if (after < before) solution.x = x;
    solution.cost = std::min(before, after);
    if (after > before * (1 - 1e-6)) break;
  }
  return solution;
}

// The best of a few starts around the values before: the bound of a region (compute or memory)
// makes the cost bend.
Vector fit_from_many(std::span<const FitCase* const> cases, const Vector& prior,
                     const std::vector<int>& fixed, const FitOptions& options) {
  Solution best{prior, std::numeric_limits<double>::infinity()};
  for (const double compute_shift : {0.0, -0.7, 0.4}) {
    for (const double memory_shift : {0.0, 0.7}) {
      Vector start = prior;
      const auto shift = [&](int s, double by) {
        if (std::ranges::find(fixed, s) != fixed.end()) return;
        double& at = start[static_cast<size_t>(s)];
        at = std::clamp(at + by, range_of(s).lowest, range_of(s).highest);
      };
      shift(efficiency, compute_shift);
      for (int s = first_level; s < slots; ++s) shift(s, memory_shift);
      const Solution one = solve(cases, prior, start, fixed, options);
      if (one.cost < best.cost) best = one;
    }
  }
  return best.x;
}

struct Uncertainty {
  Vector standard_error{};  // in the solver's units
  Vector sensitivity{};     // largest |d relative error / d unit| over the configurations
};

// Sandwich estimate, clustered by group: errors within an architecture are not independent.
Uncertainty uncertainty_of(std::span<const FitCase* const> cases, const Vector& x,
                           const std::vector<int>& fixed, const FitOptions& options) {
  Uncertainty result;
  std::vector<int> free;
  for (int s = 0; s < slots; ++s) {
    if (std::ranges::find(fixed, s) == fixed.end()) free.push_back(s);
  }
  const auto n = static_cast<Eigen::Index>(free.size());
  Eigen::MatrixXd hessian = Eigen::MatrixXd::Zero(n, n);
  std::map<std::string, Eigen::VectorXd> scores;
  for (const FitCase* one : cases) {
    Gradient gradient;
    const double error = relative_error(*one, x.data(), &gradient);
    for (int s = 0; s < slots; ++s) {
      double& most = result.sensitivity[static_cast<size_t>(s)];
      most = std::max(most, std::abs(gradient[s]));
    }
    const double residual = error / options.sigma;
    const double weight = std::min(1.0, options.huber / std::max(std::abs(residual), 1e-12));
    Eigen::VectorXd row(n);
    for (Eigen::Index i = 0; i < n; ++i)
      row[i] = gradient[free[static_cast<size_t>(i)]] / options.sigma;
    hessian += weight * row * row.transpose();
    auto& score = scores.try_emplace(one->group, Eigen::VectorXd::Zero(n)).first->second;
    score += weight * residual * row;
  }
  Eigen::MatrixXd bread = hessian;
  for (Eigen::Index i = 0; i < n; ++i) {
    const double unit = free[static_cast<size_t>(i)] == tail ? tail_prior_rows : 1;
    bread(i, i) += 1 / (unit * unit);
  }
  Eigen::MatrixXd meat = Eigen::MatrixXd::Zero(n, n);
  for (const auto& [group, score] : scores) meat += score * score.transpose();
  const auto groups = static_cast<double>(scores.size());
  if (groups > 1) meat *= groups / (groups - 1);
  const Eigen::MatrixXd inverse = bread.ldlt().solve(Eigen::MatrixXd::Identity(n, n));
  // With few groups the sandwich is too narrow; it is never taken below what ordinary errors of
  // sigma would give.
  const Eigen::MatrixXd sandwich = inverse * meat * inverse;
  for (Eigen::Index i = 0; i < n; ++i) {
    result.standard_error[static_cast<size_t>(free[static_cast<size_t>(i)])] =
        std::sqrt(std::max(sandwich(i, i), inverse(i, i)));
  }
  return result;
}

struct Identified {
  Vector x;
  Uncertainty uncertainty;
  std::array<std::string, slots> why_not;  // "" if the data tell it
};

constexpr double least_sensitivity = 0.02;  // a change by 1 % moves some configuration by 0.02 %
constexpr double most_relative_error = 0.5;

// Fits; takes out, one after the other, the coefficients that the data cannot tell; fits again.
Identified fit_identified(std::span<const FitCase* const> cases, const Vector& prior, size_t levels,
                          const FitOptions& options) {
  Identified result;
  std::vector<int> fixed;
  for (int s = first_level + static_cast<int>(levels); s < slots; ++s) fixed.push_back(s);
  const auto fix = [&](int s, std::string why) {
    fixed.push_back(s);
    result.why_not[static_cast<size_t>(s)] = std::move(why);
  };
  result.x = fit_from_many(cases, prior, fixed, options);
  for (;;) {
    result.uncertainty = uncertainty_of(cases, result.x, fixed, options);
    bool changed = false;
    int worst = -1;
    double worst_error = most_relative_error;
    for (int s = 0; s < first_level + static_cast<int>(levels); ++s) {
      if (std::ranges::find(fixed, s) != fixed.end()) continue;
      const auto at = static_cast<size_t>(s);
      const double unit = s == tail ? tail_prior_rows : 1;
      if (result.uncertainty.sensitivity[at] * unit < least_sensitivity) {
        fix(s, "no configuration depends on it");
        changed = true;
        continue;
      }
      const double relative =
          s == tail ? result.uncertainty.standard_error[at] / std::max(result.x[at], 1.0)
                    : result.uncertainty.standard_error[at];
      if (relative > worst_error) {
        worst = s;
        worst_error = relative;
      }
    }
    if (!changed && worst >= 0) {
      fix(worst,
          fmt::format("its standard error would be {:.0f} % of its value", 100 * worst_error));
      changed = true;
    }
    if (!changed) break;
    for (const int s : fixed) result.x[static_cast<size_t>(s)] = prior[static_cast<size_t>(s)];
    result.x = solve(cases, prior, result.x, fixed, options).x;
  }
  for (int s = 0; s < first_level + static_cast<int>(levels); ++s) {
    const auto at = static_cast<size_t>(s);
    if (!result.why_not[at].empty()) continue;
    const Range range = range_of(s);
    const double slack = 1e-3 * (range.highest - range.lowest);
    if (result.x[at] < range.lowest + slack || result.x[at] > range.highest - slack) {
      const double bound = result.x[at] < range.lowest + slack ? range.lowest : range.highest;
      result.why_not[at] =
          fmt::format("the fit ends at its bound of {:.3g}", s == tail ? bound : std::exp(bound));
    }
  }
  return result;
}

double mape(std::span<const FitCase* const> cases, const RooflineTerms<double>& by) {
  double sum = 0;
  for (const FitCase* one : cases) sum += std::abs(predicted_s(*one, by) / one->measured_s - 1);
  return sum / static_cast<double>(cases.size());
}

// Fold of each group; groups are spread in the order of their names, which is the same for the same
// data.
std::map<std::string, int> assign_folds(std::span<const FitCase> cases, int folds) {
  std::map<std::string, int> fold;
  for (const FitCase& one : cases) fold.try_emplace(one.group, 0);
  int next = 0;
  for (auto& [group, at] : fold) at = next++ % folds;
  return fold;
}

struct HeldOut {
  double mape = 0;
  double interval_ratio = 1;
};

HeldOut cross_validate(std::span<const FitCase> cases, const Vector& prior, size_t levels,
                       int folds, const FitOptions& options) {
  const auto fold = assign_folds(cases, folds);
  std::vector<double> errors, ratios;
  for (int k = 0; k < folds; ++k) {
    std::vector<const FitCase*> train, held_out;
    for (const FitCase& one : cases) (fold.at(one.group) == k ? held_out : train).push_back(&one);
    const Identified model = fit_identified(train, prior, levels, options);
    const RooflineTerms<double> by = terms_of(model.x.data());
    for (const FitCase* one : held_out) {
      const double ratio = predicted_s(*one, by) / one->measured_s;
      errors.push_back(std::abs(ratio - 1));
      ratios.push_back(std::abs(std::log(ratio)));
    }
  }
  const auto n = static_cast<double>(ratios.size());
  const double rank =
      std::min(1.0, std::ceil(0.9 * (n + 1)) / n);  // split-conformal finite-sample rank
  return {mean(errors), std::exp(quantile(ratios, rank))};
}

Coefficient coefficient_of(const Identified& fitted, int slot, const char* name, std::string level,
                           double before) {
  const auto at = static_cast<size_t>(slot);
  Coefficient one;
  one.name = name;
  one.level = std::move(level);
  one.note = fitted.why_not[at];
  one.identified = one.note.empty();
  one.value = slot == tail ? fitted.x[at] : std::exp(fitted.x[at]);
  if (one.identified) {
    const double error = fitted.uncertainty.standard_error[at];
    one.standard_error = slot == tail ? error : error * one.value;
  } else if (one.note.find("bound") == std::string::npos) {
    one.value = before;
    one.source = Source::assumed;
  }
  return one;
}

}  // namespace

double predicted_s(const FitCase& one, const RooflineTerms<double>& by) {
  double sum = 0;
  for (const RegionLoad& load : one.loads) sum += latency_terms(load, by).latency_s();
  return sum;
}

RooflineFit fit_roofline(Precision precision, const Rates& rates, std::span<const FitCase> cases,
                         const RooflineCoefficients& before, const FitOptions& options) {
  const std::string where = "fit " + std::string(name_of(precision));
  if (cases.empty()) throw Error(where, "found no configurations, expected at least one");
  std::vector<const FitCase*> all;
  for (const FitCase& one : cases) {
    if (!(one.measured_s > 0) || !std::isfinite(one.measured_s)) {
      throw Error(where,
                  fmt::format("found a time of {} s, expected a number > 0", one.measured_s));
    }
    all.push_back(&one);
  }
  const size_t levels = rates.levels.size();
  const Vector prior = vector_of(before);
  const Identified fitted = fit_identified(all, prior, levels, options);

  RooflineFit result;
  result.precision = name_of(precision);
  result.threads = rates.threads;
  result.coefficients = {
      coefficient_of(fitted, efficiency, "efficiency_factor", "", before.efficiency_factor),
      coefficient_of(fitted, launch, "launch_s", "", before.launch_s),
      coefficient_of(fitted, view, "view_s", "", before.view_s),
      coefficient_of(fitted, tail, "tail_rows", "", before.tail_rows),
  };
  for (size_t i = 0; i < levels; ++i) {
    result.coefficients.push_back(coefficient_of(fitted, first_level + static_cast<int>(i),
                                                 "memory_bottleneck_factor", rates.levels[i].name,
                                                 before.memory_bottleneck_factor[i]));
  }
  std::set<std::string> groups;
  for (const FitCase& one : cases) groups.insert(one.group);
  result.configurations = static_cast<int>(cases.size());
  result.groups = static_cast<int>(groups.size());
  result.fit_mape = mape(all, terms_of(fitted.x.data()));
  result.assumed_mape = mape(all, before);
  const int folds = std::min<int>(options.folds, result.groups);
  if (folds >= 2) {
    const HeldOut held_out = cross_validate(cases, prior, levels, folds, options);
    result.held_out_mape = held_out.mape;
    if (cases.size() >= 10) result.interval_ratio = held_out.interval_ratio;
  }
  return result;
}

}  // namespace opgauge
