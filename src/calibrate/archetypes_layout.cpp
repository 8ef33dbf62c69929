// SPDX-License-Identifier: Apache-2.0
// Calibration networks for what surrounds the heavy ops: pointwise functions, reductions, copies, gathers and norms on
// contiguous, transposed, sliced and broadcast operands.
#include <algorithm>
#include <cmath>

#include "calibrate/archetype.hpp"

namespace opgauge {
namespace {

// A rank-3 or rank-4 activation of 2 thousand to 1.5 million elements.
Dims extent(Block& b, size_t rank) {
  for (;;) {
    Dims sizes{b.random().pick<int64_t>({1, 1, 1, 2, 4, 8})};
    double count = static_cast<double>(sizes[0]);
    for (size_t i = 1; i < rank; ++i) {
      sizes.push_back(i == 1 ? b.channels(3, 700) : b.random().log_whole(3, 400));
      count *= static_cast<double>(sizes.back());
    }
    if (count > 2e3 && count < 1.5e6) return sizes;
  }
}

// The same elements seen through another layout.
ValueId relayout(Block& b, ValueId x) {
  const int64_t rank = b.type(x).rank();
  switch (b.random().whole(0, 3)) {
    case 0: return b.transpose(x, 1, rank - 1);
    case 1: return b.size(x, -1) > 3 ? b.slice(x, rank - 1, 1, b.size(x, -1) - 1) : x;
    case 2: return rank == 4 ? b.permute(x, {0, 2, 3, 1}) : b.op("aten::squeeze.dim", {{"self", b.op("aten::unsqueeze", {{"self", x}, {"dim", 1}})}, {"dim", 1}});
    default: return x;
  }
}

ValueId pointwise(Block& b, ValueId x) {
  const auto scalar = [&](const char* name, double value) { return b.op(name, {{"self", x}, {"other", value}}); };
  switch (b.random().whole(0, 16)) {
    case 16: return b.unary("exp", x);
    case 14: return b.add(b.transpose(x, 1, 2), b.contiguous(b.transpose(x, 1, 2)));  // operands in different orders
    case 15: return b.mul(b.contiguous(b.transpose(x, 1, 2)), b.transpose(x, 1, 2));
    case 0: return scalar("aten::add.Tensor", 1.0);
    case 1: return scalar("aten::mul.Tensor", 0.5);
    case 2: return scalar("aten::div.Tensor", 3.0);
    case 3: {  // no models take a root of negative numbers, which costs ten times as much
      const double exponent = b.random().pick<double>({2.0, 3.0, 0.5, 0.7, 1.2, 1.7, 2.6, 4.0});
      return b.op("aten::pow.Tensor_Scalar", {{"self", exponent == std::round(exponent) ? x : b.unary("sigmoid", x)}, {"exponent", exponent}});
    }
    case 4: return b.unary(b.random().pick<const char*>({"exp", "exp", "exp", "exp", "exp", "exp", "exp", "exp", "abs", "neg", "sin", "cos", "erf", "sqrt", "rsqrt", "floor", "round", "reciprocal", "log", "square"}), x);
    case 5: return b.op("aten::clamp", {{"self", x}, {"min", -2.0}, {"max", 2.0}});
    case 6: return b.mul(x, b.weight({b.size(x, -1)}));
    case 7: return b.add(x, b.weight({b.size(x, -2), 1}));
    case 8: return b.op("aten::sub.Tensor", {{"self", x}, {"other", b.mean(x, {-1}, true)}});
    case 9: return b.mul(x, b.unary("sigmoid", x));
    case 10: return b.op("aten::where.self", {{"condition", b.op("aten::gt.Scalar", {{"self", x}, {"other", 0.0}})}, {"self", x}, {"other", b.weight({1})}});
    case 11: return b.op("aten::masked_fill.Scalar", {{"self", x}, {"mask", b.op("aten::lt.Scalar", {{"self", x}, {"other", -1.0}})}, {"value", 0.0}});
    case 12: return b.op("aten::maximum", {{"self", x}, {"other", b.unary("neg", x)}});
    default: return b.activation(b.op("aten::mul.Tensor", {{"self", x}, {"other", 1.1}}));
  }
}

ValueId reduce(Block& b, ValueId x) {
  const int64_t rank = b.type(x).rank(), dim = b.random().whole(1, rank - 1);
  switch (b.random().whole(0, 9)) {
    case 9: {  // over the few parts of a stack
      const ValueId stack = b.op("aten::stack", {{"tensors", b.random().chance(0.5) ? ValueList{ValueRef{x}, ValueRef{x}} : ValueList{ValueRef{x}, ValueRef{x}, ValueRef{x}}}, {"dim", b.random().whole(0, 1)}});
      return b.op("aten::sum.dim_IntList", {{"self", stack}, {"dim", Dims{b.random().whole(0, 1)}}});
    }
    case 0: return b.mean(x, {dim}, true);
    case 1: return b.op("aten::sum.dim_IntList", {{"self", x}, {"dim", Dims{dim}}, {"keepdim", true}});
    case 2: return b.op("aten::amax", {{"self", x}, {"dim", Dims{dim}}, {"keepdim", true}});
    case 3: return b.op("aten::var.correction", {{"self", x}, {"dim", Dims{dim}}, {"correction", 1}, {"keepdim", true}});
    case 4: return b.op("aten::argmax", {{"self", x}, {"dim", dim}, {"keepdim", true}});
    case 5: return b.ops("aten::max.dim", {{"self", x}, {"dim", dim}, {"keepdim", true}})[0];
    case 6: return b.op("aten::linalg_vector_norm", {{"self", x}, {"ord", 2.0}, {"dim", Dims{dim}}, {"keepdim", true}});
    case 7: return rank == 4 ? b.mean(x, {2, 3}, true) : b.mean(x, {1}, true);
    default: return b.op("aten::cumsum", {{"self", x}, {"dim", dim}});
  }
}

// Pixels out of channels and back: inner dimensions of two to four elements.
ValueId interleave(Block& b, ValueId x) {
  if (b.type(x).rank() != 4) return b.contiguous(b.transpose(x, 1, 2));
  const int64_t r = b.random().pick<int64_t>({2, 2, 3, 4}), n = b.size(x, 0), c = b.size(x, 1), h = b.size(x, 2), w = b.size(x, 3);
  if (c % (r * r) == 0 && b.random().chance(0.6)) return b.op("aten::pixel_shuffle", {{"self", x}, {"upscale_factor", r}});
  if (h % r != 0 || w % r != 0) return b.contiguous(b.permute(x, {0, 2, 3, 1}));
  if (b.random().chance(0.3)) return b.op("aten::pixel_unshuffle", {{"self", x}, {"downscale_factor", r}});
  return b.reshape(b.permute(b.view(x, {n, c, h / r, r, w / r, r}), b.random().chance(0.5) ? Dims{0, 2, 4, 3, 5, 1} : Dims{0, 1, 2, 4, 3, 5}), {n, (h / r) * (w / r), -1});
}

ValueId copy(Block& b, ValueId x) {
  const int64_t rank = b.type(x).rank();
  switch (b.random().whole(0, 16)) {
    case 14: return rank == 4 ? b.op("aten::pad", {{"self", x}, {"pad", Dims{1, 1, 1, 1}}, {"mode", b.random().pick<const char*>({"reflect", "reflect", "replicate"})}})
                              : b.op("aten::pad", {{"self", x}, {"pad", Dims{2, 2}}, {"mode", "reflect"}});
    case 15: return interleave(b, x);
    case 11:
    case 12:
    case 16: {
      if (rank != 4 || b.size(x, 2) < 4 || b.size(x, 3) < 4) return b.op("aten::clone", {{"self", x}});
      const int64_t k = b.random().pick<int64_t>({2, 3, 3, 5}), s = b.random().pick<int64_t>({1, 2});
      return b.op("aten::im2col", {{"self", x}, {"kernel_size", Dims{k, k}}, {"dilation", Dims{1, 1}}, {"padding", Dims{k / 2, k / 2}}, {"stride", Dims{s, s}}});
    }
    case 10: return rank == 4 ? b.reshape(b.permute(x, {0, 3, 1, 2}), {b.size(x, 0) * b.size(x, 3), -1}) : b.contiguous(b.transpose(x, 1, 2));
    case 0: return b.contiguous(b.transpose(x, 1, rank - 1));
    case 1: return b.contiguous(relayout(b, x));
    case 2: return b.op("aten::clone", {{"self", relayout(b, x)}});
    case 3: return b.reshape(b.transpose(x, 1, 2), {b.size(x, 0), -1});
    case 4: return b.op("aten::roll", {{"self", x}, {"shifts", Dims{b.random().whole(1, 3)}}, {"dims", Dims{b.random().whole(1, rank - 1)}}});
    case 13:
    case 5: return b.op("aten::repeat", {{"self", b.mean(x, {1}, true)}, {"repeats", rank == 4 ? Dims{1, 4, 1, 1} : Dims{1, 4, 1}}});
    case 6: return b.cat({b.transpose(x, 1, 2), b.transpose(x, 1, 2)}, b.random().whole(0, rank - 1));
    case 7: return b.op("aten::flip", {{"self", x}, {"dims", Dims{rank - 1}}});
    case 8: return b.op("aten::stack", {{"tensors", ValueList{ValueRef{x}, ValueRef{x}}}, {"dim", b.random().whole(0, rank)}});
    default: return b.op("aten::constant_pad_nd", {{"self", x}, {"pad", Dims{1, 1, 0, 2}}});
  }
}

ValueId gather(Block& b, ValueId x) {
  const int64_t rank = b.type(x).rank();
  switch (b.random().whole(0, 4)) {
    case 0: return b.ops("aten::topk", {{"self", x}, {"k", std::min<int64_t>(5, b.size(x, -1))}})[0];
    case 1: return b.op("aten::gather", {{"self", x}, {"dim", rank - 1}, {"index", b.op("aten::argmax", {{"self", x}, {"dim", rank - 1}, {"keepdim", true}})}});
    case 2: {
      const ValueId ids = b.op("aten::arange", {{"end", b.size(x, 1)}});
      return b.op("aten::index_select", {{"self", x}, {"dim", 1}, {"index", ids}});
    }
    case 3: return b.op("aten::tril", {{"self", x}});
    default: return b.op("aten::_to_copy", {{"self", x}, {"dtype", b.random().pick<Dtype>({Dtype::f64, Dtype::i64, Dtype::boolean, Dtype::bf16})}});
  }
}

ValueId rowwise(Block& b, ValueId x) {
  const int64_t rank = b.type(x).rank();
  switch (b.random().whole(0, 4)) {
    case 0: return b.softmax(x, b.random().whole(1, rank - 1));
    case 1: return b.softmax(x, -1);
    case 2: return b.op("aten::log_softmax.int", {{"self", x}, {"dim", b.random().whole(1, rank - 1)}});
    case 3: return b.layer_norm(relayout(b, x));
    default: return b.batch_norm(x, b.random().chance(0.3));
  }
}

ValueId product(Block& b, ValueId x) {
  const int64_t out = b.channels(8, 600);
  const auto too_much = [&](ValueId of) {
    return 2.0 * b.elements(of) * static_cast<double>(out) > 1.5e9 || b.elements(of) / static_cast<double>(b.size(of, -1)) * static_cast<double>(out) > 3e6;
  };
  if (too_much(x)) return x;
  if (b.random().chance(0.5)) {
    const ValueId y = relayout(b, x);
    return too_much(y) ? x : b.linear(y, out);
  }
  return b.type(x).rank() == 3 && static_cast<double>(b.size(x, 1) * b.size(x, 1)) * b.batch(x) < 1e6 ? b.matmul(x, b.transpose(x, 1, 2)) : b.linear(x, out);
}

using Step = ValueId (*)(Block&, ValueId);

Graph draw(Block& b, std::initializer_list<Step> steps, double relayout_chance) {
  ValueId x = b.input(extent(b, b.random().chance(0.5) ? 3 : 4));
  x = b.op("aten::mul.Tensor", {{"self", x}, {"other", 0.9}});
  std::vector<ValueId> outputs;
  for (int64_t i = b.random().whole(4, 8); i > 0; --i) {
    const ValueId from = b.random().chance(relayout_chance) ? relayout(b, x) : x;
    outputs.push_back(b.random().pick<Step>(steps)(b, from));
  }
  return b.finish(outputs);
}

Graph draw_pointwise(Block& b) { return draw(b, {pointwise, pointwise, pointwise, rowwise}, 0.35); }
Graph draw_reduction(Block& b) { return draw(b, {reduce, reduce, rowwise, gather}, 0.3); }
Graph draw_copy(Block& b) { return draw(b, {copy, copy, copy, gather, product}, 0.3); }
Graph draw_product(Block& b) {
  if (b.random().chance(0.3)) {
    const int64_t n = b.random().log_whole(1, 64), m = b.random().log_whole(4, 300), k = b.random().log_whole(8, 300), e = b.random().log_whole(4, 300);
    if (n * m * k > 2000000 || n * k * e > 2000000) return draw(b, {product}, 0.4);
    const ValueId a = b.unary("relu", b.input({n, m, k})), c = b.unary("relu", b.input({n, k, e}));
    const auto einsum = [&](const char* equation, ValueId x, ValueId y) {
      return b.op("aten::einsum", {{"equation", equation}, {"tensors", ValueList{ValueRef{x}, ValueRef{y}}}});
    };
    const ValueId y = b.random().chance(0.5) ? b.op("aten::bmm", {{"self", a}, {"mat2", c}}) : einsum("bmk,bke->bme", a, c);
    if (b.random().chance(0.5)) {  // heads made and compared without moving dimensions first
      const int64_t h = b.random().whole(2, 12), d = 8 * b.random().whole(2, 8);
      const ValueId q = einsum("mbk,khd->mbhd", b.transpose(a, 0, 1), b.weight({k, h, d}));
      return b.finish({einsum("ibnd,jbnd->bnij", q, q), y});
    }
    return b.finish({b.op("aten::baddbmm", {{"self", y}, {"batch1", a}, {"batch2", c}})});
  }
  return draw(b, {product, product, rowwise}, 0.4);
}

const Archetype rows[] = {
    {"pointwise", 0.05, draw_pointwise}, {"reduction", 0.05, draw_reduction}, {"copy", 0.07, draw_copy}, {"strided product", 0.04, draw_product},
};

}  // namespace

std::span<const Archetype> layout_archetypes() { return rows; }

std::vector<Archetype> archetypes() {
  std::vector<Archetype> all;
  for (const auto list : {convolution_archetypes(), token_archetypes(), layout_archetypes(), layer_archetypes(), function_archetypes(), small_archetypes(), recurrent_archetypes(), special_archetypes()}) all.insert(all.end(), list.begin(), list.end());
  return all;
}

}  // namespace opgauge
