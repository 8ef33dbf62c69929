// SPDX-License-Identifier: Apache-2.0
#include "graph/ops/strides.hpp"

#include <algorithm>
#include <numeric>

namespace opgauge {

int64_t wrap_dim(const Call& call, int64_t dim, int64_t rank) {
  const int64_t effective = std::max<int64_t>(rank, 1);
  if (dim < -effective || dim >= effective) {
    throw call.error("found dimension " + std::to_string(dim) +
                     ", expected one of a tensor of rank " + std::to_string(rank));
  }
  return dim < 0 ? dim + effective : dim;
}

std::vector<bool> dim_mask(const Call& call, const Dims& dims, int64_t rank, bool empty_means_all) {
  std::vector<bool> mask(static_cast<size_t>(std::max<int64_t>(rank, 1)),
                         dims.empty() && empty_means_all);
  for (const int64_t dim : dims) {
    const auto at = static_cast<size_t>(wrap_dim(call, dim, rank));
    if (mask[at]) throw call.error("dimension " + std::to_string(dim) + " is named twice");
    mask[at] = true;
  }
  mask.resize(static_cast<size_t>(rank));
  return mask;
}

Dims infer_size(const Call& call, Dims sizes, int64_t numel) {
  int64_t known = 1, open = -1;
  for (size_t i = 0; i < sizes.size(); ++i) {
    if (sizes[i] == -1) {
      if (open >= 0) throw call.error("found two sizes of -1, expected at most one");
      open = static_cast<int64_t>(i);
    } else {
      if (sizes[i] < 0)
        throw call.error("found the size " + std::to_string(sizes[i]) + ", expected -1 or more");
      if (__builtin_mul_overflow(known, sizes[i], &known)) throw call.error("sizes are too large");
    }
  }
  if (open >= 0 && known != 0 && numel % known == 0) {
    sizes[static_cast<size_t>(open)] = numel / known;
  } else if (open >= 0 || known != numel) {
    throw call.error("found " + std::to_string(numel) +
                     " elements, expected a multiple of the shape's " + std::to_string(known));
  }
  return sizes;
}

Dims broadcast(const Call& call, const Dims& a, const Dims& b) {
  Dims result(std::max(a.size(), b.size()));
  for (size_t i = 0; i < result.size(); ++i) {
    const int64_t x = i < a.size() ? a[a.size() - 1 - i] : 1;
    const int64_t y = i < b.size() ? b[b.size() - 1 - i] : 1;
    if (x != y && x != 1 && y != 1) {
      throw call.error("found sizes " + std::to_string(x) + " and " + std::to_string(y) +
                       " at dimension -" + std::to_string(i + 1) + ", expected equal sizes or 1");
    }
    result[result.size() - 1 - i] = x == 1 ? y : x;
  }
  return result;
}

std::optional<Dims> view_strides(const TensorType& from, const Dims& sizes) {
  Dims strides(sizes.size(), 1);
  if (from.sizes.empty()) return strides;
  if (from.numel() == 0) return from.sizes == sizes ? from.strides : contiguous_strides(sizes);
  // Chunks of dimensions that lie contiguous to each other, last first; each must be filled by
  // whole new dimensions.
  size_t view = sizes.size();
  int64_t base = from.strides.back(), chunk = 1, filled = 1;
  for (size_t dim = from.sizes.size(); dim-- > 0;) {
    chunk *= from.sizes[dim];
    const bool chunk_ends =
        dim == 0 || (from.sizes[dim - 1] != 1 && from.strides[dim - 1] != chunk * base);
    if (!chunk_ends) continue;
    while (view > 0 && (filled < chunk || sizes[view - 1] == 1)) {
      strides[view - 1] = filled * base;
      filled *= sizes[view - 1];
      --view;
    }
    if (filled != chunk) return std::nullopt;
    if (dim > 0) {
      base = from.strides[dim - 1];
      chunk = filled = 1;
    }
  }
  if (view != 0) return std::nullopt;
  return strides;
}

Dims dense_strides(const TensorType& from) {
  const size_t rank = from.sizes.size();
  std::vector<size_t> order(rank);  // fastest first
  std::iota(order.rbegin(), order.rend(), size_t{0});
  // 1: a is slower than b, -1: faster, 0: cannot say.
  const auto compare = [&](size_t a, size_t b) {
    const int64_t x = from.strides[a], y = from.strides[b];
    if (x == 0 || y == 0) return 0;
    if (x != y) return x < y ? -1 : 1;
    return from.sizes[a] > from.sizes[b] ? 1 : 0;
  };
  for (size_t i = 1; i < rank; ++i) {
    size_t at = i;
    for (size_t below = i; below-- > 0;) {
      const int verdict = compare(order[below], order[at]);
      if (verdict > 0) {
        std::swap(order[below], order[at]);
        at = below;
      } else if (verdict < 0) {
        break;
      }
    }
  }
  Dims strides(rank);
  int64_t running = 1;
  for (const size_t dim : order) {
    strides[dim] = running;
    running *= std::max<int64_t>(from.sizes[dim], 1);
  }
  return strides;
}

MemoryFormat suggested_format(const TensorType& type) {
  const size_t rank = type.sizes.size();
  if (rank != 4 && rank != 5) return MemoryFormat::contiguous;
  if (type.strides[1] == 0) return MemoryFormat::contiguous;
  const Dims order = rank == 4 ? Dims{1, 3, 2, 0} : Dims{1, 4, 3, 2, 0};
  int64_t least = 0;
  for (const int64_t at : order) {
    const auto dim = static_cast<size_t>(at);
    if (type.sizes[dim] == 0 || type.strides[dim] < least) return MemoryFormat::contiguous;
    if (dim == 0 && least == type.strides[1]) return MemoryFormat::contiguous;
    least = type.strides[dim];
    if (type.sizes[dim] > 1) least *= type.sizes[dim];
  }
  return rank == 4 ? MemoryFormat::channels_last : MemoryFormat::channels_last_3d;
}

TensorType with_format(Dtype dtype, Dims sizes, MemoryFormat format) {
  TensorType type(dtype, std::move(sizes));
  const bool channels_last = (format == MemoryFormat::channels_last && type.rank() == 4) ||
                             (format == MemoryFormat::channels_last_3d && type.rank() == 5);
  if (channels_last) type.strides = channels_last_strides(type.sizes);
  return type;
}

TensorType like(const TensorType& from, Dtype dtype, MemoryFormat format) {
  if (format != MemoryFormat::preserve) return with_format(dtype, from.sizes, format);
  return {dtype, from.sizes, from.is_dense() ? from.strides : dense_strides(from)};
}

bool has_format(const TensorType& type, MemoryFormat format) {
  switch (format) {
    case MemoryFormat::preserve:
      return true;
    case MemoryFormat::contiguous:
      return type.is_contiguous();
    case MemoryFormat::channels_last:
      return type.rank() == 4 && type.is_channels_last();
    case MemoryFormat::channels_last_3d:
      return type.rank() == 5 && type.is_channels_last();
  }
  return false;
}

TensorType selected(TensorType type, int64_t dim, int64_t at) {
  type.offset += at * type.strides[static_cast<size_t>(dim)];
  type.sizes.erase(type.sizes.begin() + dim);
  type.strides.erase(type.strides.begin() + dim);
  return type;
}

int64_t stepped(int64_t stride, int64_t step) {
  int64_t result = 0;
  return __builtin_mul_overflow(stride, step, &result) ? INT64_MAX : result;
}

TensorType sliced(TensorType type, int64_t dim, int64_t start, int64_t length, int64_t step) {
  const auto at = static_cast<size_t>(dim);
  type.offset += start * type.strides[at];
  type.sizes[at] = length;
  type.strides[at] = stepped(type.strides[at], step);
  return type;
}

TensorType transposed(TensorType type, int64_t a, int64_t b) {
  if (type.rank() == 0) return type;
  std::swap(type.sizes[static_cast<size_t>(a)], type.sizes[static_cast<size_t>(b)]);
  std::swap(type.strides[static_cast<size_t>(a)], type.strides[static_cast<size_t>(b)]);
  return type;
}

TensorType permuted(const TensorType& type, const Dims& order) {
  TensorType result = type;
  for (size_t i = 0; i < order.size(); ++i) {
    result.sizes[i] = type.sizes[static_cast<size_t>(order[i])];
    result.strides[i] = type.strides[static_cast<size_t>(order[i])];
  }
  return result;
}

TensorType unsqueezed(TensorType type, int64_t dim) {
  const auto at = static_cast<size_t>(dim);
  const int64_t stride = dim >= type.rank() ? 1 : type.sizes[at] * type.strides[at];
  type.sizes.insert(type.sizes.begin() + dim, 1);
  type.strides.insert(type.strides.begin() + dim, stride);
  return type;
}

TensorType expanded(const Call& call, const TensorType& type, const Dims& sizes) {
  if (sizes.size() < type.sizes.size()) {
    throw call.error("found " + std::to_string(sizes.size()) +
                     " sizes, expected at least the tensor's rank " + std::to_string(type.rank()));
  }
  const size_t added = sizes.size() - type.sizes.size();
  TensorType result = type;
  result.sizes.assign(sizes.size(), 1);
  result.strides.assign(sizes.size(), 0);
  for (size_t i = sizes.size(); i-- > 0;) {
    int64_t size = 1, stride = 0;
    if (i >= added) {
      size = type.sizes[i - added];
      stride = type.strides[i - added];
    } else if (i + 1 < sizes.size()) {
      stride = result.sizes[i + 1] * result.strides[i + 1];
    }
    const int64_t wanted = sizes[i] == -1 ? size : sizes[i];
    if (sizes[i] == -1 && i < added)
      throw call.error("found -1 for a new dimension, expected its size");
    if (wanted != size) {
      if (size != 1) {
        throw call.error("found size " + std::to_string(size) + " at dimension " +
                         std::to_string(i) + ", expected 1 or " + std::to_string(wanted));
      }
      size = wanted;
      stride = 0;
    }
    result.sizes[i] = size;
    result.strides[i] = type.rank() == 0 ? 0 : stride;
  }
  product(result.sizes);
  return result;
}

}  // namespace opgauge
