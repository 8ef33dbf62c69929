// SPDX-License-Identifier: Apache-2.0
#include "measure/protocol_statistics.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>

#include "base/error.hpp"
#include "base/statistics.hpp"

namespace opgauge {
namespace {

constexpr size_t max_groups = 8;

std::vector<const Visit*> with_samples(std::span<const Visit> visits) {
  std::vector<const Visit*> good;
  for (const Visit& visit : visits) {
    if (visit.pairs > 0) good.push_back(&visit);
  }
  return good;
}

// Least time of each node over visits, visits [begin, end) left out.
std::vector<double> least_times(std::span<const Visit* const> visits, size_t begin, size_t end) {
  std::vector<double> least;
  for (size_t i = 0; i < visits.size(); ++i) {
    if (i >= begin && i < end) continue;
    const std::vector<double>& node_s = visits[i]->node_s;
    if (least.empty()) {
      least = node_s;
    } else {
      OPGAUGE_CHECK(least.size() == node_s.size(), "every visit of a row has the same nodes");
      for (size_t n = 0; n < least.size(); ++n) least[n] = std::min(least[n], node_s[n]);
    }
  }
  return least;
}

double sum(std::span<const double> values) {
  double total = 0;
  for (const double v : values) total += v;
  return total;
}

// Half the width of the 95 % interval of a sum of minima.
double jackknife_half_width(std::span<const Visit* const> visits) {
  const size_t groups = std::min(max_groups, visits.size());
  std::vector<double> without;
  for (size_t g = 0; g < groups; ++g) {
    without.push_back(
        sum(least_times(visits, g * visits.size() / groups, (g + 1) * visits.size() / groups)));
  }
  const double center = mean(without);
  double squares = 0;
  for (const double v : without) squares += (v - center) * (v - center);
  const double k = static_cast<double>(groups);
  const double standard_error = std::sqrt((k - 1) / k * squares);
  return boost::math::quantile(boost::math::students_t(k - 1), 0.975) * standard_error;
}

// Sum over nodes of the third-least time, over that of the least, minus 1.
double distance_to_third(std::span<const Visit* const> visits, double least_s) {
  const size_t third = std::min<size_t>(3, visits.size()) - 1;
  double total_s = 0;
  std::vector<double> times(visits.size());
  for (size_t n = 0; n < visits.front()->node_s.size(); ++n) {
    for (size_t i = 0; i < visits.size(); ++i) times[i] = visits[i]->node_s[n];
    std::nth_element(times.begin(), times.begin() + static_cast<std::ptrdiff_t>(third),
                     times.end());
    total_s += times[third];
  }
  return total_s / least_s - 1;
}

// From the first visit to the last; a process that goes on with what another began counts its time from its own first visit.
double span_s(std::span<const Visit> visits) {
  double total_s = 0;
  for (size_t i = 1; i < visits.size(); ++i) total_s += std::max(0.0, visits[i].at_s - visits[i - 1].at_s);
  return total_s;
}

std::string percent(double fraction) { return fmt::format("{:.2g} %", 100 * fraction); }

}  // namespace

double unsettled_by(std::span<const Visit* const> visits) {
  const Interval quiet = quiet_interval(visits);
  return std::max(quiet.half_width(), distance_to_third(visits, quiet.value));
}

Interval quiet_interval(std::span<const Visit* const> visits) {
  Interval quiet;
  quiet.value = sum(least_times(visits, 0, 0));
  const double half = visits.size() < 2 ? quiet.value : jackknife_half_width(visits);
  quiet.low = std::max(0.0, quiet.value - half);
  quiet.high = quiet.value + half;
  return quiet;
}

Interval median_interval(std::span<const double> values) {
  OPGAUGE_CHECK(!values.empty(), "median interval of nothing");
  std::vector<double> sorted(values.begin(), values.end());
  std::sort(sorted.begin(), sorted.end());
  const size_t n = sorted.size();
  const double center = median(sorted);
  if (n < 6) {
    return {center, std::min(sorted.front(), center * 0.5), std::max(sorted.back(), center * 1.5)};
  }
  // Largest k with P(Binomial(n, 1/2) < k) <= 2.5 %; the interval is [x(k), x(n + 1 - k)], counted
  // from 1.
  double below = 0, term = std::pow(0.5, static_cast<double>(n));
  size_t k = 0;
  while (below + term <= 0.025) {
    below += term;
    term *= static_cast<double>(n - k) / static_cast<double>(k + 1);
    ++k;
  }
  k = std::max<size_t>(k, 1);
  return {center, sorted[k - 1], sorted[n - k]};
}

std::optional<Summary> summarize(std::span<const Visit> visits) {
  const std::vector<const Visit*> good = with_samples(visits);
  if (good.empty()) return std::nullopt;
  Summary summary;
  summary.rounds = static_cast<int>(good.size());
  std::vector<double> runs;
  for (const Visit* visit : good) {
    summary.samples += 2 * visit->pairs;
    runs.push_back(visit->run_s);
  }
  summary.quiet = quiet_interval(good);
  summary.unsettled_by = unsettled_by(good);
  summary.quiet_node_s = least_times(good, 0, 0);
  summary.typical = median_interval(runs);
  summary.contention = summary.quiet.value > 0 ? summary.typical.value / summary.quiet.value : 1;
  return summary;
}

std::optional<Outcome> decide(std::span<const Visit> visits, const ProtocolSettings& settings) {
  double spent_s = 0;
  for (const Visit& visit : visits) spent_s += visit.elapsed_s;
  const bool out_of_time = spent_s >= settings.row_budget_s;
  const std::vector<const Visit*> good = with_samples(visits);
  const int rounds = static_cast<int>(visits.size());
  if (good.empty()) {
    if (rounds < 3 && !out_of_time) return std::nullopt;
    return Outcome{
        Verdict::failed, Stop::not_run,
        fmt::format("no run of {} visits gave a usable time (zero, negative or not a number)",
                    rounds)};
  }
  if (rounds >= settings.min_rounds) {
    const double now = unsettled_by(good);
    const bool spread = span_s(visits) >= settings.least_span_s;
    if (spread && now <= settings.target_half_width) return close_at(Stop::half_width, visits, settings);
    if (rounds >= settings.max_rounds) return close_at(Stop::rounds, visits, settings);
    const size_t half = good.size() / 2;
    if (spread && rounds >= 2 * settings.min_rounds && half >= 2) {
      const double before = unsettled_by(std::span(good).first(half));
      if (now > 0.95 * before) return close_at(Stop::plateau, visits, settings);
    }
  }
  if (out_of_time) return close_at(Stop::row_budget, visits, settings);
  return std::nullopt;
}

Outcome close_at(Stop stop, std::span<const Visit> visits, const ProtocolSettings& settings) {
  const std::vector<const Visit*> good = with_samples(visits);
  if (good.empty()) return {Verdict::budget, stop, "the time budget ended before its first visit"};
  const int rounds = static_cast<int>(good.size());
  const double half_width = unsettled_by(good);
  const std::string found =
      fmt::format("half-width {} after {} rounds", percent(half_width), rounds);
  const std::string target = percent(settings.target_half_width);
  if (rounds >= std::min(6, settings.min_rounds) && half_width <= settings.target_half_width) {
    return {Verdict::valid, stop, fmt::format("{}, target {}", found, target)};
  }
  switch (stop) {
    case Stop::plateau:
      return {Verdict::noisy, stop,
              fmt::format("{} and no longer falling, target {}", found, target)};
    case Stop::rounds:
      return {Verdict::noisy, stop,
              fmt::format("{}, target {} not reached in {} rounds", found, target,
                          settings.max_rounds)};
    case Stop::row_budget:
      return {Verdict::budget, stop,
              fmt::format("{}, target {} not reached in {:g} s of measuring", found, target,
                          settings.row_budget_s)};
    default:
      return {Verdict::budget, stop,
              fmt::format("{}, target {} not reached in the time budget", found, target)};
  }
}

}  // namespace opgauge
