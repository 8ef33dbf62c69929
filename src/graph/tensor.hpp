// SPDX-License-Identifier: Apache-2.0
// What is known of a tensor without its elements: dtype, sizes, strides (in elements), storage offset.
#pragma once

#include <cstdint>
#include <vector>

#include "graph/dtype.hpp"

namespace opgauge {

using Dims = std::vector<int64_t>;

// The product of all sizes, 1 for none. Throws Error if it does not fit 63 bits or a size is negative.
int64_t product(const Dims& sizes);
// Row-major strides, as at::empty gives (a size of 0 counts as 1).
Dims contiguous_strides(const Dims& sizes);
// NHWC (4-d) or NDHWC (5-d) strides.
Dims channels_last_strides(const Dims& sizes);

struct TensorType {
  Dtype dtype = Dtype::f32;
  Dims sizes;
  Dims strides;
  int64_t offset = 0;  // elements from the start of the storage

  TensorType() = default;
  // Contiguous.
  TensorType(Dtype dtype, Dims sizes);
  TensorType(Dtype dtype, Dims sizes, Dims strides, int64_t offset = 0);

  // Throws Error where sizes, strides or offset are negative, or reach beyond what any machine holds.
  void check() const;

  int64_t rank() const { return static_cast<int64_t>(sizes.size()); }
  int64_t numel() const { return product(sizes); }
  int64_t bytes() const { return numel() * size_bytes(dtype); }
  // Bytes of the smallest storage that holds it from offset 0: what a fresh allocation of this type takes.
  int64_t storage_bytes() const;
  // As at::Tensor::is_contiguous(): sizes of 1 are free, an empty tensor is contiguous.
  bool is_contiguous() const;
  bool is_channels_last() const;  // 4-d or 5-d, as at::Tensor::is_contiguous(ChannelsLast[3d])
  // Whether ATen takes a 4-d image for channels-last, as at::Tensor::suggest_memory_format(): a part of one counts, too.
  bool runs_channels_last() const;
  // Every element has its own place and there are no holes, in some order of dimensions.
  bool is_dense() const;

  bool operator==(const TensorType&) const = default;
};

}  // namespace opgauge
