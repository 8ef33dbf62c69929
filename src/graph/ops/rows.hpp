// SPDX-License-Identifier: Apache-2.0
// The lists of rows that make up the op table: one function per file in this folder, joined here.
#pragma once

#include <array>
#include <span>

#include "graph/op_table.hpp"

namespace opgauge {

std::span<const OpRow> matmul_rows();
std::span<const OpRow> pointwise_rows();

inline auto all_op_rows() {
  return std::to_array<std::span<const OpRow>>({
      matmul_rows(),
      pointwise_rows(),
  });
}

}  // namespace opgauge
