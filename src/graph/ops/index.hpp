// SPDX-License-Identifier: Apache-2.0
// Advanced indexing, x[i, :, j]: the indices broadcast to one shape, which replaces the indexed
// dimensions in place where these stand together, and comes first where they do not. The result's
// strides are the iterator's.
#pragma once

#include "graph/op_table.hpp"

namespace opgauge {

// Throws unless the indices are whole numbers that name places (i64 or i32).
void check_index(const Call& call, const TensorType& index);

// An f32 copy of a tensor in half precision, 0 for others: gathering and scattering go through one.
int64_t f32_copy_bytes(const TensorType& x);

struct Indexed {
  TensorType result;
  int64_t index_bytes = 0;      // read from the indices
  int64_t converted_bytes = 0;  // i64 copies of i32 indices
};
// For `self` and `indices` of the call. Masks are an Error: the size of the result depends on their
// values.
Indexed indexed(const Call& call);

struct Put {
  int64_t elements = 0;  // how many places are written
  int64_t index_bytes = 0;
  int64_t converted_bytes = 0;
};
// For aten::index_put. A mask with one value is written like masked_fill, all of its places count;
// a mask with several values is an Error.
Put put_elements(const Call& call);

}  // namespace opgauge
