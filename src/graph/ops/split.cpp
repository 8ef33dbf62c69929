// SPDX-License-Identifier: Apache-2.0
// Views of parts: one tensor becomes several, along one dimension.
#include <algorithm>

#include "graph/ops/rows.hpp"
#include "graph/ops/strides.hpp"

namespace opgauge {
namespace {

Work no_work(const Call&) { return {}; }

struct Cut {
  int64_t dim = 0, size = 0;
};
Cut cut_of(const Call& call, int64_t dim) {
  const TensorType& x = call.tensor("self");
  if (x.rank() == 0) throw call.error("found a tensor of rank 0, expected at least 1");
  dim = wrap_dim(call, dim, x.rank());
  return {dim, x.sizes[static_cast<size_t>(dim)]};
}

std::vector<Result> parts(const Call& call, const Cut& cut, const Dims& lengths) {
  std::vector<Result> results;
  int64_t start = 0;
  for (const int64_t length : lengths) {
    if (length < 0 || length > cut.size - start) {
      throw call.error("found a part of size " + std::to_string(length) + ", expected 0 to " +
                       std::to_string(cut.size - start));
    }
    results.push_back({sliced(call.tensor("self"), cut.dim, start, length), call.value("self")});
    start += length;
  }
  if (start != cut.size) {
    throw call.error("found parts that sum to " + std::to_string(start) + ", expected the size " +
                     std::to_string(cut.size));
  }
  return results;
}

// As many parts as a graph can sensibly hold.
void check_count(const Call& call, int64_t count) {
  if (count > 100'000)
    throw call.error("found " + std::to_string(count) + " parts, expected at most 100000");
}

Dims equal_lengths(const Call& call, int64_t size, int64_t length) {
  if (length < 0 || (length == 0 && size != 0)) {
    throw call.error("found parts of size " + std::to_string(length) + ", expected at least 1");
  }
  if (length == 0) return {0};
  check_count(call, size / length);
  Dims lengths(static_cast<size_t>(std::max<int64_t>(size / length + (size % length != 0), 1)),
               length);
  lengths.back() = size - length * static_cast<int64_t>(lengths.size() - 1);
  return lengths;
}

std::vector<Result> infer_split(const Call& call) {
  const Cut cut = cut_of(call, call.integer("dim"));
  return parts(call, cut, equal_lengths(call, cut.size, call.integer("split_size")));
}
std::vector<Result> infer_split_sizes(const Call& call) {
  const bool short_name = call.node().op->schema->index("split_size") >= 0;
  return parts(call, cut_of(call, call.integer("dim")),
               call.ints(short_name ? "split_size" : "split_sizes"));
}
std::vector<Result> infer_chunk(const Call& call) {
  const Cut cut = cut_of(call, call.integer("dim"));
  const int64_t chunks = call.integer("chunks");
  if (chunks < 1)
    throw call.error("found " + std::to_string(chunks) + " chunks, expected at least 1");
  const int64_t length = cut.size / chunks + (cut.size % chunks != 0);
  if (length == 0) check_count(call, chunks);
  if (length == 0) return parts(call, cut, Dims(static_cast<size_t>(chunks), 0));
  return parts(call, cut, equal_lengths(call, cut.size, length));
}

std::vector<Result> sections(const Call& call, const Cut& cut, int64_t count) {
  if (count < 1)
    throw call.error("found " + std::to_string(count) + " sections, expected at least 1");
  check_count(call, count);
  Dims lengths(static_cast<size_t>(count), cut.size / count);
  for (int64_t i = 0; i < cut.size % count; ++i) ++lengths[static_cast<size_t>(i)];
  return parts(call, cut, lengths);
}
std::vector<Result> at_indices(const Call& call, const Cut& cut, const Dims& indices) {
  std::vector<Result> results;
  const auto place = [&](int64_t at) {
    return std::clamp<int64_t>(at < 0 ? at + cut.size : at, 0, cut.size);
  };
  int64_t before = 0;
  for (size_t i = 0; i <= indices.size(); ++i) {
    const int64_t end = i < indices.size() ? indices[i] : cut.size;
    const int64_t start = place(before);
    const int64_t length = std::max<int64_t>(place(end) - start, 0);
    results.push_back({sliced(call.tensor("self"), cut.dim, start, length), call.value("self")});
    before = end;
  }
  return results;
}
std::vector<Result> infer_sections(const Call& call) {
  return sections(call, cut_of(call, call.integer("dim")), call.integer("sections"));
}
std::vector<Result> infer_at_indices(const Call& call) {
  return at_indices(call, cut_of(call, call.integer("dim")), call.ints("indices"));
}

std::vector<Result> infer_unbind(const Call& call) {
  const Cut cut = cut_of(call, call.integer("dim"));
  check_count(call, cut.size);
  std::vector<Result> results;
  for (int64_t i = 0; i < cut.size; ++i) {
    results.push_back({selected(call.tensor("self"), cut.dim, i), call.value("self")});
  }
  return results;
}

// aten::meshgrid: each tensor of rank 0 or 1 is expanded over the grid of all; "xy" swaps the first
// two dimensions.
std::vector<Result> meshgrid(const Call& call, bool swap) {
  const std::vector<const TensorType*> axes = call.tensors("tensors");
  if (axes.empty()) throw call.error("found no tensors, expected at least one");
  swap = swap && axes.size() >= 2;
  Dims shape;
  for (const TensorType* axis : axes) {
    if (axis->rank() > 1) throw call.error("expected tensors of rank 0 or 1");
    shape.push_back(axis->numel());
  }
  if (swap) std::swap(shape[0], shape[1]);
  const auto& operands = std::get<ValueList>(call.argument("tensors"));
  std::vector<Result> results;
  for (size_t i = 0; i < axes.size(); ++i) {
    const size_t at = swap && i < 2 ? 1 - i : i;
    Dims sizes(axes.size(), 1);
    sizes[at] = shape[at];
    TensorType line(axes[i]->dtype, sizes, *view_strides(*axes[i], sizes), axes[i]->offset);
    TensorType grid = expanded(call, line, shape);
    if (swap) grid = transposed(grid, 0, 1);
    if (swap) grid = transposed(grid, 0, 1);
    results.push_back({std::move(grid), operands[i].id});
  }
  return results;
}
std::vector<Result> infer_meshgrid(const Call& call) { return meshgrid(call, false); }
std::vector<Result> infer_meshgrid_indexing(const Call& call) {
  const std::string& indexing = call.text("indexing");
  if (indexing != "ij" && indexing != "xy")
    throw call.error("found \"" + indexing + "\", expected \"ij\" or \"xy\"");
  return meshgrid(call, indexing == "xy");
}

std::vector<Result> infer_broadcast_tensors(const Call& call) {
  Dims shape;
  for (const TensorType* one : call.tensors("tensors")) shape = broadcast(call, shape, one->sizes);
  std::vector<Result> results;
  for (const ValueRef operand : std::get<ValueList>(call.argument("tensors"))) {
    results.push_back({expanded(call, call.graph()[operand.id].type, shape), operand.id});
  }
  return results;
}

constexpr OpRow split_row(std::string_view schema, InferRule infer) {
  return {schema, OpFamily::view, infer, no_work};
}

const OpRow rows[] = {
    split_row(
        "aten::split.Tensor(Tensor(a -> *) self, SymInt split_size, int dim=0) -> Tensor(a)[]",
        infer_split),
    split_row(
        "aten::split.sizes(Tensor(a -> *) self, SymInt[] split_size, int dim=0) -> Tensor(a)[]",
        infer_split_sizes),
    split_row("aten::split_with_sizes(Tensor(a -> *) self, SymInt[] split_sizes, int dim=0) -> "
              "Tensor(a)[]",
              infer_split_sizes),
    split_row("aten::chunk(Tensor(a -> *) self, int chunks, int dim=0) -> Tensor(a)[]",
              infer_chunk),
    split_row("aten::unsafe_chunk(Tensor self, int chunks, int dim=0) -> Tensor[]", infer_chunk),
    split_row("aten::unsafe_split.Tensor(Tensor self, SymInt split_size, int dim=0) -> Tensor[]",
              infer_split),
    split_row(
        "aten::unsafe_split_with_sizes(Tensor self, SymInt[] split_sizes, int dim=0) -> Tensor[]",
        infer_split_sizes),
    split_row("aten::tensor_split.sections(Tensor(a -> *) self, SymInt sections, int dim=0) -> "
              "Tensor(a)[]",
              infer_sections),
    split_row("aten::tensor_split.indices(Tensor(a -> *) self, SymInt[] indices, int dim=0) -> "
              "Tensor(a)[]",
              infer_at_indices),
    split_row("aten::unbind.int(Tensor(a -> *) self, int dim=0) -> Tensor(a)[]", infer_unbind),
    split_row("aten::meshgrid(Tensor[] tensors) -> Tensor[]", infer_meshgrid),
    split_row("aten::meshgrid.indexing(Tensor[] tensors, *, str indexing) -> Tensor[]",
              infer_meshgrid_indexing),
    split_row("aten::broadcast_tensors(Tensor[] tensors) -> Tensor[]", infer_broadcast_tensors),
};

}  // namespace

std::span<const OpRow> split_rows() { return rows; }

}  // namespace opgauge
