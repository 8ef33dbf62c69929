// SPDX-License-Identifier: Apache-2.0
// Copies and fills, and the ops that copy only when they must: whether is decided here as ATen
// decides it.
#include "graph/ops/copy.hpp"

#include "graph/ops/iterator.hpp"
#include "graph/ops/rows.hpp"
#include "graph/ops/strides.hpp"

namespace opgauge {

int64_t copy_scratch(const TensorType& to, const TensorType& from) {
  constexpr int64_t least = 60 * 60;
  const bool blocked = to.dtype == from.dtype && to.rank() == 2 && from.sizes == to.sizes &&
                       to.is_contiguous() && from.strides[0] == 1 &&
                       from.strides[1] == from.sizes[0] && to.numel() >= least;
  if (!blocked) return 0;
  return (to.dtype == Dtype::u8 ? 120 * 120 : least) * size_bytes(to.dtype);
}

Work work_copy(const Call& call) {
  const ValueId from = call.value("self"), to = call.node().outputs[0];
  if (call.graph()[from].storage == call.graph()[to].storage) return {};
  return {0, 0, touched_bytes(call.tensor("self")), call.output().bytes()};
}

int64_t scratch_copy(const Call& call) {
  const TensorType &from = call.tensor("self"), &to = call.output();
  if (call.graph()[call.value("self")].storage == call.graph()[call.node().outputs[0]].storage)
    return 0;
  // A reshaped copy is made in the shape of the source.
  return copy_scratch(from.sizes == to.sizes ? to : TensorType(from.dtype, from.sizes), from);
}

namespace {

std::vector<Result> aliased(const Call& call, TensorType type) {
  return {{std::move(type), call.value("self")}};
}

// A view where the strides allow it, else a view of a contiguous copy.
std::vector<Result> reshaped(const Call& call, const Dims& wanted) {
  const TensorType& x = call.tensor("self");
  Dims sizes = infer_size(call, wanted, x.numel());
  if (std::optional<Dims> strides = view_strides(x, sizes)) {
    return aliased(call, {x.dtype, std::move(sizes), std::move(*strides), x.offset});
  }
  return {fresh(x.dtype, std::move(sizes))};
}
std::vector<Result> infer_reshape(const Call& call) { return reshaped(call, call.ints("shape")); }
std::vector<Result> infer_reshape_as(const Call& call) {
  return reshaped(call, call.tensor("other").sizes);
}
std::vector<Result> infer_flatten(const Call& call) {
  const TensorType& x = call.tensor("self");
  const int64_t first = wrap_dim(call, call.integer("start_dim"), x.rank());
  const int64_t last = wrap_dim(call, call.integer("end_dim"), x.rank());
  if (first > last) throw call.error("found start_dim behind end_dim");
  if (x.rank() == 0) return reshaped(call, {1});
  if (first == last) return aliased(call, x);
  Dims sizes(x.sizes.begin(), x.sizes.begin() + first);
  sizes.push_back(product(Dims(x.sizes.begin() + first, x.sizes.begin() + last + 1)));
  sizes.insert(sizes.end(), x.sizes.begin() + last + 1, x.sizes.end());
  return reshaped(call, sizes);
}
std::vector<Result> infer_ravel(const Call& call) {
  const TensorType& x = call.tensor("self");
  if (!x.is_contiguous()) return {fresh(x.dtype, {x.numel()})};
  return reshaped(call, {x.numel()});
}

std::vector<Result> infer_contiguous(const Call& call) {
  const TensorType& x = call.tensor("self");
  const MemoryFormat format =
      call.memory_format("memory_format").value_or(MemoryFormat::contiguous);
  if (format == MemoryFormat::preserve)
    throw call.error("found the format preserve, expected contiguous or channels_last");
  if (has_format(x, format)) return aliased(call, x);
  return {fresh(like(x, x.dtype, format))};
}
std::vector<Result> infer_clone(const Call& call) {
  const TensorType& x = call.tensor("self");
  return {fresh(
      like(x, x.dtype, call.memory_format("memory_format").value_or(MemoryFormat::preserve)))};
}
std::vector<Result> infer_fresh_copy(const Call& call) {
  const TensorType& x = call.tensor("self");
  return {fresh(x.dtype, x.sizes)};
}

std::vector<Result> infer_to_copy(const Call& call) {
  const TensorType& x = call.tensor("self");
  return {fresh(like(x, call.dtype("dtype").value_or(x.dtype),
                     call.memory_format("memory_format").value_or(MemoryFormat::preserve)))};
}
// aten::to gives the tensor itself where nothing would change.
std::vector<Result> converted(const Call& call, Dtype dtype, MemoryFormat format, bool copy) {
  const TensorType& x = call.tensor("self");
  if (!copy && dtype == x.dtype &&
      (format == MemoryFormat::preserve || suggested_format(x) == format)) {
    return aliased(call, x);
  }
  return {fresh(like(x, dtype, format))};
}
std::vector<Result> infer_to(const Call& call) {
  const bool other = call.node().op->schema->index("other") >= 0;
  const Dtype dtype =
      other ? call.tensor("other").dtype : call.dtype("dtype").value_or(call.tensor("self").dtype);
  return converted(call, dtype,
                   call.memory_format("memory_format").value_or(MemoryFormat::preserve),
                   call.flag("copy"));
}
std::vector<Result> infer_type_as(const Call& call) {
  return converted(call, call.tensor("other").dtype, MemoryFormat::preserve, false);
}

void check_source(const Call& call) {
  if (broadcast(call, call.tensor("self").sizes, call.tensor("src").sizes) !=
      call.tensor("self").sizes) {
    throw call.error("the source has more elements than the tensor it is copied to");
  }
}
std::vector<Result> infer_copy_in_place(const Call& call) {
  check_source(call);
  return aliased(call, call.tensor("self"));
}
Work work_copy_in_place(const Call& call) {
  return {0, 0, touched_bytes(call.tensor("src")), touched_bytes(call.tensor("self"))};
}
int64_t scratch_copy_in_place(const Call& call) {
  return copy_scratch(call.tensor("self"), call.tensor("src"));
}
std::vector<Result> infer_copy_of_source(const Call& call) {
  check_source(call);
  return {fresh(call.tensor("self"))};  // clone_preserve_strides: holes are kept too
}
Work work_copy_of_source(const Call& call) {
  return {0, 0, touched_bytes(call.tensor("src")), call.output().bytes()};
}

void check_fill(const Call& call) {
  if (call.node().op->schema->index("value") < 0) return;
  const TensorType* value = call.optional_tensor("value");
  if (value && value->rank() != 0) throw call.error("expected a value of rank 0");
}
std::vector<Result> infer_fill_in_place(const Call& call) {
  check_fill(call);
  return aliased(call, call.tensor("self"));
}
std::vector<Result> infer_fill(const Call& call) {
  check_fill(call);
  const TensorType& x = call.tensor("self");
  return {fresh(like(x, x.dtype, MemoryFormat::preserve))};
}
Work work_fill(const Call& call) { return {0, 0, 0, touched_bytes(call.output())}; }

const OpRow rows[] = {
    {"aten::reshape(Tensor(a) self, SymInt[] shape) -> Tensor(a)", OpFamily::copy, infer_reshape,
     work_copy, scratch_copy},
    {"aten::reshape_as(Tensor(a) self, Tensor other) -> Tensor(a)", OpFamily::copy,
     infer_reshape_as, work_copy, scratch_copy},
    {"aten::flatten.using_ints(Tensor(a) self, int start_dim=0, int end_dim=-1) -> Tensor(a)",
     OpFamily::copy, infer_flatten, work_copy, scratch_copy},
    {"aten::ravel(Tensor(a) self) -> Tensor(a)", OpFamily::copy, infer_ravel, work_copy,
     scratch_copy},
    {"aten::contiguous(Tensor(a) self, *, MemoryFormat memory_format=0) -> Tensor(a)",
     OpFamily::copy, infer_contiguous, work_copy, scratch_copy},
    {"aten::clone(Tensor self, *, MemoryFormat? memory_format=None) -> Tensor", OpFamily::copy,
     infer_clone, work_copy, scratch_copy},
    {"aten::lift_fresh_copy(Tensor self) -> Tensor", OpFamily::copy, infer_fresh_copy, work_copy,
     scratch_copy},
    {"aten::_to_copy(Tensor self, *, ScalarType? dtype=None, Layout? layout=None, Device? "
     "device=None, bool? pin_memory=None, bool non_blocking=False, MemoryFormat? "
     "memory_format=None) -> Tensor",
     OpFamily::copy, infer_to_copy, work_copy, scratch_copy},
    {"aten::to.dtype_layout(Tensor(a) self, *, ScalarType? dtype=None, Layout? layout=None, "
     "Device? device=None, bool? pin_memory=None, bool non_blocking=False, bool copy=False, "
     "MemoryFormat? memory_format=None) -> Tensor(a)",
     OpFamily::copy, infer_to, work_copy, scratch_copy},
    {"aten::to.device(Tensor(a) self, Device device, ScalarType dtype, bool non_blocking=False, "
     "bool copy=False, MemoryFormat? memory_format=None) -> Tensor(a)",
     OpFamily::copy, infer_to, work_copy, scratch_copy},
    {"aten::to.dtype(Tensor(a) self, ScalarType dtype, bool non_blocking=False, bool copy=False, "
     "MemoryFormat? memory_format=None) -> Tensor(a)",
     OpFamily::copy, infer_to, work_copy, scratch_copy},
    {"aten::to.other(Tensor(a) self, Tensor other, bool non_blocking=False, bool copy=False, "
     "MemoryFormat? memory_format=None) -> Tensor(a)",
     OpFamily::copy, infer_to, work_copy, scratch_copy},
    {"aten::type_as(Tensor self, Tensor other) -> Tensor", OpFamily::copy, infer_type_as, work_copy,
     scratch_copy},
    {"aten::copy_(Tensor(a!) self, Tensor src, bool non_blocking=False) -> Tensor(a!)",
     OpFamily::copy, infer_copy_in_place, work_copy_in_place, scratch_copy_in_place},
    {"aten::copy(Tensor self, Tensor src, bool non_blocking=False) -> Tensor", OpFamily::copy,
     infer_copy_of_source, work_copy_of_source},
    {"aten::fill_.Scalar(Tensor(a!) self, Scalar value) -> Tensor(a!)", OpFamily::copy,
     infer_fill_in_place, work_fill},
    {"aten::fill_.Tensor(Tensor(a!) self, Tensor value) -> Tensor(a!)", OpFamily::copy,
     infer_fill_in_place, work_fill},
    {"aten::zero_(Tensor(a!) self) -> Tensor(a!)", OpFamily::copy, infer_fill_in_place, work_fill},
    {"aten::fill.Scalar(Tensor self, Scalar value) -> Tensor", OpFamily::copy, infer_fill,
     work_fill},
    {"aten::fill.Tensor(Tensor self, Tensor value) -> Tensor", OpFamily::copy, infer_fill,
     work_fill},
    {"aten::zero(Tensor self) -> Tensor", OpFamily::copy, infer_fill, work_fill},
};

}  // namespace

std::span<const OpRow> copy_rows() { return rows; }

}  // namespace opgauge
