// SPDX-License-Identifier: Apache-2.0
// Convolutional calibration networks of one kind of kernel each: what a free mix makes too rarely or too small.
#include <algorithm>
#include <cmath>

#include "calibrate/archetypes_convolution.hpp"

namespace opgauge {

int64_t divisor(Block& b, int64_t channels, std::initializer_list<int64_t> choices) {
  std::vector<int64_t> fits;
  for (const int64_t g : choices) {
    if (channels % g == 0 && channels > g) fits.push_back(g);
  }
  return fits.empty() ? 0 : b.random().pick(fits);
}

// 3-d convolutions of clips: whole kernels, and planes and depth apart. One image of few elements is left to ATen's own
// kernel, all else goes to oneDNN.
Graph draw_clip(Block& b) {
  const int64_t n = b.random().pick<int64_t>({1, 2, 2, 4});
  int64_t c = b.random().chance(0.25) ? b.random().pick<int64_t>({1, 3, 3}) : 8 * b.random().whole(1, 48);
  ValueId x = b.unary("relu", b.input({n, c, b.random().log_whole(1, 16), b.random().log_whole(6, 112), b.random().log_whole(6, 112)}));
  for (int64_t i = b.random().whole(1, 3); i > 0; --i) {
    const Dims kernel = c < 8 ? b.random().pick<Dims>({{3, 7, 7}, {1, 7, 7}, {3, 5, 5}, {3, 3, 3}})
                              : b.random().pick<Dims>({{3, 3, 3}, {3, 3, 3}, {3, 3, 3}, {1, 3, 3}, {3, 1, 1}, {1, 1, 1}});
    const bool depthwise = c >= 8 && b.random().chance(0.25);
    const int64_t out = depthwise ? c : 8 * b.random().whole(1, c < 8 ? 8 : 48), side = b.random().chance(0.3) ? 2 : 1, depth = kernel[0] > 1 ? side : 1;
    const int64_t groups = depthwise ? c : 1;
    const double flops = 2.0 * b.elements(x) * static_cast<double>(out / groups * kernel[0] * kernel[1] * kernel[2]) / static_cast<double>(depth * side * side);
    if (flops > max_flops / 2 || b.elements(x) > max_elements || b.elements(x) / static_cast<double>(c) * static_cast<double>(out) > max_elements) continue;
    x = b.op("aten::conv3d", {{"input", x}, {"weight", b.weight({out, c / groups, kernel[0], kernel[1], kernel[2]})}, {"stride", Dims{depth, side, side}}, {"groups", groups},
                              {"padding", Dims{kernel[0] / 2, kernel[1] / 2, kernel[2] / 2}}});
    if (b.random().chance(0.7)) x = b.batch_norm(x);
    x = b.op("aten::relu_", {{"self", x}});
    c = out;
    if (b.random().chance(0.6) && b.size(x, 3) > 3 && b.size(x, 4) > 3) {
      const int64_t deep = b.size(x, 2) > 2 ? b.random().pick<int64_t>({1, 3}) : 1, step = b.random().pick<int64_t>({1, 2});
      x = b.op("aten::max_pool3d", {{"self", x}, {"kernel_size", Dims{deep, 3, 3}}, {"stride", Dims{deep > 1 ? step : 1, step, step}}, {"padding", Dims{deep / 2, 1, 1}}});
    }
  }
  return b.finish({x});
}

Graph draw_signal(Block& b) {  // 1-d convolutions
  int64_t c = b.channels(1, 256);
  ValueId x = b.input({b.random().pick<int64_t>({1, 1, 2, 4}), c, b.random().log_whole(50, 6000)});
  for (int64_t i = b.random().whole(2, 5); i > 0; --i) {
    const int64_t out = b.channels(std::max(8.0, static_cast<double>(c) / 2), std::min(512.0, static_cast<double>(c) * 3)), k = b.random().chance(0.25) ? b.random().log_whole(9, 57) : b.random().pick<int64_t>({1, 3, 3, 5, 7, 10});
    if (2.0 * b.batch(x) * static_cast<double>(out * c * k * b.size(x, 2)) > max_flops || b.size(x, 2) < 12) break;
    x = b.conv1d(x, out, k, b.random().pick<int64_t>({1, 1, 2, 4}), 1);
    c = out;
    if (b.random().chance(0.3)) {
      if (const int64_t g = divisor(b, c, {1, 4, 8}); g > 0) x = b.group_norm(x, g);
    }
    x = b.random().chance(0.5) ? b.unary("gelu", x) : b.activation(x);
    if (b.random().chance(0.3)) x = b.conv1d(x, c, b.random().pick<int64_t>({3, 3, 5, 9, 15, 31}), 1, c, b.size(x, 2) > 80 ? b.random().pick<int64_t>({1, 1, 2, 4, 8, 16, 32}) : 1);
  }
  return b.finish({b.linear(b.transpose(x, 1, 2), b.channels(16, 300))});
}

// Windows of many samples with as much padding: first layers over signals, positions of a sequence by a convolution.
Graph draw_wide_windows(Block& b) {
  for (;;) {
    const int64_t n = b.random().pick<int64_t>({1, 1, 2, 4}), k = b.random().log_whole(20, 260), length = b.random().log_whole(40, 2000);
    const int64_t g = b.random().pick<int64_t>({1, 1, 4, 8, 16}), c = g == 1 ? b.random().pick<int64_t>({1, 1, 2, 4, 16, 32, 64}) : 4 * g * b.random().whole(1, 8);
    const int64_t out = g == 1 ? 4 * b.random().log_whole(2, 24) : c, rows = c <= 4 && b.random().chance(0.6) ? b.random().log_whole(4, 64) : 1;
    const double flops = 2.0 * static_cast<double>(n * length * rows * k * out) * static_cast<double>(c / g);
    if (flops < 2e5 || flops > 4e8 || static_cast<double>(n * length * rows * k * c) > 3e7) continue;
    const ValueId x = rows > 1 ? b.conv(b.input({n, c, rows, length}), {.out = out, .kernel_h = 1, .kernel_w = k})
                               : b.conv1d(b.input({n, c, length}), out, k, 1, g);
    return b.finish({b.activation(x)});
  }
}

// Filters as wide as what they look at, one result or a few for each row: words of a sentence, bands of a spectrum.
Graph draw_whole_rows(Block& b) {
  for (;;) {
    const int64_t n = b.random().pick<int64_t>({1, 1, 4, 16, 32}), c = b.random().pick<int64_t>({1, 1, 1, 2, 8, 32}), width = b.random().log_whole(8, 160);
    const int64_t height = b.random().log_whole(12, 240), k = b.random().whole(1, 7), out = 4 * b.random().log_whole(3, 40), results = b.random().pick<int64_t>({1, 1, 1, 2, 4});
    if (results >= width || k >= height) continue;
    const double flops = 2.0 * static_cast<double>(n * height * k * c * out) * static_cast<double>((width - results + 1) * results);
    if (flops < 2e6 || flops > 2e8) continue;
    return b.finish({b.activation(b.op("aten::conv2d", {{"input", b.input({n, c, height, width})}, {"weight", b.weight({out, c, k, width - results + 1})}}))});
  }
}

// Activations beyond the private cache, as the first layers of image models have them: norms, activations, pools and
// depthwise convolutions that only move bytes.
Graph draw_large_activations(Block& b) {
  const int64_t n = b.random().pick<int64_t>({1, 1, 2, 4}), c = b.random().chance(0.5) ? 16 * b.random().whole(1, 12) : 8 * b.random().whole(2, 20);
  const double most = b.random().log_uniform(0.6e6, 5e6);
  const int64_t side = std::clamp<int64_t>(static_cast<int64_t>(std::sqrt(most / static_cast<double>(n * c))), 14, 240);
  ValueId x = b.input({n, c, side, side});
  const ValueId first = x;
  for (int64_t i = b.random().whole(3, 6); i > 0; --i) {
    switch (b.random().whole(0, 10)) {
      case 0:
      case 1: x = b.batch_norm(x); break;
      case 2: x = b.random().chance(0.5) ? b.unary("relu", x) : b.op("aten::relu_", {{"self", x}}); break;
      case 3:
      case 4: x = b.activation(x); break;
      case 5: x = b.size(x, 2) != side ? b.unary("relu", x) : x != first && b.random().chance(0.6) ? b.add_in_place(b.batch_norm(x), first) : b.add(x, first); break;
      case 6:
      case 9: {
        const int64_t k = b.random().pick<int64_t>({3, 3, 3, 5, 7});
        x = b.conv(x, {.out = c, .kernel_h = k, .kernel_w = k, .stride = b.random().pick<int64_t>({1, 2}), .groups = c});
        break;
      }
      case 7:
        x = b.op("aten::max_pool2d", {{"self", x}, {"kernel_size", Dims{3, 3}}, {"stride", Dims{2, 2}}, {"padding", Dims{1, 1}}});
        break;
      case 8: x = b.mul(x, b.unary("sigmoid", b.mean(x, {2, 3}, true))); break;
      default: x = b.cat({x, x}, 1); return b.finish({b.batch_norm(x)});
    }
    if (b.size(x, 2) < 8) break;
  }
  return b.finish({x});
}

// Residual sums and gates, a layer or two behind what they add: where that has left the other operand.
Graph draw_residual_sums(Block& b) {
  for (;;) {
    const bool tokens = b.random().chance(0.5);
    const double most = b.random().log_uniform(5e4, tokens ? 8e5 : 4e6);
    const int64_t n = b.random().pick<int64_t>({1, 2, 2, 4}), c = 8 * b.random().log_whole(tokens ? 8 : 2, tokens ? 96 : 48), wide = c * b.random().pick<int64_t>({1, 1, 2, 4});
    const double layers_flops = 4 * most * static_cast<double>(wide);
    if (layers_flops > 1e9) continue;
    const auto places = static_cast<int64_t>(most / static_cast<double>(n * c));
    if (places < 12) continue;
    if (tokens) {
      const ValueId x = b.op("aten::mul.Tensor", {{"self", b.input({n, places, c})}, {"other", 0.9}});
      const ValueId y = b.linear(b.unary("gelu", b.linear(b.layer_norm(x), wide)), c);
      return b.finish({b.layer_norm(b.random().chance(0.8) ? b.add(x, y) : b.mul(x, y))});
    }
    const int64_t side = std::clamp<int64_t>(static_cast<int64_t>(std::sqrt(static_cast<double>(places))), 4, 256);
    const ValueId x = b.unary("relu", b.input({n, c, side, side}));
    ValueId y = b.activation(b.batch_norm(b.conv(x, {.out = wide})));
    if (b.random().chance(0.3)) y = b.conv(y, {.out = wide, .kernel_h = 3, .kernel_w = 3, .groups = wide});
    y = b.batch_norm(b.conv(y, {.out = c}));
    y = b.random().chance(0.4) ? b.add(y, x) : b.random().chance(0.5) ? b.add_in_place(y, x) : b.mul(b.unary("sigmoid", y), x);
    return b.finish({b.unary("relu", y)});
  }
}

// Two convolutions of images of 4 to 20 MB, as first layers and decoders have them: what they read and write does not stay
// in the last cache.
Graph draw_wide_images(Block& b) {
  const int64_t n = b.random().pick<int64_t>({1, 2, 2, 4}), c = b.random().chance(0.6) ? 16 * b.random().log_whole(1, 12) : 4 * b.random().log_whole(3, 48);
  const int64_t side = std::clamp<int64_t>(static_cast<int64_t>(std::sqrt(b.random().log_uniform(1e6, 5e6) / static_cast<double>(n * c))), 24, 400);
  ValueId x = b.unary("relu", b.input({n, c, side, side + b.random().whole(0, 3)}));
  for (int convolutions = 0, tries = 20; convolutions < 2 && tries > 0; --tries) {
    const int64_t k = b.random().chance(0.5) ? 1 : 3, now = b.size(x, 1), out = 4 * (k == 1 ? b.random().log_whole(2, 64) : b.random().log_whole(4, 24));
    const bool depthwise = k == 3 && b.random().chance(0.3);
    const double made = b.elements(x) / static_cast<double>(now) * static_cast<double>(depthwise ? now : out);
    const double flops = 2 * made * static_cast<double>(k * k) * static_cast<double>(depthwise ? 1 : now);
    if (made < 0.5e6 || made > 5e6 || flops > 1e9) continue;
    x = b.conv(x, {.out = depthwise ? now : out, .kernel_h = k, .kernel_w = k, .groups = depthwise ? now : 1, .bias = b.random().chance(0.3)});
    if (b.random().chance(0.5)) x = b.batch_norm(x);
    if (b.random().chance(0.6)) x = b.activation(x);
    ++convolutions;
  }
  return b.finish({x});
}

// A few wide groups over a small image, as mixers of channels have them.
Graph draw_wide_groups(Block& b) {
  const int64_t groups = b.random().pick<int64_t>({2, 2, 3, 4, 8}), k = b.random().pick<int64_t>({1, 1, 3}), n = b.random().pick<int64_t>({1, 1, 2, 4});
  const int64_t c = groups * b.random().log_whole(8, 256), out = groups * b.random().log_whole(8, 320), side = b.random().log_whole(3, 28);
  const ValueId x = b.unary("relu", b.input({n, c, side, side}));
  if (2.0 * static_cast<double>(n * c / groups * out * k * k * side * side) > 3e8) return b.finish({x});
  return b.finish({b.unary("relu", b.conv(x, {.out = out, .kernel_h = k, .kernel_w = k, .groups = groups, .bias = b.random().chance(0.5)}))});
}

// Several filters for each channel, square ones and such over one side.
Graph draw_multiplier(Block& b) {
  const int64_t n = b.random().pick<int64_t>({1, 1, 2, 4, 8}), c = b.random().log_whole(2, 96), times = b.random().pick<int64_t>({2, 2, 3, 4});
  const int64_t k = b.random().log_whole(3, 64), h = b.random().log_whole(8, 120), w = b.random().log_whole(8, 600);
  if (static_cast<double>(n * c * times * h * w) > 1e6) return b.finish({b.input({n, c, 8, 8})});
  const bool square = b.random().chance(0.4), tall = b.random().chance(0.5);
  const int64_t side = std::min<int64_t>({k, 7, h, w});
  const Dims kernel = square ? Dims{side, side} : tall ? Dims{std::min(k, h), 1} : Dims{1, std::min(k, w)};
  const ValueId x = b.unary("relu", b.input({n, c, h, w}));
  return b.finish({b.op("aten::conv2d", {{"input", x}, {"weight", b.weight({c * times, 1, kernel[0], kernel[1]})}, {"groups", c}})});
}

// Many narrow groups over a whole image.
Graph draw_narrow_groups(Block& b) {
  const int64_t width = b.random().pick<int64_t>({2, 4, 4, 8, 8, 16, 16, 24, 32}), groups = b.random().whole(3, 40);
  const int64_t n = b.random().pick<int64_t>({1, 1, 2, 4}), c = width * groups, k = b.random().pick<int64_t>({3, 3, 3, 5});
  const double most = b.random().log_uniform(1e7, 1.5e8) / static_cast<double>(2 * n * c * width * k * k);
  const int64_t side = std::clamp<int64_t>(static_cast<int64_t>(std::sqrt(most)), 6, 120);
  ValueId x = b.conv(b.input({n, c, side, side}), {.out = c, .kernel_h = k, .kernel_w = k, .stride = b.random().pick<int64_t>({1, 1, 2}), .groups = groups});
  x = b.unary("relu", x);
  return b.finish({b.conv(x, {.out = c, .kernel_h = 3, .kernel_w = 3, .stride = 1, .groups = groups})});
}

Graph draw_grouped(Block& b) {
  const double kind = b.random().uniform();
  return kind < 0.4 ? draw_narrow_groups(b) : kind < 0.75 ? draw_wide_groups(b) : draw_multiplier(b);
}

// Depthwise convolutions of many channels over small images, one behind the other, or over sequences whose features come first.
Graph draw_depthwise(Block& b) {
  if (b.random().chance(0.3)) {
    const int64_t n = b.random().pick<int64_t>({1, 1, 2, 4}), l = b.random().log_whole(16, 400), c = 8 * b.random().log_whole(6, 128), k = b.random().pick<int64_t>({3, 3, 4, 5, 7, 9});
    ValueId x = b.unary("silu", b.input({n, l, c}));
    if (b.random().chance(0.4)) x = b.ops("aten::chunk", {{"self", x}, {"chunks", 2}, {"dim", -1}})[0];
    x = b.conv1d(b.transpose(x, 1, 2), b.size(x, -1), k, 1, b.size(x, -1));
    return b.finish({b.linear(b.transpose(b.unary("silu", x), 1, 2), 8 * b.random().log_whole(2, 32))});
  }
  const int64_t n = b.random().pick<int64_t>({1, 2, 2, 4}), c = b.channels(64, 1300), side = b.side(5, 56);
  if (static_cast<double>(n * c * side * side) > 1e6) return b.finish({b.unary("relu", b.input({n, c, 8, 8}))});
  ValueId x = b.activation(b.batch_norm(b.input({n, c, side, side})));
  for (int64_t i = b.random().whole(2, 4); i > 0 && b.size(x, 2) > 2; --i) {
    const int64_t k = b.random().pick<int64_t>({3, 3, 3, 5, 5, 7}), along = b.random().chance(0.2) ? 1 : k;
    x = b.conv_norm_act(x, {.out = c, .kernel_h = along, .kernel_w = k, .stride = b.random().pick<int64_t>({1, 1, 1, 2}), .groups = c});
  }
  return b.finish({b.conv(x, {.out = b.channels(16, 300)})});
}

// A few convolutions of a millisecond and more each.
Graph draw_large_convolutions(Block& b) {
  const int64_t n = b.random().pick<int64_t>({1, 1, 2, 4});
  int64_t c = 16 * b.random().whole(2, 40);
  ValueId x;
  if (b.random().chance(0.3)) {
    const int64_t k = b.random().pick<int64_t>({3, 3, 5, 7, 11, 14, 20, 28});
    const int64_t side = b.random().whole(90, 260);
    x = b.conv(b.input({n, 3, side, side}), {.out = k > 7 ? 16 * b.random().whole(8, 50) : 16 * b.random().whole(1, 5), .kernel_h = k, .kernel_w = k,
                                             .stride = k > 7 ? k : b.random().pick<int64_t>({1, 2}), .padding = k > 7 ? 0 : k / 2, .bias = true});
    c = b.size(x, 1);
  } else {
    const int64_t side = std::clamp<int64_t>(b.random().whole(600, 6000) / c, 4, 100);
    const Dims sizes{n, c, side + b.random().whole(0, 3), side};
    x = b.random().chance(0.25) ? b.input_channels_last(sizes) : b.input(sizes);
  }
  for (int64_t i = b.random().whole(1, 2); i > 0; --i) {
    const int64_t k = b.random().pick<int64_t>({3, 3, 1, 1});
    const int64_t stride = b.random().pick<int64_t>({1, 1, 2});
    const int64_t out = 16 * b.random().whole(2, k == 1 ? 100 : 36);
    const Block::Conv conv{.out = out, .kernel_h = k, .kernel_w = k, .stride = stride, .bias = b.random().chance(0.3)};
    const double flops = 2.0 * b.batch(x) * static_cast<double>(b.size(x, 1) * out * k * k) * static_cast<double>(b.size(x, 2) * b.size(x, 3)) / static_cast<double>(stride * stride);
    if (flops > 1.5e9 || b.size(x, 2) < 4) continue;
    x = b.conv(x, conv);
  }
  return b.finish({x});
}

// Where small image models spend their time: 1x1 convolutions of 5 to 400 MFLOP that widen and narrow, norms between.
Graph draw_pointwise_convolutions(Block& b) {
  ValueId x = b.unary("relu", b.input([&]() -> Dims {
    for (;;) {
      const int64_t n = b.random().pick<int64_t>({1, 2, 2, 4}), side = b.side(6, 90), c = b.channels(16, 900);
      const double count = static_cast<double>(n * c * side * side);
      if (count > 2e4 && count < 1.2e6) return {n, c, side, side};
    }
  }()));
  for (int64_t i = b.random().whole(4, 6), tries = 20; i > 0 && tries > 0; --tries) {
    const int64_t c = b.size(x, 1), out = b.channels(std::max(12.0, static_cast<double>(c) / 6), std::min(1400.0, static_cast<double>(c) * 6));
    const double made = b.elements(x) / static_cast<double>(c) * static_cast<double>(out), flops = 2 * made * static_cast<double>(c);
    if (flops < 5e6 || flops > 4e8 || made > 1.5e6) continue;
    x = b.conv(x, {.out = out, .bias = b.random().chance(0.2)});
    if (b.random().chance(0.8)) x = b.batch_norm(x);
    if (b.random().chance(0.5)) x = b.activation(x);
    --i;
  }
  return b.finish({x});
}

// What stands behind the last convolution: a few rows, or images of one pixel, times wide weights.
Graph draw_heads(Block& b) {
  const int64_t n = b.random().pick<int64_t>({1, 2, 2, 2, 3, 4, 4, 8});
  const auto in = [&] { return b.channels(200, 2600); };
  return b.finish({b.linear(b.unary("relu", b.input({n, in()})), b.channels(200, 2600)),
                   b.conv(b.unary("hardswish", b.input({n, in(), 1, 1})), {.out = b.channels(100, 2000), .bias = b.random().chance(0.7)}),
                   b.conv(b.unary("relu", b.input({n, in(), 1, 1})), {.out = b.channels(100, 2000), .bias = true})});
}

// Kernels beyond the last cache: what convolutions of every large model wait for.
Graph draw_large_kernels(Block& b) {
  const int64_t side = b.random().whole(3, 12), n = b.random().pick<int64_t>({1, 1, 1, 2});
  const Dims sizes{n, 8 * b.random().whole(40, 160), side, side};
  ValueId x = b.random().chance(0.25) ? b.input_channels_last(sizes) : b.input(sizes);
  double weights = 0;
  while (weights < 12e6) {
    const int64_t k = b.random().pick<int64_t>({1, 1, 3}), out = 8 * b.random().whole(40, k == 1 ? 256 : 96);
    weights += static_cast<double>(out * b.size(x, 1) * k * k);
    x = b.unary("relu", b.conv(x, {.out = out, .kernel_h = k, .kernel_w = k}));
  }
  return b.finish({x});
}

}  // namespace opgauge
