// SPDX-License-Identifier: Apache-2.0
#include "graph/ops/eager.hpp"

#include <algorithm>

namespace opgauge::eager {

Tensor Run::operand(std::string_view name) {
  const TensorType* type = call.optional_tensor(name);
  if (!type) return {};
  Tensor x{*type, std::make_shared<AllocatorBlock>()};
  x.block->operand = call.value(name);
  return x;
}

Tensors Run::operands(std::string_view name) {
  Tensors all;
  const auto* list = std::get_if<ValueList>(&call.argument(name));
  if (!list) return all;
  for (const ValueRef ref : *list) {
    if (ref.id == no_value) {
      all.emplace_back();
      continue;
    }
    all.push_back({call.graph()[ref.id].type, std::make_shared<AllocatorBlock>()});
    all.back().block->operand = ref.id;
  }
  return all;
}

Tensor Run::empty(TensorType type) {
  type.offset = 0;
  Tensor x{std::move(type), std::make_shared<AllocatorBlock>()};
  x.block->bytes = x.type.storage_bytes();
  x.block->ledger = &ledger;
  ledger.live_bytes += x.block->bytes;
  ledger.peak_bytes = std::max(ledger.peak_bytes, ledger.live_bytes);
  return x;
}

Tensor Run::transpose(const Tensor& x, int64_t a, int64_t b) const {
  return view(x, transposed(x.type, a < 0 ? a + x.rank() : a, b < 0 ? b + x.rank() : b));
}
Tensor Run::unsqueeze(const Tensor& x, int64_t dim) const {
  return view(x, unsqueezed(x.type, dim < 0 ? dim + x.rank() + 1 : dim));
}
Tensor Run::squeeze(const Tensor& x, int64_t dim) const {
  if (dim < 0) dim += x.rank();
  return x.size(dim) == 1 ? select(x, dim, 0) : x;
}
Tensor Run::narrow(const Tensor& x, int64_t dim, int64_t start, int64_t length) const {
  return view(x, sliced(x.type, dim < 0 ? dim + x.rank() : dim, start, length));
}

Tensor Run::view_sizes(const Tensor& x, const Dims& sizes) const {
  const std::optional<Dims> strides = view_strides(x.type, sizes);
  if (!strides) throw error("strides do not allow the view that this op takes");
  return view(x, TensorType(x.dtype(), sizes, *strides, x.type.offset));
}

Tensor Run::reshape(const Tensor& x, const Dims& sizes) {
  if (const std::optional<Dims> strides = view_strides(x.type, sizes)) {
    return view(x, TensorType(x.dtype(), sizes, *strides, x.type.offset));
  }
  return view_sizes(clone(x, MemoryFormat::contiguous), sizes);
}

Tensor Run::contiguous(const Tensor& x, MemoryFormat format) {
  return has_format(x.type, format) ? x : clone(x, format);
}

Tensor Run::clone(const Tensor& x, MemoryFormat format) {
  Tensor y = empty(like(x.type, x.dtype(), format));
  copy(y, x);
  return y;
}

Tensor Run::to(const Tensor& x, Dtype dtype) {
  if (x.dtype() == dtype) return x;
  Tensor y = empty(like(x.type, dtype, MemoryFormat::preserve));
  copy(y, x);
  return y;
}

void Run::copy(const Tensor& to, const Tensor& from) {
  read(from);
  write(to);
  copied_elements += to.numel();
  if (from.rank() > 0 && from.size(-1) > 1 && from.stride(-1) != 1) gathered_elements += to.numel();
  // A transposed matrix is copied through a small square (copy_transpose_valid).
  const int64_t side = to.dtype() == Dtype::u8 ? 120 : 60;
  if (from.rank() == 2 && to.type.is_contiguous() && from.stride(0) == 1 &&
      from.stride(1) == from.size(0) && from.dtype() == to.dtype() && from.numel() >= side * side) {
    empty(to.dtype(), {side, side});
  }
}

Tensor Run::reorder(const Tensor& x, int64_t bytes) {
  if (bytes == 0) return x;
  Tensor y = scratch(bytes);
  read(x);
  write(y);
  return y;
}

Tensor Run::pointwise(std::initializer_list<Tensor> inputs, int64_t ops_per_element,
                      Promotion promotion) {
  std::vector<Operand> operands;
  for (const Tensor& x : inputs) operands.push_back({x.type});
  Iteration it = iterate(call, operands, promotion);
  Tensors casts;
  for (const TensorType& type : it.casts) casts.push_back(empty(type));
  work.read_bytes += it.read_bytes;
  work.write_bytes += it.write_bytes;
  work.other_ops += ops_per_element * it.output.numel();
  return empty(std::move(it.output));
}

void Run::in_place(const Tensor& x, std::initializer_list<Tensor> others, int64_t ops_per_element) {
  std::vector<Operand> operands{{x.type}};
  for (const Tensor& y : others) operands.push_back({y.type});
  const Iteration it = iterate(call, operands, Promotion::common, &x.type);
  Tensors casts;
  for (const TensorType& type : it.casts) casts.push_back(empty(type));
  if (it.output_cast) casts.push_back(empty(*it.output_cast));
  work.read_bytes += it.read_bytes;
  work.write_bytes += it.write_bytes;
  work.other_ops += ops_per_element * x.numel();
}

Tensor Run::pointwise_number(const Tensor& x, int64_t ops_per_element) {
  const Tensor number = scratch(8);
  const Tensor cast = scratch(x.dtype() == Dtype::f64 ? 0 : size_bytes(x.dtype()));
  return pointwise({x}, ops_per_element);
}
void Run::in_place_number(const Tensor& x, int64_t ops_per_element) {
  const Tensor number = scratch(8);
  const Tensor cast = scratch(x.dtype() == Dtype::f64 ? 0 : size_bytes(x.dtype()));
  in_place(x, {}, ops_per_element);
}

void Run::multiply_since(const Work& before, int64_t times) {
  const auto multiply = [&](int64_t Work::*field) {
    work.*field = before.*field + product({work.*field - before.*field, times});
  };
  multiply(&Work::macs);
  multiply(&Work::other_ops);
  multiply(&Work::read_bytes);
  multiply(&Work::write_bytes);
}

std::vector<Result> results_of(const Run&, const Tensors& tensors) {
  std::vector<Result> results;
  for (const Tensor& x : tensors) {
    Result result{x.type};
    if (x.block) {
      result.shares = x.block->operand;
      if (x.block->bytes > x.type.storage_bytes()) result.storage_bytes = x.block->bytes;
    }
    results.push_back(std::move(result));
  }
  return results;
}

}  // namespace opgauge::eager
