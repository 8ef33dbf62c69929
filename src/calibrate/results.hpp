// SPDX-License-Identifier: Apache-2.0
// Results of a sweep as analysis reads them: this program's own CSV, or one that another tool wrote
// with the same first columns (model, input_dim, hidden_dims, output_dim, batch_size, device,
// precision, empirical_time_ms, …).
//
// Only `empirical_time_ms` (or `empirical_quiet_ms`) must be there. Columns that are missing are
// named in `missing`, and what needs them is left out; nothing is made up. A cell that is empty is
// a value that was not measured; a cell that is not a number, or a time that is not > 0, is an
// Error with its row.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/csv.hpp"
#include "estimate/estimate.hpp"

namespace opgauge {

struct ResultRow {
  int row = 0;        // 1 is the first below the header: what reports cite
  std::string model;  // "mlp_2layer"
  std::string graph;  // what load_model takes: "mlp:1024-512-512-64"; "" if it cannot be told
  std::string
      architecture;  // all but batch, precision, device and threads: what is held out together
  int64_t batch_size = 1;
  std::string device = "cpu";
  std::string precision = "fp32";
  bool channels_last = false;
  int threads = 1;
  std::optional<double> typical_s, quiet_s;
  std::optional<double> half_width;  // of the quiet latency's 95 % interval, as a fraction
  std::optional<double> memory_bytes, flops;
  std::optional<double> analytical_s, analytical_low_s, analytical_high_s;
  std::optional<double> analytical_memory_bytes, analytical_flops;
  std::optional<double> working_set_bytes, arithmetic_intensity, energy_j;
  std::string scenario, verdict, reason, coefficients;
  std::optional<Bottleneck> bottleneck;

  // Quiet latency, else typical; nullopt if neither was measured.
  std::optional<double> latency_s() const { return quiet_s ? quiet_s : typical_s; }
  // What tells the row from others of the same sweep.
  std::string key() const;
};

struct Results {
  std::string where;  // file
  std::vector<ResultRow> rows;
  std::vector<std::string> missing;  // columns that it lacks
  bool has(std::string_view column) const;
};

// Throws Error: no header, no rows, a malformed row or cell, no time column.
Results parse_results(std::string_view where, std::string_view csv);
Results read_results(
    const std::filesystem::path& path);  // a CSV, or a run folder with exactly one *_sweep_*.csv

// Takes the analytical_* columns, bottleneck and scenario of the rows of `analytical` with the same
// key. Throws Error if no row of it has a partner. Returns how many rows of `to` got none.
size_t join_analytical(Results& to, const Results& analytical);

// Reads a CSV that has estimates only.
Results read_analytical(const std::filesystem::path& path);

}  // namespace opgauge
