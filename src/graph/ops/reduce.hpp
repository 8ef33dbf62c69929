// SPDX-License-Identifier: Apache-2.0
// What reductions share: which dimensions go, and the shape that is left. Results of reductions are
// contiguous.
#pragma once

#include "graph/op_table.hpp"

namespace opgauge {

// Which dimensions the arguments `dim` and `keepdim` (where the schema has them) take away; no
// `dim`, None and an empty list mean all of them.
struct Reduction {
  std::vector<bool> reduced;
  Dims sizes;       // of the result
  Dims kept_sizes;  // of the result with keepdim
};
Reduction reduction_of(const Call& call, const TensorType& x);
// Into how many runs of memory the reduced dimensions fall when they are iterated together (sizes
// of 1 aside).
int reduced_runs(const TensorType& x, const std::vector<bool>& reduced);
// The dtype that sums have: the argument `dtype`, else i64 for whole numbers and bool, else the
// tensor's own.
Dtype sum_dtype(const Call& call, const TensorType& x);
// A temporary of the whole operand in another dtype, 0 if it has that dtype.
int64_t cast_bytes(const TensorType& x, Dtype dtype);
// Bytes read and written: `x` once, through a temporary where it is cast first.
Work reduction_bytes(const TensorType& x, Dtype computed, int64_t output_bytes);

}  // namespace opgauge
