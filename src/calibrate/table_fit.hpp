// SPDX-License-Identifier: Apache-2.0
// Fitting the cost classes to a table of timings: few rows are chosen to learn from, spread over the shapes of each class;
// the others are predicted and scored.
#pragma once

#include <string>
#include <vector>

#include "base/statistics.hpp"
#include "calibrate/op_fit.hpp"
#include "calibrate/timing_table.hpp"

namespace opgauge {

struct TableFitOptions {
  CostConditions conditions;
  size_t train = 400;        // rows to learn from
  size_t least_a_class = 25; // of them for each class, as far as it has so many
  uint64_t seed = 1;
};

struct TableClass {
  std::string key;
  size_t rows = 0, trained = 0;
  ErrorSummary rest;           // of the rows that were not learnt from; count 0 if there are none
  ErrorSummary rest_physical;  // the same without the residual
};

struct TableFit {
  OpFitResult fit;
  std::vector<size_t> training;  // rows that were learnt from, ascending
  std::vector<double> predicted_s;  // one a row
  std::vector<TableClass> classes;  // largest first
  ErrorSummary rest;
};

// Throws Error: a row that the op table refuses (with file:line), fewer than two rows. Same table and options, same result.
TableFit fit_table(const TimingTable& table, const TableFitOptions& options);

}  // namespace opgauge
