// SPDX-License-Identifier: Apache-2.0
// Calibration networks of functions that few models call, and then for a large part of their time: sampling, scattering,
// sorting, random numbers, scalar loops over the C library's functions.
#include <algorithm>

#include "calibrate/archetype.hpp"

namespace opgauge {
namespace {

// Numbers between 0 and 1 that a call has just made.
ValueId fresh(Block& b, Dims sizes) { return b.unary("sigmoid", b.input(std::move(sizes))); }

struct Rows {
  int64_t count, length;
};
Rows rows_of(Block& b, double fewest_elements, double most_elements) {
  const double elements = b.random().log_uniform(fewest_elements, most_elements);
  const int64_t length = b.random().log_whole(8, static_cast<int64_t>(std::min(2000.0, elements / 2)));
  return {std::max<int64_t>(2, static_cast<int64_t>(elements) / length), length};
}

ValueId scalar_math(Block& b) {
  const auto [count, length] = rows_of(b, 1e3, 2e5);
  const ValueId x = fresh(b, {count, length});
  const auto with = [&](std::string_view target) { return b.op(target, {{"self", x}, {"other", b.unary("relu", x)}}); };
  switch (b.random().whole(0, 5)) {
    case 0: return with("aten::atan2");
    case 1: return with("aten::hypot");
    case 2: return with("aten::logaddexp");
    case 3: return b.op("aten::pow.Tensor_Scalar", {{"self", x}, {"exponent", 1.7}});
    case 4: return b.op("aten::fmod.Scalar", {{"self", x}, {"other", 0.3}});
    default: return b.op("aten::remainder.Scalar", {{"self", x}, {"other", 0.3}});
  }
}

ValueId vector_math(Block& b) {
  const auto [count, length] = rows_of(b, 1e3, 3e5);
  const ValueId x = fresh(b, {count, length});
  return b.unary(b.random().pick<std::string_view>({"sin", "cos", "log", "erf", "abs", "sqrt"}), x);
}

ValueId gated_halves(Block& b) {
  const auto [count, length] = rows_of(b, 2e3, 4e5);
  const int64_t even = 2 * ((length + 1) / 2);
  if (b.random().chance(0.7)) return b.op("aten::glu", {{"self", fresh(b, {count, even})}, {"dim", int64_t{-1}}});
  return b.op("aten::glu", {{"self", fresh(b, {1, even, count})}, {"dim", int64_t{1}}});
}

ValueId log_sum(Block& b) {
  const auto [count, length] = rows_of(b, 1e3, 2e5);
  return b.op("aten::logsumexp", {{"self", fresh(b, {count, length})}, {"dim", Dims{b.random().chance(0.8) ? int64_t{-1} : int64_t{0}}}});
}

// How far points are from each other.
ValueId distances(Block& b) {
  const int64_t n = b.random().pick<int64_t>({1, 1, 2}), from = b.random().log_whole(30, 1200), to = b.random().log_whole(30, 1200);
  const int64_t terms = b.random().chance(0.6) ? b.random().whole(2, 4) : b.random().log_whole(4, 128);
  return b.op("aten::cdist", {{"x1", fresh(b, {n, from, terms})}, {"x2", fresh(b, {n, to, terms})}});
}

// Messages of edges added to their nodes, a row at once.
ValueId added_rows(Block& b) {
  const auto [count, length] = rows_of(b, 1e3, 1e6);
  const ValueId to = fresh(b, {std::max<int64_t>(2, count / b.random().pick<int64_t>({1, 4, 8, 16})), length});
  return b.op("aten::index_add", {{"self", to}, {"dim", int64_t{0}}, {"index", b.input({count}, Dtype::i64)}, {"source", fresh(b, {count, length})}});
}

ValueId random_numbers(Block& b) {
  const auto [count, length] = rows_of(b, 300, 1e5);
  return b.op(b.random().chance(0.5) ? "aten::randn" : "aten::rand", {{"size", Dims{count, length}}});
}

ValueId sample(Block& b) {
  for (;;) {
    const int64_t n = b.random().pick<int64_t>({1, 1, 2}), c = b.random().log_whole(1, 128), side = b.side(6, 120), out = b.side(6, 120);
    const double made = static_cast<double>(n * c * out) * static_cast<double>(out);
    if (made < 1e3 || made > 4e5 || static_cast<double>(n * c * side) * static_cast<double>(side) > 1e6) continue;
    return b.op("aten::grid_sampler", {{"input", fresh(b, {n, c, side, side})}, {"grid", fresh(b, {n, out, out, 2})}, {"interpolation_mode", int64_t{0}},
                                       {"padding_mode", b.random().pick<int64_t>({0, 1})}, {"align_corners", false}});
  }
}

ValueId scatter(Block& b) {  // messages of edges to nodes
  const auto [count, length] = rows_of(b, 500, 1e5);
  const ValueId to = fresh(b, {std::max<int64_t>(2, count / b.random().pick<int64_t>({1, 4, 16})), length}), from = fresh(b, {count, length});
  const ValueId index = b.input({count, length}, Dtype::i64);
  if (b.random().chance(0.3)) {
    return b.op("aten::scatter_reduce.two", {{"self", to}, {"dim", int64_t{0}}, {"index", index}, {"src", from}, {"reduce", b.random().pick<std::string>({"amax", "sum"})}});
  }
  return b.op("aten::scatter_add", {{"self", to}, {"dim", int64_t{0}}, {"index", index}, {"src", from}});
}

ValueId pool_signal(Block& b) {
  const ValueId x = b.unary("relu", b.input({b.random().pick<int64_t>({1, 1, 2, 4}), b.channels(8, 256), b.random().log_whole(40, 3000)}));
  if (b.random().chance(0.2)) {  // a running mean
    return b.op("aten::avg_pool1d", {{"self", x}, {"kernel_size", Dims{b.random().log_whole(2, 32)}}, {"stride", Dims{b.random().pick<int64_t>({1, 2})}}});
  }
  const int64_t k = b.random().pick<int64_t>({2, 2, 3, 4});
  return b.op("aten::max_pool1d", {{"self", x}, {"kernel_size", Dims{k}}, {"stride", Dims{b.random().pick<int64_t>({1, k})}}});
}

ValueId stretched_signal(Block& b) {
  const int64_t c = b.random().log_whole(1, 128), length = b.random().log_whole(4, 1000), times = b.random().whole(2, 24);
  const ValueId x = fresh(b, {b.random().pick<int64_t>({1, 2, 4, 32}), c, std::max<int64_t>(2, std::min<int64_t>(length, 60000 / (c * times)))});
  return b.op("aten::upsample_linear1d.vec", {{"input", x}, {"output_size", Dims{b.size(x, 2) * times}}, {"align_corners", b.random().chance(0.2)}, {"scale_factors", Argument()}});
}

ValueId plain_norm(Block& b) {  // no weights, as where they come from a condition
  const auto [count, length] = rows_of(b, 2e3, 4e5);
  return b.op("aten::layer_norm", {{"input", fresh(b, {1, count, length})}, {"normalized_shape", Dims{length}}});
}

ValueId shuffle(Block& b) {
  const int64_t factor = b.random().pick<int64_t>({2, 2, 3, 4}), c = b.random().log_whole(1, 64), side = b.side(8, 100);
  if (b.random().chance(0.7)) return b.op("aten::pixel_shuffle", {{"self", fresh(b, {1, c * factor * factor, side, side})}, {"upscale_factor", factor}});
  return b.op("aten::pixel_unshuffle", {{"self", fresh(b, {1, c, side * factor, side * factor})}, {"downscale_factor", factor}});
}

ValueId sorted(Block& b) {
  const auto [count, length] = rows_of(b, 100, 3e4);
  return b.ops("aten::sort", {{"self", fresh(b, {count, length})}, {"dim", int64_t{-1}}})[0];
}

ValueId selected(Block& b) {
  const auto [count, length] = rows_of(b, 100, 1e5);
  return b.ops("aten::topk", {{"self", fresh(b, {count, length})}, {"k", b.random().log_whole(1, std::min<int64_t>(64, length))}})[0];
}

ValueId row_scores(Block& b) {  // one number for each row
  const auto [count, length] = rows_of(b, 2e3, 6e6);
  return b.linear(fresh(b, {count, length}), 1, b.random().chance(0.5));
}

ValueId short_rows(Block& b) {
  const int64_t length = b.random().log_whole(2, 48), count = std::max<int64_t>(1, static_cast<int64_t>(b.random().log_uniform(2e3, 1.5e6)) / length);
  const ValueId x = fresh(b, {count, length});
  const Dims last{-1};
  switch (b.random().whole(0, 7)) {
    case 5: return b.random().chance(0.7) ? b.softmax(x, -1) : b.op("aten::log_softmax.int", {{"self", x}, {"dim", int64_t{-1}}});
    case 0:
    case 4: return b.op(b.random().chance(0.8) ? "aten::amax" : "aten::amin", {{"self", x}, {"dim", last}});
    case 1:
    case 6:
    case 7: return b.op("aten::sum.dim_IntList", {{"self", x}, {"dim", last}});
    case 2: return b.op("aten::argmax", {{"self", x}, {"dim", int64_t{-1}}});
    default: return b.mean(x, last, false);
  }
}

// A few columns out of a table, whose rows are loops of their own: no vectors, or a few and then what is left behind them.
ValueId few_columns(Block& b) {
  const int64_t length = b.random().log_whole(2, 90), count = std::max<int64_t>(2, static_cast<int64_t>(b.random().log_uniform(1e3, 1e5)) / length);
  const ValueId x = b.slice(fresh(b, {count, length + b.random().log_whole(1, 60)}), 1, 0, length);
  switch (b.random().whole(0, 9)) {
    case 0:
    case 1: return b.softmax(x, -1);
    case 2: return b.add(x, fresh(b, {count, 1}));
    case 3: return b.mul(x, fresh(b, {count, length}));
    case 4: return b.op("aten::where.self", {{"condition", b.op("aten::gt.Scalar", {{"self", x}, {"other", 0.5}})}, {"self", x}, {"other", fresh(b, {1, length})}});
    default: return b.unary(b.random().pick<std::string_view>({"softplus", "gelu", "gelu", "exp", "tanh", "silu", "sigmoid", "mish", "elu", "sin", "sqrt"}), x);
  }
}

// Products of a few terms: coordinates and features of points made wide, weights mixed from some experts'.
ValueId few_terms(Block& b) {
  const int64_t k = b.random().whole(2, 8);
  if (b.random().chance(0.4)) return b.matmul(fresh(b, {b.random().pick<int64_t>({1, 2, 2, 2, 4, 8}), k}), b.weight({k, b.random().log_whole(500, 200000)}));
  const int64_t out = b.random().chance(0.7) ? 8 * b.random().log_whole(1, 48) : b.random().log_whole(2, 64), m = static_cast<int64_t>(b.random().log_uniform(2e3, 1e6)) / out;
  return b.linear(fresh(b, {1, std::max<int64_t>(4, m), k}), out, b.random().chance(0.8));
}

// Slices of a table by number, as a mixture of experts finds its matrices; a row for each is multiplied by them.
ValueId slices(Block& b) {
  const bool many = b.random().chance(0.12);
  for (;;) {
    const int64_t count = b.random().log_whole(8, 400), rows = b.random().log_whole(1, 200), length = 8 * b.random().log_whole(8, 100), taken = b.random().log_whole(4, 300);
    const auto moved = static_cast<double>(taken * rows * length);
    if (static_cast<double>(count * rows * length) > 4e6 || moved > (many ? 1.2e7 : 4e6) || (many && moved < 4e6)) continue;
    const ValueId found = b.op("aten::index.Tensor", {{"self", b.weight({count, rows, length})}, {"indices", ValueList{ValueRef{b.input({taken}, Dtype::i64)}}}});
    if (b.random().chance(0.4)) return found;
    if (b.random().chance(0.5)) return b.op("aten::bmm", {{"self", b.unary("relu", b.input({taken, 1, rows}))}, {"mat2", found}});
    return b.op("aten::bmm", {{"self", found}, {"mat2", b.unary("relu", b.input({taken, length, 1}))}});
  }
}

ValueId gathered(Block& b) {
  const auto [count, length] = rows_of(b, 500, 5e4);
  return b.op("aten::gather", {{"self", fresh(b, {count, length})}, {"dim", int64_t{1}}, {"index", b.input({count, length * b.random().whole(1, 4)}, Dtype::i64)}});
}

Graph draw_functions(Block& b) {
  std::vector<ValueId> made;
  for (int64_t i = b.random().whole(6, 10); i > 0; --i) {
    made.push_back(b.random().pick<ValueId (*)(Block&)>(
        {scalar_math, vector_math, vector_math, random_numbers, sample, scatter, pool_signal, plain_norm, shuffle, sorted, selected, row_scores, short_rows, few_columns, few_columns, gathered, slices, few_terms, stretched_signal, gated_halves, log_sum, distances, added_rows})(b));
  }
  return b.finish(std::move(made));
}

const Archetype rows[] = {{"functions", 0.16, draw_functions}};

}  // namespace

std::span<const Archetype> function_archetypes() { return rows; }

}  // namespace opgauge
