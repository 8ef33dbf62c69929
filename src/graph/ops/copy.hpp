// SPDX-License-Identifier: Apache-2.0
// Rules that several copying ops share.
#pragma once

#include "graph/op_table.hpp"

namespace opgauge {

// What a copy from `from` to a tensor of the same sizes allocates: a large transposed matrix goes
// through one block of 60 x 60 elements, 120 x 120 for bytes (copy_transpose_valid,
// _copy_same_type_transpose_).
int64_t copy_scratch(const TensorType& to, const TensorType& from);

// A copy of `self` to the output, or nothing where the output is a view of it.
Work work_copy(const Call& call);
int64_t scratch_copy(const Call& call);

// The result of aten::cat.
TensorType concatenated(const Call& call, const std::vector<TensorType>& parts, int64_t dim);

}  // namespace opgauge
