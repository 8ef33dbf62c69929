// SPDX-License-Identifier: Apache-2.0
// How ATen chooses strides: views, copies that keep a layout, and guesses of a memory format. All
// sizes and strides in elements. Each rule is named after the ATen function that it states.
#pragma once

#include <optional>

#include "graph/op_table.hpp"

namespace opgauge {

// -1 is the last dimension. A tensor of rank 0 counts as rank 1 (maybe_wrap_dim).
int64_t wrap_dim(const Call& call, int64_t dim, int64_t rank);
// Distinct dimensions, wrapped. An empty list means all dimensions when `empty_means_all`.
std::vector<bool> dim_mask(const Call& call, const Dims& dims, int64_t rank, bool empty_means_all);

// Replaces one -1 by what makes the number of elements fit (infer_size).
Dims infer_size(const Call& call, Dims sizes, int64_t numel);
// The common shape of two shapes; throws when they do not broadcast.
Dims broadcast(const Call& call, const Dims& a, const Dims& b);

// Strides under which the elements of `from` have the shape `sizes` without a copy; nullopt if
// there are none (computeStride).
std::optional<Dims> view_strides(const TensorType& from, const Dims& sizes);
// Strides without holes that keep the order of dimensions (infer_dense_strides).
Dims dense_strides(const TensorType& from);
// The format that a 4-d or 5-d tensor's strides look like (suggest_memory_format).
MemoryFormat suggested_format(const TensorType& type);

// Contiguous, channels last, or the source's own order where the format is `preserve` (empty_like).
TensorType like(const TensorType& from, Dtype dtype, MemoryFormat format);
TensorType with_format(Dtype dtype, Dims sizes, MemoryFormat format);
bool has_format(const TensorType& type, MemoryFormat format);

// The stride of every step-th element; an overflow gives the largest number, which TensorType::check refuses.
int64_t stepped(int64_t stride, int64_t step);

// One dimension taken away or changed; offsets follow. All arguments are in range.
TensorType selected(TensorType type, int64_t dim, int64_t at);
TensorType sliced(TensorType type, int64_t dim, int64_t start, int64_t length, int64_t step = 1);
TensorType transposed(TensorType type, int64_t a, int64_t b);
TensorType permuted(const TensorType& type, const Dims& order);
TensorType unsqueezed(TensorType type, int64_t dim);
TensorType expanded(const Call& call, const TensorType& type, const Dims& sizes);

}  // namespace opgauge
