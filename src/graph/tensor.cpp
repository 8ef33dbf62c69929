// SPDX-License-Identifier: Apache-2.0
#include "graph/tensor.hpp"

#include <algorithm>

#include "base/error.hpp"

namespace opgauge {

namespace {
// Far beyond any machine, and far enough below 2^63 that counts per element do not overflow.
constexpr int64_t most_elements = int64_t{1} << 48;
}  // namespace

int64_t product(const Dims& sizes) {
  int64_t result = 1;
  bool overflow = false, zero = false;
  for (const int64_t size : sizes) {
    if (size < 0) {
      throw Error("sizes", "found the size " + std::to_string(size) + ", expected at least 0");
    }
    if (size == 0) zero = true;
    if (__builtin_mul_overflow(result, size == 0 ? 1 : size, &result)) overflow = true;
  }
  if (overflow || result > most_elements) {
    throw Error("sizes", "found more than 2^48 elements, expected a tensor that a machine can hold");
  }
  return zero ? 0 : result;
}

namespace {

Dims strides_in_order(const Dims& sizes, std::initializer_list<size_t> fastest_first) {
  Dims strides(sizes.size());
  int64_t running = 1;
  for (const size_t dim : fastest_first) {
    strides[dim] = running;
    running *= std::max<int64_t>(sizes[dim], 1);
  }
  return strides;
}

}  // namespace

Dims contiguous_strides(const Dims& sizes) {
  Dims strides(sizes.size());
  int64_t running = 1;
  for (size_t i = sizes.size(); i-- > 0;) {
    strides[i] = running;
    running *= std::max<int64_t>(sizes[i], 1);
  }
  return strides;
}

Dims channels_last_strides(const Dims& sizes) {
  OPGAUGE_CHECK(sizes.size() == 4 || sizes.size() == 5, "channels-last is for 4-d and 5-d tensors");
  return sizes.size() == 4 ? strides_in_order(sizes, {1, 3, 2, 0})
                           : strides_in_order(sizes, {1, 4, 3, 2, 0});
}

TensorType::TensorType(Dtype dtype_in, Dims sizes_in) : dtype(dtype_in), sizes(std::move(sizes_in)) {
  product(sizes);
  strides = contiguous_strides(sizes);
}

TensorType::TensorType(Dtype dtype_in, Dims sizes_in, Dims strides_in, int64_t offset_in)
    : dtype(dtype_in), sizes(std::move(sizes_in)), strides(std::move(strides_in)), offset(offset_in) {
  product(sizes);
  OPGAUGE_CHECK(sizes.size() == strides.size(), "as many strides as sizes");
}

void TensorType::check() const {
  if (sizes.size() > 64) {
    throw Error("sizes", "found " + std::to_string(sizes.size()) + " dimensions, expected at most 64");
  }
  product(sizes);
  int64_t last = offset;
  bool beyond = offset < 0 || offset > most_elements;
  for (size_t i = 0; i < sizes.size(); ++i) {
    int64_t reach = 0;
    beyond = beyond || strides[i] < 0 || strides[i] > most_elements;
    beyond = beyond || __builtin_mul_overflow(std::max<int64_t>(sizes[i] - 1, 0), strides[i], &reach);
    beyond = beyond || reach > most_elements || (last += reach) > most_elements;
  }
  if (beyond) {
    throw Error("strides", "found strides or an offset below 0 or beyond 2^48 elements");
  }
}

int64_t TensorType::storage_bytes() const {
  int64_t last = 0;
  for (size_t i = 0; i < sizes.size(); ++i) {
    if (sizes[i] == 0) return 0;
    last += (sizes[i] - 1) * strides[i];
  }
  return (last + 1) * size_bytes(dtype);
}

bool TensorType::is_contiguous() const {
  if (numel() == 0) return true;
  int64_t expected = 1;
  for (size_t i = sizes.size(); i-- > 0;) {
    if (sizes[i] == 1) continue;
    if (strides[i] != expected) return false;
    expected *= sizes[i];
  }
  return true;
}

bool TensorType::is_channels_last() const {
  if (sizes.size() != 4 && sizes.size() != 5) return false;
  int64_t expected = 1;
  const auto fits = [&](size_t dim) {
    if (sizes[dim] == 1) return true;
    if (strides[dim] != expected) return false;
    expected *= sizes[dim];
    return true;
  };
  if (sizes.size() == 4) return fits(1) && fits(3) && fits(2) && fits(0);
  return fits(1) && fits(4) && fits(3) && fits(2) && fits(0);
}

bool TensorType::runs_channels_last() const {
  if (sizes.size() != 4 || strides[1] == 0) return false;
  int64_t least = 0;
  for (const size_t dim : {1, 3, 2, 0}) {
    if (sizes[dim] == 0 || strides[dim] < least) return false;
    if (dim == 0 && least == strides[1]) return false;  // images of one channel and pixel: both orders fit
    least = strides[dim] * std::max<int64_t>(1, sizes[dim]);
  }
  return true;
}

bool TensorType::is_dense() const {
  if (numel() < 2) return true;
  std::vector<size_t> order;
  for (size_t i = 0; i < sizes.size(); ++i) {
    if (sizes[i] != 1) order.push_back(i);
  }
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) { return strides[a] < strides[b]; });
  int64_t expected = 1;
  for (const size_t dim : order) {
    if (strides[dim] != expected) return false;
    expected *= sizes[dim];
  }
  return true;
}

}  // namespace opgauge
