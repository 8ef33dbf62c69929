// SPDX-License-Identifier: Apache-2.0
#include "graph/ops/iterator.hpp"

#include <algorithm>
#include <numeric>

#include "graph/ops/strides.hpp"

namespace opgauge {
namespace {

int category(Dtype dtype) {
  if (dtype == Dtype::boolean) return 0;
  if (dtype == Dtype::c64) return 3;
  return is_floating(dtype) ? 2 : 1;
}

// Fastest dimension first, as TensorIteratorBase::reorder_dimensions: insertion sort with a
// comparison that may not know. `strides` are bytes, 0 where an operand is broadcast.
std::vector<size_t> iteration_order(const Dims& shape, const std::vector<Dims>& strides) {
  std::vector<size_t> order(shape.size());
  std::iota(order.rbegin(), order.rend(), size_t{0});
  const auto compare = [&](size_t a, size_t b) {
    for (const Dims& one : strides) {
      if (one[a] == 0 || one[b] == 0) continue;
      if (one[a] != one[b]) return one[a] < one[b] ? -1 : 1;
      if (shape[a] > shape[b]) return 1;
    }
    return 0;
  };
  for (size_t i = 1; i < order.size(); ++i) {
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
  return order;
}

// Bytes from one element to the next in each dimension of `shape`, 0 where an operand is broadcast.
std::vector<Dims> byte_strides(const Dims& shape, const std::vector<TensorType>& operands) {
  std::vector<Dims> strides;
  for (const TensorType& one : operands) {
    Dims bytes(shape.size(), 0);
    const size_t added = shape.size() - one.sizes.size();
    for (size_t i = 0; i < one.sizes.size(); ++i) {
      const bool stretched = one.sizes[i] == 1 && shape[added + i] != 1;
      bytes[added + i] = stretched ? 0 : one.strides[i] * size_bytes(one.dtype);
    }
    strides.push_back(std::move(bytes));
  }
  return strides;
}

}  // namespace

// Strides of a fresh output: TensorIteratorBase::fast_set_up where all operands look alike, else by
// iteration order.
Dims iteration_strides(const Dims& shape, const std::vector<TensorType>& operands) {
  const bool same_shape = std::all_of(operands.begin(), operands.end(),
                                      [&](const TensorType& one) { return one.sizes == shape; });
  if (same_shape) {
    bool contiguous = true, channels_last = shape.size() == 4, dense = true, same_strides = true;
    for (const TensorType& one : operands) {
      contiguous = contiguous && one.is_contiguous();
      channels_last = channels_last && one.is_channels_last();
      dense = dense && one.is_dense();
      same_strides = same_strides && one.strides == operands.front().strides;
    }
    if (contiguous) return contiguous_strides(shape);
    if (channels_last) return channels_last_strides(shape);
    if (dense && same_strides) return operands.front().strides;
  }
  const std::vector<size_t> order = iteration_order(shape, byte_strides(shape, operands));
  bool inverted = true;
  for (size_t i = 0; i < order.size(); ++i) inverted = inverted && order[i] == order.size() - 1 - i;
  if (inverted) return contiguous_strides(shape);
  Dims result(shape.size());
  int64_t running = 1;
  for (const size_t dim : order) {
    result[dim] = running;
    running *= shape[dim];
  }
  return result;
}

InnerLoop inner_loop(const Dims& shape, const std::vector<TensorType>& operands) {
  const std::vector<Dims> strides = byte_strides(shape, operands);
  InnerLoop loop;
  std::optional<size_t> innermost;
  for (const size_t dim : iteration_order(shape, strides)) {
    if (shape[dim] == 1) continue;
    if (!innermost) innermost = dim;
    else if (!std::ranges::all_of(strides, [&](const Dims& one) { return one[dim] == one[*innermost] * loop.elements; })) break;
    loop.elements *= shape[dim];
  }
  if (!innermost) return loop;
  int staying = 0;
  for (size_t i = 0; i < operands.size(); ++i) {
    const int64_t step = strides[i][*innermost];
    staying += step == 0;
    loop.vectorized &= step == 0 || step == size_bytes(operands[i].dtype);
  }
  loop.vectorized &= staying <= 1;
  return loop;
}

Dtype promote(Dtype a, Dtype b) {
  if (a == b) return a;
  if (category(a) != category(b)) return category(a) > category(b) ? a : b;
  if (category(a) == 2) {
    if (a == Dtype::f64 || b == Dtype::f64) return Dtype::f64;
    return Dtype::f32;  // f16 with bf16 too
  }
  if (a == Dtype::u8 || b == Dtype::u8) {
    const Dtype other = a == Dtype::u8 ? b : a;
    return other == Dtype::i8 ? Dtype::i16 : other;
  }
  return size_bytes(a) > size_bytes(b) ? a : b;
}

Operand number_operand(const Argument& number) {
  if (std::holds_alternative<bool>(number)) return {TensorType(Dtype::boolean, {}), true};
  if (std::holds_alternative<int64_t>(number)) return {TensorType(Dtype::i64, {}), true};
  return {TensorType(Dtype::f64, {}), true};
}

Dtype result_dtype(std::span<const Operand> operands) {
  std::optional<Dtype> ranked, zero_d, number;
  for (const Operand& one : operands) {
    Dtype dtype = one.type.dtype;
    if (one.number && is_floating(dtype)) dtype = Dtype::f32;
    std::optional<Dtype>& state = one.type.rank() > 0 ? ranked : one.number ? number : zero_d;
    state = state ? promote(*state, dtype) : dtype;
  }
  const auto combine = [](std::optional<Dtype> higher, std::optional<Dtype> lower) {
    if (!higher || !lower) return higher ? higher : lower;
    return category(*lower) > category(*higher) ? std::optional(promote(*higher, *lower)) : higher;
  };
  return combine(ranked, combine(zero_d, number)).value_or(Dtype::f32);
}

int64_t touched_bytes(const TensorType& type) {
  int64_t elements = 1, extent = 1;
  for (size_t i = 0; i < type.sizes.size(); ++i) {
    if (type.sizes[i] == 0) return 0;
    if (type.strides[i] != 0) elements *= type.sizes[i];
    extent += (type.sizes[i] - 1) * type.strides[i];
  }
  return std::min(elements, extent) * size_bytes(type.dtype);
}

int64_t Iteration::cast_bytes() const {
  int64_t bytes = output_cast ? output_cast->storage_bytes() : 0;
  for (const TensorType& one : casts) bytes += one.storage_bytes();
  return bytes;
}

Iteration iterate(const Call& call, std::span<const Operand> operands, Promotion promotion,
                  const TensorType* in_place) {
  Iteration result;
  result.common = result_dtype(operands);
  if (promotion == Promotion::floating && category(result.common) < 2) result.common = Dtype::f32;
  const bool casts = promotion != Promotion::boolean_each;
  Dims shape;
  std::vector<TensorType> inputs;
  for (const Operand& one : operands) {
    if (promotion == Promotion::strict && one.type.dtype != operands.front().type.dtype) {
      throw call.error("found operands of dtypes " +
                       std::string(name_of(operands.front().type.dtype)) + " and " +
                       std::string(name_of(one.type.dtype)) + ", expected one dtype");
    }
    shape = broadcast(call, shape, one.type.sizes);
    inputs.push_back(one.type);
    if (!one.number) result.read_bytes += touched_bytes(one.type);
    if (casts && one.type.dtype != result.common) {
      inputs.back() = like(one.type, result.common, MemoryFormat::preserve);
      if (!one.number) {
        result.write_bytes += inputs.back().bytes();
        result.read_bytes += inputs.back().bytes();
      }
      result.casts.push_back(inputs.back());
    }
  }
  const bool boolean = promotion == Promotion::boolean || promotion == Promotion::boolean_each;
  const Dtype dtype = boolean ? Dtype::boolean : result.common;
  if (in_place) {
    if (in_place->sizes != shape)
      throw call.error("the result has another shape than the tensor it is written to");
    if (!boolean && category(dtype) > category(in_place->dtype)) {
      throw call.error("a result of dtype " + std::string(name_of(dtype)) +
                       " cannot be written to a tensor of dtype " +
                       std::string(name_of(in_place->dtype)));
    }
    result.output = *in_place;
    result.write_bytes += touched_bytes(*in_place);
    if (casts && in_place->dtype != result.common) {
      result.output_cast = like(*in_place, result.common, MemoryFormat::preserve);
      result.write_bytes += result.output_cast->bytes();
      result.read_bytes += result.output_cast->bytes();
    }
    return result;
  }
  Dims strides = iteration_strides(shape, inputs);
  result.output = TensorType(dtype, std::move(shape), std::move(strides));
  result.write_bytes += result.output.bytes();
  return result;
}

}  // namespace opgauge
