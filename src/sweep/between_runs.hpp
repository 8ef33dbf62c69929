// SPDX-License-Identifier: Apache-2.0
// How far one run's quiet latencies lie from another's: what the rounds of a single run cannot
// show. Memory lies elsewhere in every process, the machine drifts for longer than a run lasts, and the
// least time of a few visits lies above that of many.
//
// Fresh processes measured rows again. For every row and ordered pair of runs a, b, with what their
// own rounds leave open (w, `unsettled_by`),
//
//   score = |log(quiet_b / quiet_a)| / u(w_a)        u(w) = sqrt(w^2 + floor^2)
//   half  = Q u(w)                                   the interval of a row of this run
//
// Q is the 95 % quantile of the scores (split-conformal: no distribution is assumed, which matters
// as neighbours make heavy tails). Rows whose rounds agree within the target and the others are two
// groups with Q and floor (their median w) of their own: the others differ by far more.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "measure/protocol_rounds.hpp"

namespace opgauge {

// Half-width of another run's value as a function of what the rounds say.
struct RepeatScale {
  double factor = 0;  // Q
  double floor = 0;   // as a fraction
  double half_width(double within) const;  // never less than `within`
};

struct BetweenRuns {
  std::optional<RepeatScale> settled;  // rows within the target; nullopt: unknown, see `source`
  std::optional<RepeatScale> unsettled;
  double target = 0;
  double run_sd = 0;   // of the part that all rows of a run share, as a fraction
  double rest_sd = 0;  // of what each row has for itself
  int processes = 0;
  int rows = 0;
  std::string source;  // in words, for the row

  std::optional<double> half_width(double within) const;
};

// One row as one run measured it.
struct RunReading {
  double quiet_s = 0;
  double within = 0;  // what its own rounds leave open (unsettled_by), as a fraction
};
std::optional<RunReading> reading_of(std::span<const Visit> visits);

// By run, then by row; rows that a run lacks are left out for all. `target`: of the half-width by
// rounds.
using RunTable = std::vector<std::vector<std::optional<RunReading>>>;
BetweenRuns between_runs(const RunTable& runs, double target);

// Without another process the two halves of this run stand for runs: that holds its drift, but no
// difference between processes.
BetweenRuns between_halves(std::span<const RowState> rows, double target,
                           const std::string& why_no_process);

}  // namespace opgauge
