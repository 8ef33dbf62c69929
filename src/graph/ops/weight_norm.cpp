// SPDX-License-Identifier: Apache-2.0
// Weights kept as direction and length: v * g / |v|, a norm for each index of one dimension.
//
// Other ops: two an element of v and a root a norm, then a division a norm and a product an
// element.
#include <algorithm>

#include "graph/ops/eager.hpp"
#include "graph/ops/rows.hpp"

namespace opgauge {
namespace {

using eager::Run;
using eager::Tensor;
using eager::Tensors;

struct WeightNorm {
  Tensor v, g;
  int64_t dim = 0;
  // One kernel does it all where the norms lie along the first or last dimension.
  bool fused() const { return dim == 0 || dim == v.rank() - 1; }
};

WeightNorm operands(Run& run) {
  WeightNorm given{run.operand("v"), run.operand("g"), run.call.integer("dim")};
  const int64_t rank = given.v.rank();
  if (!is_floating(given.v.dtype()) || !is_floating(given.g.dtype())) {
    throw run.error("expected tensors of a floating dtype");
  }
  if (rank == 0 || given.dim < -1 || given.dim >= rank) {
    throw run.error("found dim " + std::to_string(given.dim) + ", expected -1 to " +
                    std::to_string(rank - 1));
  }
  if (given.fused() && given.g.numel() != given.v.size(given.dim)) {
    throw run.error("found " + std::to_string(given.g.numel()) + " lengths, expected " +
                    std::to_string(given.v.size(given.dim)));
  }
  return given;
}

// The weight and the norms that the kernel keeps beside it.
Tensors by_kernel(Run& run, const WeightNorm& given) {
  const Tensor &v = given.v, &g = given.g;
  if (v.dtype() != g.dtype()) throw run.error("expected v and g of one dtype");
  const Tensor w = run.empty(v.dtype(), v.type.sizes);
  const Tensor norm = run.empty(g.dtype() == Dtype::f64 ? Dtype::f64 : Dtype::f32, g.type.sizes);
  // Sums over rows gather in one line a thread, where the norms do not lie along the rows.
  const Tensor sums = given.dim == 0 ? Tensor() : run.empty(norm.dtype(), {v.size(-1)});
  run.read(v);
  run.read(v);
  run.read(g);
  run.write(w);
  run.write(norm);
  run.work.other_ops += 3 * v.numel() + 2 * norm.numel();
  return {w, norm};
}

Tensor norms(Run& run, const Tensor& v, int64_t dim) {
  Dims sizes(static_cast<size_t>(v.rank()), 1);
  if (dim == -1) {
    sizes.clear();
  } else {
    sizes[static_cast<size_t>(dim)] = v.size(dim);
  }
  const Tensor rows = dim == -1 ? v : run.contiguous(run.transpose(v, 0, dim));
  const Tensor norm = run.empty(v.dtype(), sizes);
  run.read(rows);
  run.write(norm);
  run.work.other_ops += 2 * v.numel() + norm.numel();
  return norm;
}

Tensors weight_norm(Run& run) {
  WeightNorm given = operands(run);
  given.v = run.contiguous(given.v);
  given.g = run.contiguous(given.g);
  if (given.fused()) return {by_kernel(run, given)[0]};
  const Tensor norm = norms(run, given.v, given.dim), scale = run.pointwise({given.g, norm}, 1);
  return {run.pointwise({given.v, scale}, 1)};
}

Tensors weight_norm_interface(Run& run) {
  const WeightNorm given = operands(run);
  if (!given.fused()) {
    throw run.error("found dim " + std::to_string(given.dim) + ", expected the first or the last");
  }
  return by_kernel(run, given);
}

const OpRow rows[] = {
    eager::row<weight_norm>("aten::_weight_norm(Tensor v, Tensor g, int dim=0) -> Tensor",
                            OpFamily::normalization),
    eager::row<weight_norm_interface>(
        "aten::_weight_norm_interface(Tensor v, Tensor g, int dim=0) -> (Tensor, Tensor)",
        OpFamily::normalization),
};

}  // namespace

std::span<const OpRow> weight_norm_rows() { return rows; }

}  // namespace opgauge
