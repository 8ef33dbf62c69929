// SPDX-License-Identifier: Apache-2.0
#include "calibrate/residual.hpp"

#include <Eigen/Cholesky>
#include <algorithm>
#include <cmath>
#include <map>

#include "base/parallel.hpp"
#include "base/statistics.hpp"
#include "calibrate/residual_evidence.hpp"
#include "calibrate/space_filling.hpp"
#include "estimate/op_residual.hpp"

namespace opgauge {
namespace {

constexpr double most_limits = 2;        // a case further off was disturbed
constexpr double trusted_deviations = 2.5;
constexpr int reweightings = 2;
constexpr double steps_an_octave = 512;  // coordinates are kept so finely

struct ClassCases {
  std::vector<const ResidualCoordinate*> coordinates;
  std::vector<double> places;  // row after row
  Eigen::VectorXd errors, weights;
  size_t width() const { return coordinates.size(); }
  size_t count() const { return static_cast<size_t>(errors.size()); }
  std::span<const double> place(size_t i) const { return std::span(places).subspan(i * width(), width()); }
};

std::map<std::string, std::vector<const ResidualCase*>> by_class(std::span<const ResidualCase> cases) {
  std::map<std::string, std::vector<const ResidualCase*>> classes;
  for (const ResidualCase& one : cases) classes[one.key].push_back(&one);
  return classes;
}

ClassCases gather(std::span<const ResidualCase* const> members, std::vector<const ResidualCoordinate*> coordinates, double limit) {
  ClassCases out;
  out.coordinates = std::move(coordinates);
  out.errors.resize(static_cast<Eigen::Index>(members.size()));
  out.weights.resize(out.errors.size());
  for (size_t i = 0; i < members.size(); ++i) {
    for (const double value : residual_place(out.coordinates, *members[i]->facts)) {
      out.places.push_back(std::round(value * steps_an_octave) / steps_an_octave);
    }
    out.errors[static_cast<Eigen::Index>(i)] = std::clamp(members[i]->log_error, -most_limits * limit, most_limits * limit);
    out.weights[static_cast<Eigen::Index>(i)] = members[i]->weight;
  }
  return out;
}

// Coordinates in which the members differ.
std::vector<const ResidualCoordinate*> varying(std::span<const ResidualCase* const> members) {
  std::vector<const ResidualCoordinate*> chosen;
  for (const ResidualCoordinate* one : residual_coordinates(members[0]->facts->family)) {
    const double first = one->value(*members[0]->facts);
    if (std::ranges::any_of(members, [&](const ResidualCase* c) { return std::abs(one->value(*c->facts) - first) > 0.01; })) {
      chosen.push_back(one);
    }
  }
  return chosen;
}

std::vector<size_t> spread_by_length(const ClassCases& cases, std::span<const double> lengths, size_t count, uint64_t seed) {
  std::vector<double> scaled = cases.places;
  for (size_t i = 0; i < scaled.size(); ++i) scaled[i] /= lengths[i % lengths.size()];
  return spread_out(scaled, lengths.size(), count, seed);
}

// The weights of `residual`, whose lengths, signal and noise are set: all cases projected onto a spread of them (the
// projected process of Rasmussen & Williams, 8.3.4; exact where every case is a point). Cases that stay far off count less.
void solve(const ClassCases& cases, const ResidualOptions& options, ClassResidual& residual) {
  const std::vector<size_t> points = spread_by_length(cases, residual.lengths, options.most_points, options.seed);
  const Eigen::Index m = static_cast<Eigen::Index>(points.size()), n = cases.errors.size();
  Eigen::MatrixXd of_cases(n, m), of_points(m, m);
  const double signal = residual.signal_sd * residual.signal_sd, noise = residual.noise_sd * residual.noise_sd;
  residual.points.clear();
  for (Eigen::Index j = 0; j < m; ++j) {
    const auto point = cases.place(points[static_cast<size_t>(j)]);
    residual.points.insert(residual.points.end(), point.begin(), point.end());
    for (Eigen::Index i = 0; i < n; ++i) {
      of_cases(i, j) = signal * residual_kernel(cases.place(static_cast<size_t>(i)), point, residual.lengths);
    }
  }
  for (Eigen::Index j = 0; j < m; ++j) of_points.row(j) = of_cases.row(static_cast<Eigen::Index>(points[static_cast<size_t>(j)]));
  of_points.diagonal().array() += 1e-6 * signal;
  Eigen::VectorXd precision = cases.weights / noise, solution;
  for (int pass = 0; pass < reweightings; ++pass) {
    const Eigen::MatrixXd weighted = precision.asDiagonal() * of_cases;
    solution = (of_points + of_cases.transpose() * weighted).ldlt().solve(weighted.transpose() * cases.errors);
    if (pass + 1 == reweightings) break;
    const Eigen::VectorXd left = (cases.errors - of_cases * solution).cwiseProduct(cases.weights.cwiseSqrt());
    std::vector<double> sizes(static_cast<size_t>(n));
    for (Eigen::Index i = 0; i < n; ++i) sizes[static_cast<size_t>(i)] = std::abs(left[i]);
    const double trusted = trusted_deviations * std::max(1.4826 * median(sizes), residual.noise_sd);
    for (Eigen::Index i = 0; i < n; ++i) precision[i] *= std::min(1.0, trusted / std::max(1e-12, std::abs(left[i])));
  }
  residual.weights.resize(static_cast<size_t>(m));
  for (Eigen::Index j = 0; j < m; ++j) residual.weights[static_cast<size_t>(j)] = options.believed * signal * solution[j];
  residual.cases = static_cast<int>(n);
}

}  // namespace

std::vector<ClassResidual> fit_residuals(std::span<const ResidualCase> cases, const ResidualOptions& options) {
  std::vector<std::vector<const ResidualCase*>> classes;
  for (auto& [key, members] : by_class(cases)) {
    if (members.size() >= options.least_cases) classes.push_back(members);
  }
  std::vector<ClassResidual> residuals(classes.size());
  parallel_for(classes.size(), [&](size_t c) {
    const ClassCases of_class = gather(classes[c], varying(classes[c]), options.limit);
    if (of_class.width() == 0) return;
    ClassResidual& residual = residuals[c];
    residual.key = classes[c][0]->key;
    const std::vector<double> unit(of_class.width(), 1.0);
    ResidualEvidence evidence;
    // Spread out, so that far calls are among them; every second one at random, so that near ones are.
    std::vector<size_t> shown = spread_by_length(of_class, unit, options.evidence_points / 2, options.seed);
    std::vector<bool> taken(of_class.count());
    for (const size_t i : shown) taken[i] = true;
    std::vector<size_t> rest;
    for (size_t i = 0; i < taken.size(); ++i) {
      if (!taken[i]) rest.push_back(i);
    }
    const size_t more = std::min(rest.size(), options.evidence_points - std::min(options.evidence_points, shown.size()));
    for (size_t i = 0; i < more; ++i) shown.push_back(rest[i * rest.size() / more]);
    std::ranges::sort(shown);
    evidence.width = of_class.width();
    evidence.errors.resize(static_cast<Eigen::Index>(shown.size()));
    evidence.weights.resize(evidence.errors.size());
    for (size_t i = 0; i < shown.size(); ++i) {
      const auto place = of_class.place(shown[i]);
      evidence.places.insert(evidence.places.end(), place.begin(), place.end());
      evidence.errors[static_cast<Eigen::Index>(i)] = of_class.errors[static_cast<Eigen::Index>(shown[i])];
      evidence.weights[static_cast<Eigen::Index>(i)] = of_class.weights[static_cast<Eigen::Index>(shown[i])];
    }
    for (const ResidualCoordinate* one : of_class.coordinates) {
      residual.coordinates.emplace_back(one->name);
      evidence.unbounded.push_back(one->unbounded);
    }
    const ResidualShape shape = most_likely_shape(evidence);
    residual.lengths = shape.lengths;
    residual.signal_sd = shape.signal_sd;
    residual.noise_sd = shape.noise_sd;
    residual.limit = options.limit;
    solve(of_class, options, residual);
  });
  std::erase_if(residuals, [](const ClassResidual& one) { return one.weights.empty(); });
  return residuals;
}

std::vector<ClassResidual> solve_residuals(std::span<const ClassResidual> like, std::span<const ResidualCase> cases,
                                           const ResidualOptions& options) {
  const auto classes = by_class(cases);
  std::vector<ClassResidual> residuals(like.begin(), like.end());
  parallel_for(residuals.size(), [&](size_t r) {
    ClassResidual& residual = residuals[r];
    residual.weights.clear();
    const auto members = classes.find(residual.key);
    if (members == classes.end()) return;
    std::vector<const ResidualCoordinate*> coordinates;
    for (const std::string& name : residual.coordinates) coordinates.push_back(find_residual_coordinate(name));
    solve(gather(members->second, std::move(coordinates), options.limit), options, residual);
  });
  std::erase_if(residuals, [](const ClassResidual& one) { return one.weights.empty(); });
  return residuals;
}

void keep_gaining(std::vector<ClassResidual>& residuals, std::span<const ResidualTrial> trials, const ResidualOptions& options) {
  std::map<std::string, std::vector<const ResidualTrial*>> classes;
  for (const ResidualTrial& one : trials) classes[one.key].push_back(&one);
  std::erase_if(residuals, [&](ClassResidual& residual) {
    double all = 0, before = 0, after = 0;
    const auto of_class = classes.find(residual.key);
    if (of_class == classes.end()) return true;
    for (const ResidualTrial* one : of_class->second) {
      all += one->weight;
      before += one->weight * std::abs(one->before);
      after += one->weight * std::abs(one->after);
    }
    if (!(all > 0) || !(before > 0)) return true;
    residual.error_before = before / all;
    residual.error_after = after / all;
    const double gain = residual.error_before - residual.error_after;
    std::map<size_t, double> of_group;  // what a group deviates from the mean gain
    for (const ResidualTrial* one : of_class->second) {
      of_group[one->group] += one->weight * (std::abs(one->before) - std::abs(one->after) - gain);
    }
    double variance = 0;
    for (const auto& [group, sum] : of_group) variance += sum * sum;
    const double groups = static_cast<double>(of_group.size());
    if (groups < 5) return true;
    const double standard_error = std::sqrt(variance * groups / (groups - 1)) / all;
    return gain < options.least_gain * residual.error_before || gain <= options.least_deviations * standard_error;
  });
}

}  // namespace opgauge
