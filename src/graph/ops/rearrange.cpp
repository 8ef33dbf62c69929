// SPDX-License-Identifier: Apache-2.0
// Elements moved to other places: rolled, flipped, turned, repeated.
#include <algorithm>

#include "graph/ops/copy.hpp"
#include "graph/ops/iterator.hpp"
#include "graph/ops/rows.hpp"
#include "graph/ops/strides.hpp"

namespace opgauge {
namespace {

const TensorType& self(const Call& call) { return call.tensor("self"); }

// aten::roll joins two slices anew for each dimension; without dimensions the flattened tensor is
// rolled.
TensorType rolled(const Call& call, const TensorType& x, int64_t dim) {
  return concatenated(call, {x}, dim);
}
std::vector<Result> infer_roll(const Call& call) {
  const TensorType& x = self(call);
  const Dims &shifts = call.ints("shifts"), &dims = call.ints("dims");
  if (dims.empty() && shifts.size() == 1) return {fresh(x.dtype, x.sizes)};
  if (shifts.empty() || shifts.size() != dims.size()) {
    throw call.error("found " + std::to_string(shifts.size()) + " shifts and " +
                     std::to_string(dims.size()) +
                     " dims, expected as many of one as of the other");
  }
  if (x.numel() == 0) return {fresh(like(x, x.dtype, MemoryFormat::preserve))};
  TensorType result = x;
  for (const int64_t dim : dims) result = rolled(call, result, dim);
  return {fresh(std::move(result))};
}
int64_t rolls(const Call& call) {
  return std::max<int64_t>(1, static_cast<int64_t>(call.ints("dims").size()));
}
int64_t flattening_bytes(const Call& call) {
  return call.ints("dims").empty() && !self(call).is_contiguous() ? self(call).bytes() : 0;
}
Work work_roll(const Call& call) {
  const int64_t bytes = call.output().bytes(),
                more = (rolls(call) - 1) * bytes + flattening_bytes(call);
  return {0, 0, touched_bytes(self(call)) + more, bytes + more};
}
int64_t scratch_roll(const Call& call) {
  if (self(call).numel() == 0) return 0;
  return (rolls(call) - 1) * call.output().bytes() + flattening_bytes(call);
}

std::vector<Result> infer_flip(const Call& call) {
  const TensorType& x = self(call);
  dim_mask(call, call.ints("dims"), x.rank(), false);
  return {fresh(like(x, x.dtype, MemoryFormat::preserve))};
}
std::vector<Result> infer_flip_all(const Call& call) {
  return {fresh(like(self(call), self(call).dtype, MemoryFormat::preserve))};
}
// aten::rot90: flips, and a transposition for odd numbers of quarter turns.
std::vector<Result> infer_rot90(const Call& call) {
  const TensorType& x = self(call);
  const Dims& dims = call.ints("dims");
  if (dims.size() != 2)
    throw call.error("found " + std::to_string(dims.size()) + " dims, expected 2");
  const int64_t turns = ((call.integer("k") % 4) + 4) % 4;
  const TensorType flipped =
      like(x, x.dtype, turns == 0 ? MemoryFormat::contiguous : MemoryFormat::preserve);
  if (turns % 2 == 0) return {fresh(flipped)};
  return {fresh(
      transposed(flipped, wrap_dim(call, dims[0], x.rank()), wrap_dim(call, dims[1], x.rank())))};
}

// aten::repeat writes through overlapping views; listing their windows takes small tensors of 32
// bytes a dimension.
std::vector<Result> repeated(const Call& call, Dims repeats) {
  const TensorType& x = self(call);
  const auto rank = static_cast<int64_t>(repeats.size());
  if (rank < x.rank()) {
    throw call.error("found " + std::to_string(rank) + " repeats, expected at least the rank " +
                     std::to_string(x.rank()));
  }
  for (int64_t i = 0; i < x.rank(); ++i) {
    int64_t& size = repeats[static_cast<size_t>(rank - x.rank() + i)];
    if (__builtin_mul_overflow(size, x.sizes[static_cast<size_t>(i)], &size))
      throw call.error("sizes are too large");
  }
  return {fresh(x.dtype, std::move(repeats))};
}
std::vector<Result> infer_repeat(const Call& call) { return repeated(call, call.ints("repeats")); }
std::vector<Result> infer_tile(const Call& call) {
  Dims repeats = call.ints("dims");
  while (static_cast<int64_t>(repeats.size()) < self(call).rank())
    repeats.insert(repeats.begin(), 1);
  return repeated(call, std::move(repeats));
}
int64_t scratch_repeat(const Call& call) {
  if (call.output().numel() == 0) return 0;
  return std::max<int64_t>(8, 32 * call.output().rank());
}

// aten::repeat_interleave with one number is an expansion that is copied; with a tensor the places
// are listed first.
int64_t interleaved_dim(const Call& call) {
  return call.has("dim") ? wrap_dim(call, call.integer("dim"), self(call).rank()) : 0;
}
TensorType interleaved(const Call& call, int64_t size) {
  const TensorType& x = self(call);
  if (!call.has("dim") || x.rank() == 0) return {x.dtype, {size}};
  Dims sizes = x.sizes;
  sizes[static_cast<size_t>(interleaved_dim(call))] = size;
  return {x.dtype, std::move(sizes)};
}
int64_t interleaved_size(const Call& call) {
  const TensorType& x = self(call);
  return !call.has("dim") || x.rank() == 0 ? x.numel()
                                           : x.sizes[static_cast<size_t>(interleaved_dim(call))];
}
std::vector<Result> infer_interleave_number(const Call& call) {
  const int64_t repeats = call.integer("repeats");
  if (repeats < 0)
    throw call.error("found " + std::to_string(repeats) + " repeats, expected at least 0");
  int64_t size = 0;
  if (__builtin_mul_overflow(interleaved_size(call), repeats, &size))
    throw call.error("sizes are too large");
  return {fresh(interleaved(call, size))};
}
int64_t flat_copy_bytes(const Call& call) {
  return !call.has("dim") && !view_strides(self(call), {self(call).numel()}) ? self(call).bytes()
                                                                             : 0;
}
Work work_interleave_number(const Call& call) {
  const int64_t flat = flat_copy_bytes(call);
  return {0, 0, touched_bytes(self(call)) + flat, call.output().bytes() + flat};
}
int64_t known_size(const Call& call) {
  if (!call.has("output_size")) {
    throw call.error(
        "the size of the result depends on the values of repeats, expected output_size");
  }
  return call.integer("output_size");
}
std::vector<Result> infer_interleave_places(const Call& call) {
  return {fresh(call.tensor("repeats").dtype, {known_size(call)})};
}
Work work_interleave_places(const Call& call) {
  const TensorType& repeats = call.tensor("repeats");
  const int64_t sums = 8 * repeats.numel();
  return {0, repeats.numel(), 2 * touched_bytes(repeats) + sums, sums + call.output().bytes()};
}
// The repeats as i64, if they are not, are only needed for their running sums.
int64_t wide_repeats_bytes(const Call& call, int64_t count) {
  return call.tensor("repeats").dtype == Dtype::i64 ? 0 : 8 * count;
}
int64_t scratch_interleave_places(const Call& call) {
  const int64_t count = call.tensor("repeats").numel();
  return 8 * count + std::max<int64_t>(0, wide_repeats_bytes(call, count) - call.output().bytes());
}
std::vector<Result> infer_interleave_tensor(const Call& call) {
  const TensorType& repeats = call.tensor("repeats");
  if (repeats.rank() > 1) throw call.error("expected repeats of rank 0 or 1");
  const int64_t size = interleaved_size(call);
  if (repeats.numel() != 1 && repeats.numel() != size) {
    throw call.error("found " + std::to_string(repeats.numel()) + " repeats, expected 1 or " +
                     std::to_string(size));
  }
  return {fresh(interleaved(call, known_size(call)))};
}
// One number of repeats for all is expanded to one for each first.
int64_t spread_repeats_bytes(const Call& call) {
  const TensorType& repeats = call.tensor("repeats");
  const bool spread = repeats.rank() == 0 || repeats.numel() == 1;
  return spread ? interleaved_size(call) * size_bytes(repeats.dtype) : 0;
}
Work work_interleave_tensor(const Call& call) {
  const TensorType& repeats = call.tensor("repeats");
  const int64_t sums = 8 * interleaved_size(call), spread = spread_repeats_bytes(call),
                flat = flat_copy_bytes(call);
  const int64_t places = known_size(call) * size_bytes(repeats.dtype),
                copied = call.output().bytes();
  return {0, interleaved_size(call),
          touched_bytes(repeats) + spread + sums + places + copied + flat,
          sums + spread + places + copied + flat};
}
int64_t scratch_interleave_tensor(const Call& call) {
  const int64_t sums = 8 * interleaved_size(call), spread = spread_repeats_bytes(call),
                flat = flat_copy_bytes(call);
  const int64_t places = known_size(call) * size_bytes(call.tensor("repeats").dtype);
  const int64_t listing =
      sums + spread + std::max(places, wide_repeats_bytes(call, interleaved_size(call)));
  const bool contiguous =
      interleaved_dim(call) != 1 || self(call).is_contiguous();  // see aten::index_select
  const int64_t copied = contiguous ? 0 : self(call).bytes();
  return flat + std::max(places + copied, listing - call.output().bytes());
}

const OpRow rows[] = {
    {"aten::roll(Tensor self, SymInt[1] shifts, int[1] dims=[]) -> Tensor", OpFamily::copy,
     infer_roll, work_roll, scratch_roll},
    {"aten::flip(Tensor self, int[] dims) -> Tensor", OpFamily::copy, infer_flip, work_copy},
    {"aten::fliplr(Tensor self) -> Tensor", OpFamily::copy, infer_flip_all, work_copy},
    {"aten::flipud(Tensor self) -> Tensor", OpFamily::copy, infer_flip_all, work_copy},
    {"aten::rot90(Tensor self, int k=1, int[] dims=[0, 1]) -> Tensor", OpFamily::copy, infer_rot90,
     work_copy},
    {"aten::repeat(Tensor self, SymInt[] repeats) -> Tensor", OpFamily::copy, infer_repeat,
     work_copy, scratch_repeat},
    {"aten::tile(Tensor self, SymInt[] dims) -> Tensor", OpFamily::copy, infer_tile, work_copy,
     scratch_repeat},
    {"aten::repeat_interleave.self_int(Tensor self, SymInt repeats, int? dim=None, *, SymInt? "
     "output_size=None) -> Tensor",
     OpFamily::copy, infer_interleave_number, work_interleave_number, flat_copy_bytes},
    {"aten::repeat_interleave.Tensor(Tensor repeats, *, SymInt? output_size=None) -> Tensor",
     OpFamily::copy, infer_interleave_places, work_interleave_places, scratch_interleave_places},
    {"aten::repeat_interleave.self_Tensor(Tensor self, Tensor repeats, int? dim=None, *, SymInt? "
     "output_size=None) -> Tensor",
     OpFamily::copy, infer_interleave_tensor, work_interleave_tensor, scratch_interleave_tensor},
};

}  // namespace

std::span<const OpRow> rearrange_rows() { return rows; }

}  // namespace opgauge
