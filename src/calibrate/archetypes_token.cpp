// SPDX-License-Identifier: Apache-2.0
// Calibration networks over token sequences: attention in the forms that exports contain, feed-forward blocks, windows,
// plain perceptrons.
#include <algorithm>
#include <cmath>

#include "calibrate/archetype.hpp"

namespace opgauge {
namespace {

int64_t model_width(Block& b) {
  return b.random().pick<int64_t>({48, 64, 96, 128, 160, 192, 224, 256, 288, 320, 384, 448, 512, 576, 640, 704, 768, 896, 1024});
}

// Tokens: half of the time a multiple of 8 or 16, as who pads or cuts images makes them.
int64_t token_count(Block& b, int64_t low, int64_t high) {
  const int64_t drawn = b.random().log_whole(low, high);
  if (b.random().chance(0.5)) return drawn;
  const int64_t multiple = b.random().pick<int64_t>({8, 16, 16, 32});
  return std::max(multiple, drawn / multiple * multiple);
}

int64_t head_count(Block& b, int64_t width) {
  const int64_t size = b.random().pick<int64_t>({16, 24, 32, 32, 40, 48, 64, 64, 64, 64, 80, 96, 128});
  int64_t heads = std::max<int64_t>(1, width / size);
  while (width % heads != 0) --heads;
  return heads;
}

ValueId gated(Block& b, ValueId x, int64_t wide) {  // silu(a) * b feed-forward
  const ValueId a = b.unary("silu", b.linear(x, wide, false));
  return b.linear(b.mul(a, b.linear(x, wide, false)), b.size(x, -1), false);
}

ValueId feed_forward(Block& b, ValueId x) {
  const int64_t width = b.size(x, -1), wide = static_cast<int64_t>(static_cast<double>(width) * b.random().pick<double>({1, 2, 2.667, 3, 4, 4, 4}));
  switch (b.random().whole(0, 4)) {
    case 0: return gated(b, x, wide);
    case 1: return b.addmm(b.op("aten::gelu", {{"self", b.addmm(x, wide)}, {"approximate", "tanh"}}), width);
    case 2: {  // tanh form of gelu spelled out, as some exports contain it
      const ValueId h = b.addmm(x, wide);
      const ValueId cube = b.op("aten::pow.Tensor_Scalar", {{"self", h}, {"exponent", 3.0}});
      const ValueId inner = b.add(h, b.op("aten::mul.Tensor", {{"self", cube}, {"other", 0.044715}}));
      const ValueId t = b.unary("tanh", b.op("aten::mul.Tensor", {{"self", inner}, {"other", 0.797885}}));
      const ValueId half = b.op("aten::mul.Tensor", {{"self", h}, {"other", 0.5}});
      return b.addmm(b.mul(half, b.op("aten::add.Tensor", {{"self", t}, {"other", 1.0}})), width);
    }
    default: {
      ValueId h = b.linear(x, wide);
      h = b.random().chance(0.6) ? b.unary("gelu", h) : b.activation(h);
      return b.linear(h, width);
    }
  }
}

ValueId root_mean_square_norm(Block& b, ValueId x) {
  const ValueId square = b.op("aten::pow.Tensor_Scalar", {{"self", x}, {"exponent", 2.0}});
  const ValueId scale = b.unary("rsqrt", b.op("aten::add.Tensor", {{"self", b.mean(square, {-1}, true)}, {"other", 1e-6}}));
  return b.mul(b.weight({b.size(x, -1)}), b.mul(x, scale));
}

ValueId rotate(Block& b, ValueId q) {  // rotary position embedding on [B, H, L, D]
  const int64_t d = b.size(q, -1), l = b.size(q, 2);
  const ValueId cosine = b.weight({1, 1, l, d}), sine = b.weight({1, 1, l, d});
  if (b.random().chance(0.3)) {  // neighbours turn together
    const ValueId even = b.slice(q, 3, 0, INT64_MAX, 2), odd = b.slice(q, 3, 1, INT64_MAX, 2);
    const ValueId turned = b.flatten(b.op("aten::stack", {{"tensors", ValueList{ValueRef{b.unary("neg", odd)}, ValueRef{even}}}, {"dim", -1}}), 3);
    return b.add(b.mul(q, cosine), b.mul(turned, sine));
  }
  const ValueId low = b.slice(q, 3, 0, d / 2), high = b.slice(q, 3, d / 2, INT64_MAX);
  return b.add(b.mul(q, cosine), b.mul(b.cat({b.unary("neg", high), low}, -1), sine));
}

// A learned number for each pair of positions, taken from a table by index: [heads, length, length].
ValueId position_bias(Block& b, int64_t heads, int64_t length) {
  const int64_t pairs = length * length;
  const ValueId ids = b.op("aten::arange", {{"end", pairs}});
  if (b.random().chance(0.5)) {
    const ValueId square = b.view(ids, {length, length});
    return b.op("aten::index.Tensor", {{"self", b.weight({heads, pairs})}, {"indices", ValueList{ValueRef{no_value}, ValueRef{square}}}});
  }
  const ValueId rows = b.op("aten::index.Tensor", {{"self", b.weight({pairs, heads})}, {"indices", ValueList{ValueRef{ids}}}});
  return b.contiguous(b.permute(b.view(rows, {length, length, heads}), {2, 0, 1}));
}

ValueId attention(Block& b, ValueId x) {
  const int64_t n = b.size(x, 0), l = b.size(x, 1), d = b.size(x, 2), h = head_count(b, d), e = d / h;
  ValueId q, k, v;
  switch (b.random().whole(0, 3)) {
    case 0: {  // one product, split by a permute
      const ValueId all = b.permute(b.reshape(b.linear(x, 3 * d), {n, l, 3, h, e}), {2, 0, 3, 1, 4});
      const std::vector<ValueId> parts = b.ops("aten::unbind.int", {{"self", all}, {"dim", 0}});
      q = parts[0], k = parts[1], v = parts[2];
      break;
    }
    case 1: {  // one product, chunks
      const std::vector<ValueId> parts = b.ops("aten::chunk", {{"self", b.linear(x, 3 * d)}, {"chunks", 3}, {"dim", -1}});
      q = b.transpose(b.reshape(parts[0], {n, l, h, e}), 1, 2);
      k = b.transpose(b.reshape(parts[1], {n, l, h, e}), 1, 2);
      v = b.transpose(b.reshape(parts[2], {n, l, h, e}), 1, 2);
      break;
    }
    default:
      q = b.split_heads(b.linear(x, d), h), k = b.split_heads(b.linear(x, d), h), v = b.split_heads(b.linear(x, d), h);
  }
  if (e % 2 == 0 && b.random().chance(0.2)) q = rotate(b, q), k = rotate(b, k);
  ValueId out;
  const double kind = b.random().uniform();
  if (kind < 0.4) {
    out = b.op("aten::scaled_dot_product_attention", {{"query", q}, {"key", k}, {"value", v}});
  } else if (kind < 0.5) {
    out = b.op("aten::scaled_dot_product_attention", {{"query", q}, {"key", k}, {"value", v}, {"is_causal", true}});
  } else if (kind < 0.7) {
    const bool of_heads = b.random().chance(0.3);  // three dimensions: flash attention does not take them
    ValueId mask = of_heads ? position_bias(b, h, l) : b.weight({b.random().chance(0.5) ? n : 1, b.random().chance(0.3) ? h : 1, l, l});
    if (!of_heads && b.random().chance(0.5)) mask = b.op("aten::ge.Scalar", {{"self", mask}, {"other", 0.0}});
    out = b.op("aten::scaled_dot_product_attention", {{"query", q}, {"key", k}, {"value", v}, {"attn_mask", mask}});
  } else {  // spelled out
    const double scale = 1 / std::sqrt(static_cast<double>(e));
    if (b.random().chance(0.5)) q = b.op("aten::mul.Tensor", {{"self", q}, {"other", scale}});
    ValueId scores = b.matmul(q, b.transpose(k, -2, -1));
    if (b.random().chance(0.5)) scores = b.op("aten::div.Tensor", {{"self", scores}, {"other", 8.0}});
    if (b.random().chance(0.4)) scores = b.add(scores, b.weight({1, b.random().chance(0.5) ? h : 1, l, l}));
    out = b.matmul(b.softmax(scores, -1), v);
  }
  return b.linear(b.join_heads(out), d);
}

ValueId norm(Block& b, ValueId x, bool root) { return root ? root_mean_square_norm(b, x) : b.layer_norm(x); }

// Tokens and width such that one block stays below a few tens of milliseconds.
Dims sequence(Block& b, double most_flops) {
  for (;;) {
    const int64_t n = b.random().pick<int64_t>({1, 1, 1, 2, 2, 4, 8, 16, 64});
    const int64_t l = token_count(b, 4, 600), d = model_width(b);
    const double flops = 24.0 * static_cast<double>(n * l * d) * static_cast<double>(d);
    if (flops < most_flops && static_cast<double>(n * l * l) * static_cast<double>(d) < 4e8 && n * l < 6000) return {n, l, d};
  }
}

Graph draw_transformer(Block& b) {
  const Dims s = sequence(b, 3.5e9);
  ValueId x;
  if (b.random().chance(0.3)) {
    const ValueId ids = b.input({s[0], s[1]}, Dtype::i64);
    x = b.op("aten::embedding", {{"weight", b.weight({b.random().pick<int64_t>({1000, 5000, 20000}), s[2]})}, {"indices", ids}});
    x = b.add(x, b.weight({1, s[1], s[2]}));
  } else {
    x = b.input(s);
  }
  const bool root = b.random().chance(0.2), post = b.random().chance(0.3);
  for (int64_t i = b.random().whole(1, 2); i > 0; --i) {
    if (post) {
      x = norm(b, b.add(x, attention(b, x)), root);
      x = norm(b, b.add(x, feed_forward(b, x)), root);
    } else {
      x = b.add(x, attention(b, norm(b, x, root)));
      x = b.add(x, feed_forward(b, norm(b, x, root)));
    }
  }
  const double end = b.random().uniform();
  if (end < 0.3) x = b.linear(b.op("aten::select.int", {{"self", b.layer_norm(x)}, {"dim", 1}, {"index", 0}}), b.channels(10, 2000));
  else if (end < 0.5) x = b.linear(b.mean(x, {1}, false), b.channels(10, 2000));
  else if (end < 0.6) x = b.unary("tanh", b.linear(b.op("aten::select.int", {{"self", x}, {"dim", 1}, {"index", 0}}), s[2]));
  return b.finish({x});
}

// Attention by itself: cheap enough for every length, head size, mask and layout.
ValueId lone_attention(Block& b) {
  const int64_t e = b.random().pick<int64_t>({16, 24, 32, 32, 40, 48, 64, 64, 64, 80, 96, 128});
  const bool windows = b.random().chance(0.25);  // many short sequences: parts of an image, rows of a table
  const int64_t h = windows ? b.random().log_whole(1, 8) : b.random().log_whole(2, 16), l = windows ? token_count(b, 4, 64) : token_count(b, 24, 300);
  int64_t n = windows ? b.random().log_whole(8, 128) : b.random().pick<int64_t>({1, 1, 1, 2, 2, 4, 8});
  while (n > 1 && static_cast<double>(n * h * l * l) * static_cast<double>(e) > (windows ? 4e7 : 2e7)) n /= 2;
  ValueId q, k, v;
  switch (b.random().whole(0, 2)) {
    case 0: {  // parts of one product
      const std::vector<ValueId> parts = b.ops("aten::chunk", {{"self", b.input({n, l, 3 * h * e})}, {"chunks", 3}, {"dim", -1}});
      q = b.split_heads(parts[0], h), k = b.split_heads(parts[1], h), v = b.split_heads(parts[2], h);
      break;
    }
    case 1:
      q = b.split_heads(b.input({n, l, h * e}), h), k = b.split_heads(b.input({n, l, h * e}), h), v = b.split_heads(b.input({n, l, h * e}), h);
      break;
    default: q = b.input({n, h, l, e}), k = b.input({n, h, l, e}), v = b.input({n, h, l, e});
  }
  std::vector<Given> given{{"query", q}, {"key", k}, {"value", v}};
  const double kind = b.random().uniform();
  const auto scores = [&] { return b.weight({b.random().chance(0.5) ? n : 1, b.random().chance(0.3) ? h : 1, l, l}); };
  if (kind < 0.2) given.emplace_back("is_causal", true);
  else if (kind < 0.4) given.emplace_back("attn_mask", scores());
  else if (kind < 0.55) given.emplace_back("attn_mask", b.op("aten::ge.Scalar", {{"self", scores()}, {"other", 0.0}}));
  else if (kind < 0.7) given.emplace_back("attn_mask", position_bias(b, h, l));
  if (kind > 0.8) {  // spelled out
    const ValueId scaled = b.op("aten::mul.Tensor", {{"self", b.matmul(q, b.transpose(k, -2, -1))}, {"other", 0.125}});
    return b.join_heads(b.matmul(b.softmax(scaled, -1), v));
  }
  ValueId out = b.op("aten::scaled_dot_product_attention", given);
  out = b.op("aten::scaled_dot_product_attention", {{"query", out}, {"key", k}, {"value", v}});
  return b.join_heads(out);
}

Graph draw_attention(Block& b) { return b.finish({lone_attention(b), lone_attention(b), lone_attention(b)}); }

Graph draw_cross(Block& b) {  // queries of one length over keys of another; a decode step when the first is 1
  const Dims s = sequence(b, 2e9);
  const int64_t h = head_count(b, s[2]), queries = b.random().chance(0.5) ? 1 : token_count(b, 2, 200);
  const ValueId x = b.input({s[0], queries, s[2]}), memory = b.input(s);
  const ValueId q = b.split_heads(b.linear(x, s[2]), h), k = b.split_heads(b.linear(memory, s[2]), h), v = b.split_heads(b.linear(memory, s[2]), h);
  const ValueId out = b.random().chance(0.6) ? b.op("aten::scaled_dot_product_attention", {{"query", q}, {"key", k}, {"value", v}})
                                             : b.matmul(b.softmax(b.matmul(q, b.transpose(k, -2, -1)), -1), v);
  return b.finish({feed_forward(b, b.layer_norm(b.add(x, b.linear(b.join_heads(out), s[2]))))});
}

Graph draw_window(Block& b) {  // windows of an image as batches of short sequences
  const int64_t w = b.random().pick<int64_t>({4, 5, 6, 7, 8, 12}), tiles = b.random().whole(1, 8), n = b.random().pick<int64_t>({1, 1, 2, 4});
  const int64_t c = b.random().pick<int64_t>({32, 64, 96, 128, 160, 192, 256, 320, 384}), side = w * tiles;
  if (n * side * side * c > 900000) return b.finish({b.layer_norm(b.input({n, w * w, c}))});
  ValueId x = b.input({n, side, side, c});
  const ValueId before = x;
  x = b.layer_norm(x);
  const int64_t shift = b.random().chance(0.6) ? w / 2 : 0;
  if (b.random().chance(0.3)) {
    x = b.op("aten::pad", {{"self", x}, {"pad", Dims{0, 0, 0, w, 0, w}}});
  }
  const int64_t hp = b.size(x, 1), wp = b.size(x, 2);
  if (shift) x = b.op("aten::roll", {{"self", x}, {"shifts", Dims{-shift, -shift}}, {"dims", Dims{1, 2}}});
  x = b.permute(b.view(x, {n, hp / w, w, wp / w, w, c}), {0, 1, 3, 2, 4, 5});
  x = b.reshape(x, {n * (hp / w) * (wp / w), w * w, c});
  x = attention(b, x);
  x = b.permute(b.view(x, {n, hp / w, wp / w, w, w, c}), {0, 1, 3, 2, 4, 5});
  x = b.reshape(x, {n, hp, wp, c});
  if (shift) x = b.op("aten::roll", {{"self", x}, {"shifts", Dims{shift, shift}}, {"dims", Dims{1, 2}}});
  if (hp != side) x = b.contiguous(b.slice(b.slice(x, 1, 0, side), 2, 0, side));
  x = b.add(before, x);
  if (side % 2 == 0 && b.random().chance(0.5)) {  // patch merging
    std::vector<ValueId> parts;
    for (const int64_t dw : {0, 1}) {
      for (const int64_t dh : {0, 1}) parts.push_back(b.slice(b.slice(x, 1, dh, INT64_MAX, 2), 2, dw, INT64_MAX, 2));
    }
    x = b.linear(b.layer_norm(b.cat(parts, -1)), 2 * c, false);
  }
  return b.finish({feed_forward(b, x)});
}

Graph draw_mixer(Block& b) {  // linears over a transposed sequence
  const Dims s = sequence(b, 1.5e9);
  ValueId x = b.input(s);
  const int64_t inner = s[1] * b.random().pick<int64_t>({1, 2, 4});
  ValueId y = b.transpose(b.layer_norm(x), 1, 2);
  y = b.linear(b.unary("gelu", b.linear(y, inner)), s[1]);
  x = b.add(x, b.transpose(y, 1, 2));
  return b.finish({b.add(x, feed_forward(b, b.layer_norm(x)))});
}

// Linears over tensors whose outer dimensions do not collapse, at the sizes that image models have.
Graph draw_unfolded(Block& b) {
  const bool wide = b.random().chance(0.5);  // a batch of many sequences of a small model, or of few of a large one
  const int64_t n = wide ? token_count(b, 8, 64) : b.random().whole(2, 8), l = b.random().log_whole(wide ? 12 : 24, wide ? 120 : 260);
  const int64_t d = wide ? 8 * b.random().log_whole(2, 24) : b.random().log_whole(64, 900), out = wide ? 8 * b.random().log_whole(2, 48) : b.random().log_whole(64, 1600);
  const ValueId x = b.input({n, l, d});
  if (b.random().chance(0.2)) {  // heads that talk: many products of few columns
    const int64_t h = b.random().whole(2, 16), rows = b.random().log_whole(20, 200), columns = b.random().log_whole(20, 200);
    const ValueId scores = b.softmax(b.input({b.random().whole(1, 2), h, rows, columns}), -1);
    return b.finish({b.permute(b.linear(b.permute(scores, {0, 2, 3, 1}), h), {0, 3, 1, 2})});
  }
  const ValueId mixed = b.linear(b.unary("gelu", b.linear(b.transpose(x, 1, 2), out / 2)), l);
  return b.finish({mixed, b.linear(b.unary("relu", b.linear(b.transpose(x, 0, 1), out)), d)});
}

Graph draw_perceptron(Block& b) {
  const int64_t n = b.random().chance(0.3) ? 1 : b.random().log_whole(1, 512);
  ValueId x = b.input({n, b.random().log_whole(16, 5000)});
  for (int64_t i = b.random().whole(1, 5); i > 0; --i) {
    const int64_t out = b.channels(16, 4500);
    if (2.0 * static_cast<double>(n * out * b.size(x, 1)) > 2.5e9 || out * b.size(x, 1) > 12000000) continue;
    x = b.linear(x, out);
    if (i > 1) {
      x = b.random().chance(0.6) ? b.unary("relu", x) : b.activation(x);
      if (b.random().chance(0.35)) x = b.batch_norm(x);
      if (b.random().chance(0.2)) x = b.layer_norm(x);
      if (b.random().chance(0.2)) x = b.op("aten::dropout", {{"input", x}, {"p", 0.1}, {"train", false}});
    }
  }
  if (b.random().chance(0.3)) x = b.softmax(x, -1);
  return b.finish({x});
}

// A few products whose weights fill a part of the last cache, and nothing that would push them out: as the models that are
// run for one request after the other have them.
template <bool one_row>
Graph draw_resident_weights(Block& b) {
  const int64_t n = one_row ? 1 : b.random().pick<int64_t>({1, 2, 2, 3, 4, 8, 16});
  const double least_weights = b.weights_of(b.random().log_uniform(0.8e6, 28e6));
  ValueId x = b.input({n, b.random().log_whole(200, 4000)});
  for (double weights = 0; weights < least_weights;) {
    const int64_t out = b.random().chance(0.35) ? 512 * b.random().whole(1, 4) : b.random().log_whole(100, 2000);
    weights += static_cast<double>(out * b.size(x, 1));
    x = b.random().chance(0.12) ? b.addmm(x, out) : b.linear(x, out);
    x = b.random().chance(0.6) ? b.unary("relu", x) : b.activation(x);
  }
  return b.finish({b.random().chance(0.5) ? b.linear(x, b.random().log_whole(2, 100)) : x});
}

template <bool many_rows>
Graph draw_large_weights(Block& b) {  // parameters beyond the last cache, as every large model has them
  const int64_t n = many_rows ? b.random().pick<int64_t>({20, 24, 32, 40, 48, 64, 80, 100, 128}) : b.random().pick<int64_t>({1, 1, 1, 2, 2, 4, 8, 16});
  ValueId x = no_value;
  if (many_rows && b.random().chance(0.5)) {  // tokens looked up in a large table
    const int64_t width = b.random().log_whole(200, 1200);
    x = b.op("aten::embedding", {{"weight", b.weight({b.random().log_whole(5000, 20000), width})}, {"indices", b.flatten(b.input({n, 1}, Dtype::i64), 0)}});
  } else {
    x = b.input({n, b.random().log_whole(500, 4000)});
  }
  const double least_weights = many_rows ? 12e6 : b.weights_of(80e6);
  double weights = 0;
  while (weights < least_weights) {
    const int64_t out = b.random().chance(0.3) ? 512 * b.random().whole(1, 8) : 8 * b.random().log_whole(60, 500);
    weights += static_cast<double>(out * b.size(x, 1));
    if (n <= 4 && b.random().chance(0.4)) {  // as a 1x1 convolution of one pixel, as the heads of small image models are
      x = b.flatten(b.conv(b.view(x, {n, b.size(x, 1), 1, 1}), {.out = out, .bias = true}), 1);
    } else {
      x = b.random().chance(0.12) ? b.addmm(x, out) : b.linear(x, out);
    }
    x = b.random().chance(0.5) ? b.unary("relu", x) : b.unary("gelu", x);
  }
  return b.finish({x});
}

// Categories looked up in tables, one each or one for all, and a perceptron over what was found.
Graph draw_lookup(Block& b) {
  const int64_t n = b.random().log_whole(1, 300), columns = b.random().whole(2, 12), width = b.random().pick<int64_t>({4, 8, 16, 32, 64, 128});
  const ValueId ids = b.input({n, columns}, Dtype::i64);
  const auto table = [&] { return b.weight({b.random().log_whole(500, 30000), width}); };
  const auto look_up = [&](ValueId indices) { return b.op("aten::embedding", {{"weight", table()}, {"indices", indices}}); };
  ValueId x = no_value;
  if (b.random().chance(0.4)) {
    x = look_up(ids);
  } else {
    ValueList found;
    for (int64_t i = 0; i < columns; ++i) found.push_back(ValueRef{look_up(b.op("aten::select.int", {{"self", ids}, {"dim", 1}, {"index", i}}))});
    x = b.op("aten::stack", {{"tensors", found}, {"dim", 1}});
  }
  x = b.random().chance(0.3) ? b.op("aten::sum.dim_IntList", {{"self", x}, {"dim", Dims{1}}}) : b.flatten(x, 1);
  return b.finish({b.linear(b.unary("relu", b.linear(x, b.channels(16, 512))), b.channels(1, 64))});
}

const Archetype rows[] = {
    {"lookup", 0.03, draw_lookup},
    {"resident weights", 0.16, draw_resident_weights<false>}, {"resident weights, one row", 0.175, draw_resident_weights<true>}, {"large weights", 0.12, draw_large_weights<false>}, {"large weights, many rows", 0.08, draw_large_weights<true>}, {"transformer", 0.12, draw_transformer}, {"attention", 0.08, draw_attention}, {"cross attention", 0.03, draw_cross}, {"window attention", 0.05, draw_window},
    {"mixer", 0.05, draw_mixer}, {"unfolded", 0.06, draw_unfolded}, {"perceptron", 0.06, draw_perceptron},
};

}  // namespace

std::span<const Archetype> token_archetypes() { return rows; }

}  // namespace opgauge
