// SPDX-License-Identifier: Apache-2.0
// Outer products and distances: ops that eager execution makes of several kernels.
#include <algorithm>

#include "graph/ops/products.hpp"
#include "graph/ops/rows.hpp"

namespace opgauge {
namespace {

using eager::Run;
using eager::Tensor;
using eager::Tensors;

// aten::ger multiplies a column by a row.
Tensors outer(Run& run) {
  const Tensor x = run.operand("self"), y = run.operand("vec2");
  if (x.rank() != 1 || y.rank() != 1) throw run.error("expected two tensors of rank 1");
  return {run.pointwise({run.reshape(x, {x.size(0), 1}), y}, 1)};
}

// A norm over the last dimension: two operations an element and a root.
Tensor last_norm(Run& run, const Tensor& x, bool keep) {
  Dims sizes = x.type.sizes;
  if (!sizes.empty() && keep) sizes.back() = 1;
  if (!sizes.empty() && !keep) sizes.pop_back();
  Tensor y = run.empty(x.dtype(), sizes);
  run.read(x);
  run.write(y);
  run.work.other_ops += 2 * x.numel() + y.numel();
  return y;
}

// aten::pairwise_distance: the norm of x1 - x2 + eps.
Tensors pairwise_distance(Run& run) {
  const Tensor a = run.operand("x1"), b = run.operand("x2");
  const Tensor difference = run.pointwise({a, b}, 1);
  if (!is_floating(difference.dtype()) || difference.rank() == 0) {
    throw run.error("expected tensors of a floating dtype and rank of 1 or more");
  }
  const Tensor shifted = run.pointwise_number(difference, 1);
  return {last_norm(run, shifted, run.call.flag("keepdim"))};
}

// aten::mse_loss: (x - y)^2. A mean or sum is made of a second tensor of them; the result keeps the memory of the first.
Tensors mse_loss(Run& run) {
  const Tensor a = run.operand("self"), b = run.operand("target");
  const Tensor squares = run.pointwise({a, b}, 2);
  if (!is_floating(squares.dtype())) throw run.error("expected tensors of a floating dtype");
  if (run.call.integer("reduction") == 0) return {squares};
  const Tensor summed = run.pointwise({a, b}, 2);
  const Tensor y = run.view(squares, TensorType(squares.dtype(), {}));
  constexpr int64_t mean = 1;
  const bool half = y.dtype() == Dtype::f16 || y.dtype() == Dtype::bf16;
  const bool through_f32 = half && run.call.integer("reduction") == mean;
  const Tensor total = through_f32 ? run.to(y, Dtype::f32) : y;
  {
    const Tensor terms = through_f32 ? run.to(summed, Dtype::f32) : summed;
    run.read(terms);
    run.write(total);
    run.work.other_ops += terms.numel();
  }
  if (run.call.integer("reduction") == mean) run.in_place_number(total, 1);
  if (through_f32) run.to(total, y.dtype());
  return {y};
}

// aten::cdist: Euclidean distances of many rows by one matrix product over rows that carry their
// squared norms, of few rows (and other norms) directly.
Tensors cdist(Run& run) {
  Tensor a = run.operand("x1"), b = run.operand("x2");
  if (a.rank() < 2 || b.rank() < 2 || a.size(-1) != b.size(-1) || a.dtype() != b.dtype()) {
    throw run.error("expected two lists of rows of one length and dtype");
  }
  if (!is_floating(a.dtype())) throw run.error("expected tensors of a floating dtype");
  const int64_t rows = a.size(-2), others = b.size(-2), length = a.size(-1);
  Dims batch = broadcast(run.call, Dims(a.type.sizes.begin(), a.type.sizes.end() - 2),
                         Dims(b.type.sizes.begin(), b.type.sizes.end() - 2));
  const auto spread = [&](const Tensor& x) {
    Dims sizes = batch;
    sizes.push_back(x.size(-2));
    sizes.push_back(length);
    return run.contiguous(run.expand(x, sizes));
  };
  a = spread(a);
  b = spread(b);
  const auto all = [&](int64_t size) {
    Dims sizes = batch;
    sizes.insert(sizes.end(), {rows, size});
    return sizes;
  };
  const int64_t mode = run.call.has("compute_mode") ? run.call.integer("compute_mode") : 0;
  const bool product =
      run.call.number("p") == 2 && mode != 2 && (mode == 1 || rows > 25 || others > 25);
  if (!product || a.numel() == 0 || b.numel() == 0) {
    Tensor y = run.empty(a.dtype(), all(others));
    run.read(a);
    run.read(b);
    run.write(y);
    run.work.other_ops += y.numel() * (3 * length + 1);
    return {y};
  }
  const auto squares = [&](const Tensor& x) {
    const Tensor powers = run.pointwise({x}, 1);
    Dims sizes = x.type.sizes;
    sizes.back() = 1;
    Tensor sums = run.empty(x.dtype(), sizes);
    run.read(powers);
    run.write(sums);
    run.work.other_ops += x.numel();
    return sums;
  };
  const auto joined = [&](const Tensor& x, const Tensor& y, const Tensor& z) {
    Dims sizes = x.type.sizes;
    sizes.back() = length + 2;
    Tensor row = run.empty(x.dtype(), sizes);
    for (const Tensor& part : {x, y, z}) run.read(part);
    run.write(row);
    return row;
  };
  Tensor left, right;
  {
    const Tensor norms_a = squares(a), ones_a = run.empty(norms_a.type);
    run.fill(ones_a);
    const Tensor norms_b = squares(b), ones_b = run.empty(norms_b.type);
    run.fill(ones_b);
    left = joined(run.pointwise_number(a, 1), norms_a, ones_a);
    right = joined(b, ones_b, norms_b);
  }
  Tensor y = eager::matmul(run, left, run.transpose(right, -2, -1));
  run.in_place(y, {}, 1);  // not below 0
  run.in_place(y, {}, 1);  // the root
  return {y};
}

const OpRow rows[] = {
    eager::row<outer>("aten::ger(Tensor self, Tensor vec2) -> Tensor", OpFamily::pointwise),
    eager::row<pairwise_distance>("aten::pairwise_distance(Tensor x1, Tensor x2, float p=2., float "
                                  "eps=9.9999999999999995e-07, bool keepdim=False) -> Tensor",
                                  OpFamily::reduction),
    eager::row<mse_loss>("aten::mse_loss(Tensor self, Tensor target, int reduction=1) -> Tensor", OpFamily::reduction),
    eager::row<cdist>(
        "aten::cdist(Tensor x1, Tensor x2, float p=2., int? compute_mode=None) -> Tensor",
        OpFamily::reduction),
};

}  // namespace

std::span<const OpRow> distance_rows() { return rows; }

}  // namespace opgauge
