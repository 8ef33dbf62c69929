// SPDX-License-Identifier: Apache-2.0
// Views: the same elements under other sizes and strides. They cost their call and nothing else.
#include <algorithm>

#include "graph/ops/rows.hpp"
#include "graph/ops/strides.hpp"

namespace opgauge {
namespace {

using ViewRule = TensorType (*)(const Call&, const TensorType&);

// A row of one result that shares the storage of `self`; a view written in place changes the shape
// of `self` itself.
template <ViewRule rule>
std::vector<Result> infer_view(const Call& call) {
  return {{rule(call, call.tensor("self")), call.value("self")}};
}
Work no_work(const Call&) { return {}; }
template <ViewRule rule>
constexpr OpRow view(std::string_view schema) {
  return {schema, OpFamily::view, infer_view<rule>, no_work};
}

TensorType same(const Call&, const TensorType& x) { return x; }

TensorType with_sizes(const Call& call, const TensorType& x, const Dims& wanted) {
  Dims sizes = infer_size(call, wanted, x.numel());
  std::optional<Dims> strides = view_strides(x, sizes);
  if (!strides)
    throw call.error(
        "the sizes do not fit the strides of the tensor, expected reshape instead of view");
  return {x.dtype, std::move(sizes), std::move(*strides), x.offset};
}
TensorType viewed(const Call& call, const TensorType& x) {
  return with_sizes(call, x, call.ints("size"));
}
TensorType viewed_as(const Call& call, const TensorType& x) {
  return with_sizes(call, x, call.tensor("other").sizes);
}
TensorType unflattened(const Call& call, const TensorType& x) {
  const int64_t dim = wrap_dim(call, call.integer("dim"), x.rank());
  if (x.rank() == 0) throw call.error("found a tensor of rank 0, expected at least 1");
  const Dims parts = infer_size(call, call.ints("sizes"), x.sizes[static_cast<size_t>(dim)]);
  Dims sizes(x.sizes.begin(), x.sizes.begin() + dim);
  sizes.insert(sizes.end(), parts.begin(), parts.end());
  sizes.insert(sizes.end(), x.sizes.begin() + dim + 1, x.sizes.end());
  return with_sizes(call, x, sizes);
}

TensorType reordered(const Call& call, const TensorType& x) {
  Dims order = call.ints("dims");
  if (static_cast<int64_t>(order.size()) != x.rank()) {
    throw call.error("found " + std::to_string(order.size()) +
                     " dimensions, expected the tensor's rank " + std::to_string(x.rank()));
  }
  dim_mask(call, order, x.rank(), false);
  for (int64_t& dim : order) dim = wrap_dim(call, dim, x.rank());
  return permuted(x, order);
}
TensorType swap_dims(const Call& call, const TensorType& x, int64_t a, int64_t b) {
  return transposed(x, wrap_dim(call, a, x.rank()), wrap_dim(call, b, x.rank()));
}
TensorType with_dims_swapped(const Call& call, const TensorType& x) {
  return swap_dims(call, x, call.integer("dim0"), call.integer("dim1"));
}
TensorType with_axes_swapped(const Call& call, const TensorType& x) {
  return swap_dims(call, x, call.integer("axis0"), call.integer("axis1"));
}
TensorType matrix_transposed(const Call& call, const TensorType& x) {
  if (x.rank() > 2)
    throw call.error("found a tensor of rank " + std::to_string(x.rank()) + ", expected at most 2");
  return x.rank() < 2 ? x : transposed(x, 0, 1);
}
TensorType last_two_swapped(const Call& call, const TensorType& x) {
  if (x.rank() < 2)
    throw call.error("found a tensor of rank " + std::to_string(x.rank()) +
                     ", expected at least 2");
  return transposed(x, x.rank() - 2, x.rank() - 1);
}
TensorType reversed(const Call&, const TensorType& x) {
  return {x.dtype, Dims(x.sizes.rbegin(), x.sizes.rend()),
          Dims(x.strides.rbegin(), x.strides.rend()), x.offset};
}
TensorType dims_moved(const Call& call, const TensorType& x) {
  const Dims &from = call.ints("source"), &to = call.ints("destination");
  if (from.size() != to.size())
    throw call.error("source and destination name different numbers of dimensions");
  const std::vector<bool> taken = dim_mask(call, from, x.rank(), false);
  const std::vector<bool> filled = dim_mask(call, to, x.rank(), false);
  if (x.rank() == 0) return x;
  Dims order(x.sizes.size(), 0);
  for (size_t i = 0; i < from.size(); ++i) {
    order[static_cast<size_t>(wrap_dim(call, to[i], x.rank()))] = wrap_dim(call, from[i], x.rank());
  }
  int64_t next = 0;
  for (size_t i = 0; i < order.size(); ++i) {
    if (filled[i]) continue;
    while (taken[static_cast<size_t>(next)]) ++next;
    order[i] = next++;
  }
  return permuted(x, order);
}
TensorType dim_moved(const Call& call, const TensorType& x) {
  const int64_t from = wrap_dim(call, call.integer("source"), x.rank());
  const int64_t to = wrap_dim(call, call.integer("destination"), x.rank());
  if (x.rank() == 0) return x;
  Dims order;
  for (int64_t i = 0; i < x.rank(); ++i) {
    if (i != from) order.push_back(i);
  }
  order.insert(order.begin() + to, from);
  return permuted(x, order);
}

TensorType without(const TensorType& x, const std::vector<bool>& wanted) {
  TensorType result(x.dtype, {}, {}, x.offset);
  for (size_t i = 0; i < x.sizes.size(); ++i) {
    if (wanted[i] && x.sizes[i] == 1) continue;
    result.sizes.push_back(x.sizes[i]);
    result.strides.push_back(x.strides[i]);
  }
  return result;
}
TensorType all_squeezed(const Call&, const TensorType& x) {
  return without(x, std::vector<bool>(x.sizes.size(), true));
}
TensorType squeezed(const Call& call, const TensorType& x) {
  return without(x, dim_mask(call, call.ints("dim"), x.rank(), false));
}
TensorType dim_squeezed(const Call& call, const TensorType& x) {
  return without(x, dim_mask(call, {call.integer("dim")}, x.rank(), false));
}
TensorType dim_inserted(const Call& call, const TensorType& x) {
  return unsqueezed(x, wrap_dim(call, call.integer("dim"), x.rank() + 1));
}
TensorType expanded_to(const Call& call, const TensorType& x) {
  return expanded(call, x, call.ints("size"));
}
TensorType expanded_as(const Call& call, const TensorType& x) {
  return expanded(call, x, call.tensor("other").sizes);
}

// A place along a dimension: negative ones count from the end, all are brought into the range.
int64_t clamped_place(int64_t at, int64_t size) {
  return std::clamp<int64_t>(at < 0 ? at + size : at, 0, size);
}
TensorType slice_of(const Call& call, const TensorType& x) {
  if (x.rank() == 0) throw call.error("found a tensor of rank 0, expected at least 1");
  const int64_t dim = wrap_dim(call, call.integer("dim"), x.rank());
  const int64_t size = x.sizes[static_cast<size_t>(dim)], step = call.integer("step");
  if (step <= 0)
    throw call.error("found the step " + std::to_string(step) + ", expected at least 1");
  const int64_t start = clamped_place(call.has("start") ? call.integer("start") : 0, size);
  const int64_t end =
      std::max(start, clamped_place(call.has("end") ? call.integer("end") : size, size));
  const int64_t length = (end - start) / step + ((end - start) % step != 0);
  return sliced(x, dim, start, length, step);
}
TensorType selection_of(const Call& call, const TensorType& x) {
  if (x.rank() == 0) throw call.error("found a tensor of rank 0, expected at least 1");
  const int64_t dim = wrap_dim(call, call.integer("dim"), x.rank());
  const int64_t size = x.sizes[static_cast<size_t>(dim)], at = call.integer("index");
  if (at < -size || at >= size) {
    throw call.error("found the index " + std::to_string(at) + ", expected one within a size of " +
                     std::to_string(size));
  }
  return selected(x, dim, at < 0 ? at + size : at);
}
TensorType narrowed(const Call& call, const TensorType& x) {
  if (x.rank() == 0) throw call.error("found a tensor of rank 0, expected at least 1");
  const int64_t dim = wrap_dim(call, call.integer("dim"), x.rank());
  const int64_t size = x.sizes[static_cast<size_t>(dim)], length = call.integer("length");
  int64_t start = call.integer("start");
  if (start < 0) start += size;
  if (start < 0 || length < 0 || start > size - length) {
    throw call.error("found a range outside the size " + std::to_string(size));
  }
  return sliced(x, dim, start, length);
}

TensorType diagonal_of(const Call& call, const TensorType& x) {
  const int64_t a = wrap_dim(call, call.integer("dim1"), x.rank());
  const int64_t b = wrap_dim(call, call.integer("dim2"), x.rank());
  if (a == b || x.rank() < 2) throw call.error("found one dimension twice, expected two");
  const int64_t reach =
      std::max<int64_t>(x.rank() == 0 ? 0 : *std::max_element(x.sizes.begin(), x.sizes.end()), 0);
  const int64_t shift = std::clamp(call.integer("offset"), -reach, reach);
  const auto i = static_cast<size_t>(a), j = static_cast<size_t>(b);
  const int64_t length = std::max<int64_t>(shift >= 0 ? std::min(x.sizes[i], x.sizes[j] - shift)
                                                      : std::min(x.sizes[i] + shift, x.sizes[j]),
                                           0);
  TensorType result = x;
  if (length > 0) result.offset += shift >= 0 ? shift * x.strides[j] : -shift * x.strides[i];
  for (const int64_t dim : {std::max(a, b), std::min(a, b)}) {
    result.sizes.erase(result.sizes.begin() + dim);
    result.strides.erase(result.strides.begin() + dim);
  }
  result.sizes.push_back(length);
  result.strides.push_back(x.strides[i] + x.strides[j]);
  return result;
}
TensorType windows_of(const Call& call, const TensorType& x) {
  const int64_t dim = wrap_dim(call, call.integer("dimension"), x.rank());
  const int64_t size = call.integer("size"), step = call.integer("step");
  const int64_t length = x.rank() == 0 ? 1 : x.sizes[static_cast<size_t>(dim)];
  if (size < 0 || size > length || step <= 0)
    throw call.error("found windows that do not fit the dimension");
  TensorType result = x;
  result.sizes.push_back(size);
  result.strides.push_back(x.rank() == 0 ? 1 : x.strides[static_cast<size_t>(dim)]);
  if (x.rank() > 0) {
    result.sizes[static_cast<size_t>(dim)] = (length - size) / step + 1;
    int64_t& stride = result.strides[static_cast<size_t>(dim)];
    stride = stepped(stride, step);
  }
  return result;
}
TensorType restrided(const Call& call, const TensorType& x) {
  const Dims &sizes = call.ints("size"), &strides = call.ints("stride");
  if (sizes.size() != strides.size()) throw call.error("size and stride have different lengths");
  const int64_t offset = call.has("storage_offset") ? call.integer("storage_offset") : x.offset;
  return {x.dtype, sizes, strides, offset};
}
TensorType restrided_alias(const Call& call, const TensorType& x) {
  if (call.ints("size").size() != call.ints("stride").size()) {
    throw call.error("size and stride have different lengths");
  }
  return {x.dtype, call.ints("size"), call.ints("stride"), x.offset};
}

// The same bytes as elements of another size: the last dimension grows or shrinks by the ratio.
TensorType reinterpreted(const Call& call, const TensorType& x) {
  const Dtype dtype = *call.dtype("dtype");
  const int64_t from = size_bytes(x.dtype), to = size_bytes(dtype);
  TensorType result = x;
  result.dtype = dtype;
  if (from == to) return result;
  const int64_t ratio = std::max(from, to) / std::min(from, to);
  if (x.rank() == 0 || x.strides.back() != 1)
    throw call.error("expected a last dimension of stride 1");
  if (to > from && (x.sizes.back() % ratio != 0 || x.offset % ratio != 0)) {
    throw call.error("the last dimension does not hold whole elements of the new dtype");
  }
  const auto scaled = [&](int64_t value) { return to > from ? value / ratio : value * ratio; };
  for (size_t i = 0; i + 1 < result.strides.size(); ++i) {
    if (to > from && x.strides[i] % ratio != 0)
      throw call.error("a stride does not hold whole elements");
    result.strides[i] = scaled(x.strides[i]);
  }
  result.sizes.back() = scaled(x.sizes.back());
  result.offset = scaled(x.offset);
  return result;
}
TensorType as_real(const Call& call, const TensorType& x) {
  if (x.dtype != Dtype::c64) throw call.error("expected a complex tensor");
  TensorType result(Dtype::f32, x.sizes, x.strides, x.offset * 2);
  for (int64_t& stride : result.strides) stride *= 2;
  result.sizes.push_back(2);
  result.strides.push_back(1);
  return result;
}
TensorType as_complex(const Call& call, const TensorType& x) {
  if (x.dtype != Dtype::f32 || x.rank() == 0 || x.sizes.back() != 2 || x.strides.back() != 1 ||
      x.offset % 2 != 0) {
    throw call.error(
        "expected a f32 tensor whose last dimension holds a real and an imaginary part");
  }
  TensorType result(Dtype::c64, Dims(x.sizes.begin(), x.sizes.end() - 1),
                    Dims(x.strides.begin(), x.strides.end() - 1), x.offset / 2);
  for (int64_t& stride : result.strides) {
    if (stride % 2 != 0) throw call.error("a stride does not hold whole complex numbers");
    stride /= 2;
  }
  return result;
}

const OpRow rows[] = {
    view<viewed>("aten::view(Tensor(a) self, SymInt[] size) -> Tensor(a)"),
    view<viewed>("aten::_unsafe_view(Tensor self, SymInt[] size) -> Tensor"),
    view<viewed_as>("aten::view_as(Tensor(a) self, Tensor other) -> Tensor(a)"),
    view<unflattened>("aten::unflatten.int(Tensor(a) self, int dim, SymInt[] sizes) -> Tensor(a)"),
    view<restrided_alias>(
        "aten::_reshape_alias(Tensor(a) self, SymInt[] size, SymInt[] stride) -> Tensor(a)"),
    view<reordered>("aten::permute(Tensor(a) self, int[] dims) -> Tensor(a)"),
    view<with_dims_swapped>("aten::transpose.int(Tensor(a) self, int dim0, int dim1) -> Tensor(a)"),
    view<with_dims_swapped>("aten::transpose_(Tensor(a!) self, int dim0, int dim1) -> Tensor(a!)"),
    view<with_dims_swapped>("aten::swapdims(Tensor(a) self, int dim0, int dim1) -> Tensor(a)"),
    view<with_dims_swapped>("aten::swapdims_(Tensor(a!) self, int dim0, int dim1) -> Tensor(a!)"),
    view<with_axes_swapped>("aten::swapaxes(Tensor(a) self, int axis0, int axis1) -> Tensor(a)"),
    view<with_axes_swapped>("aten::swapaxes_(Tensor(a!) self, int axis0, int axis1) -> Tensor(a!)"),
    view<matrix_transposed>("aten::t(Tensor(a) self) -> Tensor(a)"),
    view<matrix_transposed>("aten::t_(Tensor(a!) self) -> Tensor(a!)"),
    view<last_two_swapped>("aten::mT(Tensor(a) self) -> Tensor(a)"),
    view<reversed>("aten::numpy_T(Tensor(a) self) -> Tensor(a)"),
    view<dims_moved>(
        "aten::movedim.intlist(Tensor(a) self, int[] source, int[] destination) -> Tensor(a)"),
    view<dims_moved>(
        "aten::moveaxis.intlist(Tensor(a) self, int[] source, int[] destination) -> Tensor(a)"),
    view<dim_moved>("aten::movedim.int(Tensor(a) self, int source, int destination) -> Tensor(a)"),
    view<dim_moved>("aten::moveaxis.int(Tensor(a) self, int source, int destination) -> Tensor(a)"),
    view<all_squeezed>("aten::squeeze(Tensor(a) self) -> Tensor(a)"),
    view<all_squeezed>("aten::squeeze_(Tensor(a!) self) -> Tensor(a!)"),
    view<dim_squeezed>("aten::squeeze.dim(Tensor(a) self, int dim) -> Tensor(a)"),
    view<dim_squeezed>("aten::squeeze_.dim(Tensor(a!) self, int dim) -> Tensor(a!)"),
    view<squeezed>("aten::squeeze.dims(Tensor(a) self, int[] dim) -> Tensor(a)"),
    view<squeezed>("aten::squeeze_.dims(Tensor(a!) self, int[] dim) -> Tensor(a!)"),
    view<dim_inserted>("aten::unsqueeze(Tensor(a) self, int dim) -> Tensor(a)"),
    view<dim_inserted>("aten::unsqueeze_(Tensor(a!) self, int dim) -> Tensor(a!)"),
    view<expanded_to>(
        "aten::expand(Tensor(a) self, SymInt[] size, *, bool implicit=False) -> Tensor(a)"),
    view<expanded_to>("aten::broadcast_to(Tensor(a) self, SymInt[] size) -> Tensor(a)"),
    view<expanded_as>("aten::expand_as(Tensor(a) self, Tensor other) -> Tensor(a)"),
    view<slice_of>("aten::slice.Tensor(Tensor(a) self, int dim=0, SymInt? start=None, SymInt? "
                   "end=None, SymInt step=1) -> Tensor(a)"),
    view<selection_of>("aten::select.int(Tensor(a) self, int dim, SymInt index) -> Tensor(a)"),
    view<narrowed>(
        "aten::narrow(Tensor(a) self, int dim, SymInt start, SymInt length) -> Tensor(a)"),
    view<diagonal_of>(
        "aten::diagonal(Tensor(a) self, int offset=0, int dim1=0, int dim2=1) -> Tensor(a)"),
    view<windows_of>(
        "aten::unfold(Tensor(a) self, int dimension, int size, int step) -> Tensor(a)"),
    view<restrided>("aten::as_strided(Tensor(a) self, SymInt[] size, SymInt[] stride, SymInt? "
                    "storage_offset=None) -> Tensor(a)"),
    view<restrided>("aten::as_strided_(Tensor(a!) self, SymInt[] size, SymInt[] stride, SymInt? "
                    "storage_offset=None) -> Tensor(a!)"),
    view<reinterpreted>("aten::view.dtype(Tensor(a) self, ScalarType dtype) -> Tensor(a)"),
    view<as_real>("aten::view_as_real(Tensor(a) self) -> Tensor(a)"),
    view<as_complex>("aten::view_as_complex(Tensor(a) self) -> Tensor(a)"),
    view<same>("aten::alias(Tensor(a) self) -> Tensor(a)"),
    view<same>("aten::detach(Tensor(a) self) -> Tensor(a)"),
    view<same>("aten::detach_(Tensor(a!) self) -> Tensor(a!)"),
    view<same>("aten::positive(Tensor(a) self) -> Tensor(a)"),
    view<same>("aten::resolve_conj(Tensor(a) self) -> Tensor(a)"),
    view<same>("aten::resolve_neg(Tensor(a) self) -> Tensor(a)"),
    view<same>("aten::lift_fresh(Tensor(a) self) -> Tensor(a)"),
};

}  // namespace

std::span<const OpRow> view_rows() { return rows; }

}  // namespace opgauge
