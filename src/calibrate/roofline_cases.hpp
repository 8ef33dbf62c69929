// SPDX-License-Identifier: Apache-2.0
// From measured rows to a calibration of the roofline: each row's graph is built and mapped onto
// the machine, rows of one precision and thread count are fitted together.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "calibrate/results.hpp"
#include "calibrate/roofline_fit.hpp"
#include "graph/graph.hpp"
#include "machine/calibration.hpp"
#include "machine/machine.hpp"

namespace opgauge {

// What was measured: in the row's batch, precision and layout. Throws Error where the row does not say which graph it is of.
Graph graph_of(const ResultRow& row);

// Rows that are fitted together.
struct FitGroup {
  Precision precision = Precision::fp32;
  int threads = 1;
  std::vector<const ResultRow*> rows;
  std::vector<FitCase> cases;  // one per row
};
struct FitGroups {
  std::vector<FitGroup> groups;
  // Rows that cannot take part, by reason: "no latency was measured", "the graph cannot be built:
  // …".
  std::map<std::string, std::vector<int>> left_out;
};
FitGroups make_fit_groups(std::span<const ResultRow> rows, const Machine& machine);

// Fits every group. `before`: coefficients to start from and to compare with (nullptr: the assumed
// ones). Throws Error if no row can take part.
Calibration calibrate_roofline(std::span<const ResultRow> rows, const Machine& machine,
                               const Calibration* before);

// A row's estimate under a calibration (nullptr: assumed coefficients); nullopt and the reason if
// there is none.
std::optional<Estimate> estimate_row(const ResultRow& row, const Machine& machine,
                                     const Calibration* calibration, std::string& why_not);

// Splits by architecture into two halves of about equal size: every second one in an order shuffled
// by `seed`, so that neither half has all the large ones.
struct Halves {
  std::vector<ResultRow> first, second;
};
Halves split_architectures(std::span<const ResultRow> rows, uint64_t seed = 1);

}  // namespace opgauge
