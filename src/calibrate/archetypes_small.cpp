// SPDX-License-Identifier: Apache-2.0
// Calibration networks of tens of microseconds, as recommenders, policies and regressors are: all that they touch stays in
// the nearest cache from one run to the next, and what a call costs by itself is most of their time.
#include <algorithm>

#include "calibrate/archetype.hpp"

namespace opgauge {
namespace {

constexpr int64_t widest = 400;

// The mean of what some categories each have in a table.
ValueId bag(Block& b, int64_t rows) {
  const int64_t each = b.random().whole(2, 40), width = b.random().pick<int64_t>({8, 16, 32, 64, 128});
  const ValueId ids = b.flatten(b.input({rows, each}, Dtype::i64), 0);
  const ValueId offsets = b.op("aten::arange.start_step", {{"start", int64_t{0}}, {"end", b.size(ids, 0)}, {"step", each}});
  const ValueId table = b.weight({b.random().log_whole(300, 50000), width});
  return b.ops("aten::embedding_bag", {{"weight", table}, {"indices", ids}, {"offsets", offsets}, {"mode", b.random().whole(0, 1)}})[0];
}

ValueId looked_up(Block& b, int64_t rows) {
  if (b.random().chance(0.2)) {
    std::vector<ValueId> bags;
    for (int64_t i = b.random().whole(2, 5); i > 0; --i) bags.push_back(bag(b, rows));
    return b.cat(std::move(bags), 1);
  }
  const int64_t columns = b.random().whole(1, 6), width = b.random().pick<int64_t>({4, 8, 16, 32, 64});
  const ValueId ids = b.input({rows, columns}, Dtype::i64);
  std::vector<ValueId> found;
  for (int64_t i = 0; i < columns; ++i) {
    const ValueId column = columns == 1 ? b.flatten(ids, 0) : b.op("aten::select.int", {{"self", ids}, {"dim", 1}, {"index", i}});
    found.push_back(b.op("aten::embedding", {{"weight", b.weight({b.random().log_whole(300, 20000), width})}, {"indices", column}}));
  }
  if (columns == 1) return found[0];
  if (b.random().chance(0.7)) return b.cat(std::move(found), 1);
  ValueId x = found[0];
  for (size_t i = 1; i < found.size(); ++i) x = b.random().chance(0.5) ? b.mul(x, found[i]) : b.add(x, found[i]);
  return x;
}

ValueId function_of(Block& b, ValueId x) {
  switch (b.random().whole(0, 8)) {
    case 0: return b.unary("sin", x);
    case 1: return b.unary("exp", b.unary("tanh", x));
    case 2: return b.unary("square", x);
    case 3: return b.unary("softplus", x);
    case 4: return b.op("aten::clamp", {{"self", x}, {"min", -1.0}, {"max", 1.0}});
    case 5: return b.unary("sigmoid", x);
    case 6: return b.op("aten::mul.Tensor", {{"self", x}, {"other", 0.5}});
    case 7: return b.op("aten::rsub.Scalar", {{"self", x}, {"other", 1.0}});
    default: return b.activation(x);
  }
}

ValueId over_row(Block& b, ValueId x) {
  switch (b.random().whole(0, 4)) {
    case 0: return b.layer_norm(x);
    case 1: return b.softmax(x, -1);
    case 2: return b.mul(x, b.mean(x, {1}, true));
    case 3: return b.mul(x, b.op("aten::sum.dim_IntList", {{"self", x}, {"dim", Dims{1}}, {"keepdim", true}}));
    default: return b.batch_norm(x);
  }
}

ValueId halves(Block& b, ValueId x) {
  const int64_t half = b.size(x, 1) / 2;
  if (half < 1) return x;
  const std::vector<ValueId> parts = b.ops("aten::chunk", {{"self", x}, {"chunks", int64_t{2}}, {"dim", int64_t{1}}});
  if (b.size(x, 1) % 2 != 0) return parts[0];
  return b.random().chance(0.5) ? b.mul(parts[0], b.unary("sigmoid", parts[1])) : b.cat({parts[1], parts[0]}, 1);
}

Graph draw_small(Block& b) {
  const int64_t rows = b.random().pick<int64_t>({1, 1, 2, 2, 4, 8, 16, 32, 64, 128});
  ValueId x = b.random().chance(0.35) ? looked_up(b, rows) : b.unary("relu", b.input({rows, b.random().log_whole(4, 256)}));
  ValueId kept = x;
  for (int64_t i = b.random().whole(5, 12); i > 0; --i) {
    const double step = b.random().uniform();
    if (step < 0.3) x = b.linear(x, b.random().log_whole(4, 256), b.random().chance(0.8));
    else if (step < 0.55) x = function_of(b, x);
    else if (step < 0.7) x = over_row(b, x);
    else if (step < 0.78) x = halves(b, x);
    else if (b.size(kept, 1) == b.size(x, 1)) x = b.random().chance(0.5) ? b.add(x, kept) : b.mul(x, kept);
    else if (b.size(kept, 1) + b.size(x, 1) < widest) x = b.cat({x, kept}, 1);
    if (b.random().chance(0.3)) kept = x;
  }
  return b.finish({x});
}

const Archetype rows[] = {{"small", 0.55, draw_small}};

}  // namespace

std::span<const Archetype> small_archetypes() { return rows; }

}  // namespace opgauge
