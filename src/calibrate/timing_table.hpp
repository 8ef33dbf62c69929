// SPDX-License-Identifier: Apache-2.0
// Timings of single ops that were measured elsewhere, as a CSV with columns of its own:
//
//   m=M,n=N,k=K,dtype=dtype,latency_s=latency_ms*1e-3        matrix products, one a row
//   case=call,latency_s=us*1e-6                              any op, as case texts ("aten::relu(f32[8,1024])")
//
// Left sides: m, n, k, batch (or products), dtype, op (linear, mm or bmm; linear if not given), case, latency_s in
// seconds. Right sides: a column, or arithmetic over columns (calibrate/table_formula.hpp); for dtype and op a column or a
// word.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "graph/graph.hpp"

namespace opgauge {

// Products of a table. linear: [batch x m, k] times weights [n, k]; mm: two activations; bmm: `batch` independent products.
enum class TimedProduct : uint8_t { linear, mm, bmm };
template <>
inline constexpr auto enum_names<TimedProduct> =
    std::to_array<EnumName<TimedProduct>>({{TimedProduct::linear, "linear"}, {TimedProduct::mm, "mm"}, {TimedProduct::bmm, "bmm"}});

struct TimedOp {
  int64_t m = 1, n = 1, k = 1, batch = 1;
  TimedProduct product = TimedProduct::linear;
  Dtype dtype = Dtype::f32;
  std::string text;  // case text, or "" for a product
  double latency_s = 0;
  size_t line = 0;   // of the file

  Graph graph() const;  // of that one call; throws Error if the op table refuses it
};

struct TimingTable {
  std::string where;
  std::vector<TimedOp> rows;
};

// Streams the file. Throws Error with file:line: a column that is missing, a cell that is empty, no number, not finite, a
// size that is no whole number >= 1, a time that is not > 0, an unknown dtype or op, a truncated row; and on a `map` that
// lacks latency_s, or both a case and all of m, n, k.
TimingTable read_timing_table(const std::filesystem::path& path, std::string_view map);

}  // namespace opgauge
