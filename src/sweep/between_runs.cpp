// SPDX-License-Identifier: Apache-2.0
#include "sweep/between_runs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>

#include "base/statistics.hpp"
#include "measure/protocol_statistics.hpp"

namespace opgauge {
namespace {

// Below so many independent scores no 95 % quantile can be read off them.
constexpr size_t enough_scores = 20;
constexpr size_t least_half = 4;  // visits of half a run

using CompleteTable = std::vector<std::vector<RunReading>>;  // by run, then by row

CompleteTable complete(const RunTable& runs) {
  CompleteTable table(runs.size());
  for (size_t r = 0; !runs.empty() && r < runs.front().size(); ++r) {
    if (std::any_of(runs.begin(), runs.end(), [&](const auto& run) { return !run[r]; })) continue;
    for (size_t p = 0; p < runs.size(); ++p) table[p].push_back(*runs[p][r]);
  }
  return table;
}

// Scale of the rows that `belongs` chooses by their half-width in the run that is looked from.
template <class Belongs>
std::optional<RepeatScale> scale_of(const CompleteTable& table, bool few, Belongs&& belongs) {
  std::vector<double> widths;
  for (const auto& run : table) {
    for (const RunReading& one : run) {
      if (belongs(one.within)) widths.push_back(one.within);
    }
  }
  if (widths.empty()) return std::nullopt;
  // Each row of a run is looked at from the other runs: that many are independent at most.
  const size_t independent = widths.size() * (table.size() - 1) / table.size();
  if (independent < enough_scores && !few) return std::nullopt;
  RepeatScale scale;
  scale.floor = std::max(1e-6, median(widths));
  std::vector<double> scores;
  for (size_t a = 0; a < table.size(); ++a) {
    for (size_t r = 0; r < table[a].size(); ++r) {
      if (!belongs(table[a][r].within)) continue;
      const double unit = std::hypot(table[a][r].within, scale.floor);
      for (size_t b = 0; b < table.size(); ++b) {
        if (b != a)
          scores.push_back(std::abs(std::log(table[b][r].quiet_s / table[a][r].quiet_s)) / unit);
      }
    }
  }
  if (independent >= enough_scores) {
    const double n = static_cast<double>(independent);
    scale.factor = quantile(scores, std::min(1.0, 0.95 * (n + 1) / n));
  } else {
    double squares = 0;
    for (const double score : scores) squares += score * score;
    const double degrees = std::max(1.0, static_cast<double>(independent));
    scale.factor = boost::math::quantile(boost::math::students_t(degrees), 0.975) *
                   std::sqrt(squares / static_cast<double>(scores.size()));
  }
  return scale;
}

// Standard deviations of one run's values: shared by its rows, and each row's own (two-way analysis
// of variance of the logarithms).
void add_components(const CompleteTable& table, BetweenRuns& found) {
  const size_t runs = table.size(), rows = table.front().size();
  std::vector<double> run(runs), row(rows);
  double all = 0;
  for (size_t p = 0; p < runs; ++p) {
    for (size_t r = 0; r < rows; ++r) {
      const double value = std::log(table[p][r].quiet_s);
      run[p] += value / static_cast<double>(rows);
      row[r] += value / static_cast<double>(runs);
      all += value / static_cast<double>(rows * runs);
    }
  }
  const double degrees = static_cast<double>(runs - 1);
  double run_square = 0, rest_square = 0;
  for (size_t p = 0; p < runs; ++p) {
    run_square += static_cast<double>(rows) * (run[p] - all) * (run[p] - all) / degrees;
    for (size_t r = 0; r < rows && rows > 1; ++r) {
      const double rest = std::log(table[p][r].quiet_s) - run[p] - row[r] + all;
      rest_square += rest * rest / (degrees * static_cast<double>(rows - 1));
    }
  }
  found.run_sd = std::sqrt(std::max(0.0, run_square - rest_square) / static_cast<double>(rows));
  found.rest_sd = std::sqrt(rest_square);
}

BetweenRuns scales_of(const CompleteTable& table, double target) {
  BetweenRuns found;
  found.target = target;
  found.processes = static_cast<int>(table.size());
  found.rows = table.empty() ? 0 : static_cast<int>(table.front().size());
  if (found.processes < 2 || found.rows == 0) return found;
  const auto any = scale_of(table, true, [](double) { return true; });
  const auto settled = scale_of(table, false, [&](double within) { return within <= target; });
  const auto unsettled = scale_of(table, false, [&](double within) { return within > target; });
  found.settled = settled ? settled : any;
  found.unsettled = unsettled ? unsettled : any;
  add_components(table, found);
  return found;
}

}  // namespace

double RepeatScale::half_width(double within) const {
  return std::max(within, factor * std::hypot(within, floor));
}

std::optional<double> BetweenRuns::half_width(double within) const {
  const std::optional<RepeatScale>& scale = within <= target ? settled : unsettled;
  return scale ? std::optional(scale->half_width(within)) : std::nullopt;
}

std::optional<RunReading> reading_of(std::span<const Visit> visits) {
  const auto summary = summarize(visits);
  if (!summary || summary->rounds < 2 || !(summary->quiet.value > 0)) return std::nullopt;
  return RunReading{summary->quiet.value, summary->unsettled_by};
}

BetweenRuns between_runs(const RunTable& runs, double target) {
  BetweenRuns found = scales_of(complete(runs), target);
  found.source = found.settled
                     ? fmt::format("{} processes measured {} rows: {:.2g} % shared by a run, "
                                   "{:.2g} % each row's own (standard deviations)",
                                   found.processes, found.rows, 100 * found.run_sd,
                                   100 * found.rest_sd)
                     : "no row was measured by two processes";
  return found;
}

BetweenRuns between_halves(std::span<const RowState> rows, double target,
                           const std::string& why_no_process) {
  RunTable halves(2);
  for (const RowState& row : rows) {
    const std::span<const Visit> visits(row.visits);
    const size_t half = visits.size() / 2;
    if (half < least_half) continue;
    halves[0].push_back(reading_of(visits.first(half)));
    halves[1].push_back(reading_of(visits.subspan(half)));
  }
  BetweenRuns found = scales_of(complete(halves), target);
  found.processes = 1;
  found.source =
      why_no_process +
      (found.settled ? fmt::format(": only the difference between the halves of this run ({:.2g} % "
                                   "shared, {:.2g} % each row's own), none between processes",
                                   100 * found.run_sd, 100 * found.rest_sd)
                     : std::string(", and too few rounds to see the drift within this run"));
  return found;
}

}  // namespace opgauge
