// SPDX-License-Identifier: Apache-2.0
// Calibration networks of one kind of layer at the two ends of the scale: short ones whose code, weights and data stay in
// the caches because nothing else runs, and ones as long as those that large models consist of.
#include <algorithm>
#include <cmath>

#include "calibrate/archetypes_convolution.hpp"

namespace opgauge {
namespace {

ValueId some_linear(Block& b, ValueId x, int64_t out) { return b.random().chance(0.2) ? b.addmm(x, out) : b.linear(x, out, b.random().chance(0.8)); }

// One convolution of 10 thousand to 50 million FLOPs, run again and again.
Graph draw_short_convolution(Block& b) {
  for (;;) {
    const int64_t n = b.random().pick<int64_t>({1, 1, 1, 2, 8}), k = b.random().pick<int64_t>({1, 1, 3, 3, 3, 5, 7}), stride = b.random().pick<int64_t>({1, 1, 2});
    int64_t c = b.random().chance(0.25) ? b.random().pick<int64_t>({1, 3, 3, 4}) : b.channels(8, 512), out = b.channels(8, 512), groups = 1;
    if (b.random().chance(0.2)) out = groups = c;                                                        // depthwise
    else if (b.random().chance(0.15)) groups = std::max<int64_t>(1, divisor(b, c, {2, 4, 8, 16, 32}));  // some channels each
    if (out % groups != 0) out = c;
    const int64_t dilation = k == 3 && stride == 1 && groups == 1 && b.random().chance(0.25) ? b.random().whole(2, 5) : 1;
    const int64_t side = b.side(4, 80);
    const double flops = 2.0 * static_cast<double>(n * side * side * c / groups * out * k * k) / static_cast<double>(stride * stride);
    if (flops < 1e4 || flops > 5e7 || side < k || static_cast<double>(n * std::max(c, out) * side * side) > 1e6) continue;
    const Dims sizes{n, c, side, side};
    return b.finish({b.conv(b.random().chance(0.3) ? b.input_channels_last(sizes) : b.input(sizes), {.out = out, .kernel_h = k, .kernel_w = k, .stride = stride, .groups = groups, .dilation = dilation, .bias = b.random().chance(0.3)})});
  }
}

// A perceptron whose weights stay in the last cache.
Graph draw_short_perceptron(Block& b) {
  const int64_t n = b.random().pick<int64_t>({1, 1, 1, 2, 4, 8, 16, 32, 64, 128});
  const double most_weights = b.weights_of(b.random().log_uniform(8e2, 10e6));
  ValueId x = b.input({n, b.random().chance(0.2) ? 512 * b.random().whole(1, 8) : b.random().log_whole(3, 4200)});
  double weights = 0;
  for (int64_t i = b.random().whole(1, 5), tries = 30; i > 0 && tries > 0; --tries) {
    const int64_t out = b.random().chance(0.25) ? 512 * b.random().whole(1, 4) : b.random().log_whole(b.random().chance(0.1) ? 1 : 10, 1500);
    const auto more = static_cast<double>(out * b.size(x, 1));
    if (weights + more > most_weights || 2 * static_cast<double>(n) * more > 2e8) continue;
    weights += more;
    x = some_linear(b, x, out);
    if (--i > 0) x = b.random().chance(0.7) ? b.unary("relu", x) : b.activation(x);
  }
  return b.finish({x});
}

// One call of 3 to 15 milliseconds at 100 GFLOP/s: what the fit says of a FLOP must hold there, where fixed costs no longer
// play a part and no call is done within a quiet moment between two disturbances.
constexpr double least_long_flops = 3e8, most_long_flops = 1.5e9;

ValueId long_volume(Block& b) {
  for (;;) {
    const int64_t n = b.random().pick<int64_t>({1, 2, 2}), c = 8 * b.random().log_whole(4, 40), out = 8 * b.random().log_whole(4, 40), side = b.side(7, 60), depth = b.random().log_whole(2, 16);
    const Dims kernel = b.random().pick<Dims>({{3, 3, 3}, {3, 3, 3}, {1, 3, 3}, {3, 1, 1}});
    const double flops = 2.0 * static_cast<double>(n * c * out * kernel[0] * kernel[1] * kernel[2]) * static_cast<double>(side * side * depth);
    if (flops < least_long_flops || flops > most_long_flops || static_cast<double>(n * std::max(c, out) * side * side * depth) > max_elements) continue;
    const ValueId x = b.unary("relu", b.input({n, c, depth, side, side}));
    return b.op("aten::conv3d", {{"input", x}, {"weight", b.weight({out, c, kernel[0], kernel[1], kernel[2]})}, {"padding", Dims{kernel[0] / 2, kernel[1] / 2, kernel[2] / 2}}});
  }
}

// An image made twice as wide and high, as decoders and generators do it.
ValueId long_transposed(Block& b) {
  for (;;) {
    const int64_t n = b.random().pick<int64_t>({1, 1, 1, 2}), k = b.random().pick<int64_t>({2, 4, 4, 3}), c = 8 * b.random().log_whole(4, 64), out = 8 * b.random().log_whole(2, 64);
    const int64_t side = b.side(4, 100);
    const double flops = 2.0 * static_cast<double>(n * c * out * k * k) * static_cast<double>(side * side);
    if (flops < least_long_flops / 6 || flops > most_long_flops || static_cast<double>(4 * n * std::max(c, out) * side * side) > 2 * max_elements) continue;
    return b.conv_transposed(b.unary("relu", b.input({n, c, side, side})), out, k);
  }
}

Graph draw_long_convolution(Block& b) {
  if (b.random().chance(0.2)) return b.finish({long_volume(b)});
  if (b.random().chance(0.15)) return b.finish({long_transposed(b)});
  for (;;) {
    const int64_t n = b.random().pick<int64_t>({1, 1, 1, 2, 4}), k = b.random().pick<int64_t>({1, 3, 3});
    const int64_t unit = 32;  // of every number of groups
    const int64_t c = unit * b.random().log_whole(1, k == 1 ? 40 : 18), out = unit * b.random().log_whole(1, k == 1 ? 40 : 18);
    const int64_t stride = b.random().chance(0.25) ? 2 : 1, groups = b.random().chance(0.2) ? b.random().pick<int64_t>({2, 4, 8, 16, 32}) : 1;
    const int64_t dilation = k == 3 && stride == 1 && b.random().chance(0.15) ? b.random().whole(2, 12) : 1;
    const double flops = b.random().log_uniform(least_long_flops, most_long_flops);
    const double output_side = std::sqrt(flops / static_cast<double>(2 * n * c / groups * out * k * k));
    if (output_side < 4 || output_side > 200) continue;
    const int64_t whole = stride * static_cast<int64_t>(output_side), side = b.side(whole, whole + 1);
    if (side < 7 || side > 200 || static_cast<double>(n * std::max(c, out) * side * side) > max_elements) continue;
    const ValueId x = b.unary("relu", b.random().chance(0.3) ? b.input_channels_last({n, c, side, side}) : b.input({n, c, side, side}));
    return b.finish({b.conv(x, {.out = out, .kernel_h = k, .kernel_w = k, .stride = stride, .groups = groups, .dilation = dilation, .bias = b.random().chance(0.3)})});
  }
}

// One plain 3x3 convolution: no other class takes as much of image models' time.
Graph draw_3x3(Block& b, double least_flops, double most_flops) {
  for (;;) {
    const int64_t n = b.random().pick<int64_t>({1, 1, 1, 2, 4}), c = 8 * b.random().log_whole(4, 72), out = b.random().chance(0.4) ? c : 8 * b.random().log_whole(4, 72);
    const double flops = b.random().log_uniform(least_flops, most_flops);
    const double output_side = std::sqrt(flops / static_cast<double>(18 * n * c * out));
    if (output_side < 6 || output_side > 230) continue;
    const int64_t side = b.side(static_cast<int64_t>(output_side), static_cast<int64_t>(output_side) + 1);
    if (static_cast<double>(n * std::max(c, out) * side * side) > 2 * max_elements) continue;
    return b.finish({b.conv(b.unary("relu", b.input({n, c, side, side})), {.out = out, .kernel_h = 3, .kernel_w = 3, .bias = b.random().chance(0.3)})});
  }
}

Graph draw_long_product(Block& b) {
  for (;;) {
    const auto width = [&] { return b.random().chance(0.3) ? 512 * b.random().whole(1, 8) : 8 * b.random().log_whole(16, 400); };
    const int64_t m = b.random().log_whole(24, 2000), k = width(), n = width() + (b.random().chance(0.25) ? b.random().whole(1, 7) : 0);
    const double flops = 2 * static_cast<double>(m * k) * static_cast<double>(n);
    if (flops < least_long_flops || flops > most_long_flops) continue;
    if (b.random().chance(0.3)) {  // outer dimensions that do not collapse: many short products, or one for each of a few images
      const bool short_products = b.random().chance(0.4);
      const int64_t images = short_products ? b.random().whole(2, 8) : b.random().whole(2, 4);
      if (!short_products && m / images < 64) continue;
      return short_products ? b.finish({b.linear(b.transpose(b.unary("relu", b.input({images, m / images, k})), 0, 1), n)})
                            : b.finish({b.linear(b.transpose(b.unary("relu", b.input({images, k, m / images})), 1, 2), n)});
    }
    const ValueId x = b.unary("relu", b.random().chance(0.5) ? b.input({m, k}) : b.input({1, m, k}));
    return b.finish({some_linear(b, x, n)});
  }
}

// A score for each word of a language: weights and results beyond the last cache, rows of results that start anywhere.
Graph draw_word_scores(Block& b) {
  for (;;) {
    const int64_t m = b.random().log_whole(16, 256), k = 8 * b.random().log_whole(16, 100), words = b.random().log_whole(6000, 50000);
    const double flops = 2 * static_cast<double>(m * k) * static_cast<double>(words);
    if (flops < least_long_flops || flops > most_long_flops) continue;
    return b.finish({b.linear(b.unary("relu", b.input({1, m, k})), words, false)});
  }
}

// Many rows, short ones that a layer makes wide: results of 8 to 32 MB, and what is done with them.
Graph draw_wide_rows(Block& b) {
  for (;;) {
    const int64_t m = b.random().log_whole(300, 8000), k = 8 * b.random().log_whole(2, 30);
    const auto n = static_cast<int64_t>(b.random().log_uniform(2e6, 8e6) / static_cast<double>(m));
    if (n < 48 || n > 5000 || 2 * static_cast<double>(m * n * k) > 1e9) continue;
    ValueId x = b.linear(b.unary("relu", b.input({1, m, k})), n / 8 * 8, b.random().chance(0.6));
    switch (b.random().whole(0, 4)) {
      case 0: x = b.unary("gelu", x); break;
      case 1: x = b.layer_norm(x); break;
      case 2: x = b.softmax(x, -1); break;
      default: x = b.activation(x);
    }
    return b.finish({b.random().chance(0.5) ? b.linear(x, k) : x});
  }
}

// Attention whose scores do not fit into a cache: spelled out, in five dimensions (blocks of an image), or one call.
Graph draw_long_attention(Block& b) {
  for (;;) {
    const int64_t n = b.random().pick<int64_t>({1, 2, 2, 4}), h = b.random().log_whole(1, 12), e = b.random().pick<int64_t>({16, 32, 32, 48, 64, 64, 96});
    const int64_t blocks = b.random().chance(0.4) ? b.random().whole(2, 24) : 1, l = b.random().log_whole(40, 1600);
    const auto scores = static_cast<double>(n * h * blocks * l) * static_cast<double>(l);
    if (scores < 1.5e6 || scores > 5e6 || scores * static_cast<double>(e) > 2.5e8) continue;
    const auto part = [&] {
      return blocks > 1 ? b.permute(b.view(b.input({n, blocks, l, h * e}), {n, blocks, l, h, e}), {0, 3, 1, 2, 4})
                        : b.split_heads(b.input({n, l, h * e}), h);
    };
    const ValueId q = part(), k = part(), v = part();
    if (b.random().chance(0.5)) return b.finish({b.op("aten::scaled_dot_product_attention", {{"query", q}, {"key", k}, {"value", v}})});
    return b.finish({b.matmul(b.softmax(b.matmul(q, b.transpose(k, -2, -1)), -1), v)});
  }
}

const Archetype rows[] = {
    {"short convolution", 0.10, draw_short_convolution}, {"short perceptron", 0.17, draw_short_perceptron},
    {"long 3x3 convolution", 0.16, [](Block& b) { return draw_3x3(b, least_long_flops, most_long_flops); }},
    {"3x3 convolution", 0.25, [](Block& b) { return draw_3x3(b, 4e7, least_long_flops); }},
    {"long convolution", 0.16, draw_long_convolution},   {"long product", 0.10, draw_long_product},
    {"word scores", 0.06, draw_word_scores},             {"wide rows", 0.08, draw_wide_rows}, {"long attention", 0.10, draw_long_attention},
};

}  // namespace

std::span<const Archetype> layer_archetypes() { return rows; }

}  // namespace opgauge
