// SPDX-License-Identifier: Apache-2.0
// Convolutional calibration networks, NCHW and channels-last.
#include <algorithm>

#include "calibrate/archetype.hpp"

namespace opgauge {
namespace {

constexpr double max_flops = 1.6e9;      // of one convolution
constexpr double max_elements = 2.5e6;   // of one activation

double elements(const Block& b, ValueId x) { return static_cast<double>(b.type(x).numel()); }

bool affordable(const Block& b, ValueId x, const Block::Conv& c) {
  const double out = static_cast<double>(b.size(x, 0) * b.size(x, 2) * b.size(x, 3)) /
                     static_cast<double>(c.stride * c.stride) * static_cast<double>(c.out);
  const double flops = 2 * out * static_cast<double>(b.size(x, 1) / c.groups * c.kernel_h * c.kernel_w);
  return c.out > 0 && flops < max_flops && out < max_elements;
}

int64_t stride_for(Block& b, ValueId x) {
  return b.size(x, 2) > 3 && b.size(x, 3) > 3 ? b.random().pick<int64_t>({1, 1, 2}) : 1;
}

int64_t divisor(Block& b, int64_t channels, std::initializer_list<int64_t> choices) {
  std::vector<int64_t> fits;
  for (const int64_t g : choices) {
    if (channels % g == 0 && channels > g) fits.push_back(g);
  }
  return fits.empty() ? 0 : b.random().pick(fits);
}

ValueId try_conv(Block& b, ValueId x, Block::Conv c) { return affordable(b, x, c) ? b.conv_norm_act(x, c) : x; }

ValueId pointwise(Block& b, ValueId x) {
  const int64_t out = b.channels(std::max(4.0, static_cast<double>(b.size(x, 1)) / 6), std::min(2048.0, static_cast<double>(b.size(x, 1)) * 6));
  return try_conv(b, x, {.out = out, .stride = b.random().chance(0.2) ? stride_for(b, x) : 1, .bias = b.random().chance(0.3)});
}

ValueId spatial(Block& b, ValueId x) {
  const int64_t k = b.random().pick<int64_t>({3, 3, 3, 3, 3, 5, 7, 2});
  const int64_t dilation = k == 3 && b.random().chance(0.08) ? 2 : 1;
  const int64_t out = b.channels(std::max(4.0, static_cast<double>(b.size(x, 1)) / 3), std::min(1024.0, static_cast<double>(b.size(x, 1)) * 3));
  const int64_t stride = dilation == 1 ? stride_for(b, x) : 1;
  return try_conv(b, x, {.out = out, .kernel_h = k, .kernel_w = k, .stride = stride, .dilation = dilation, .bias = b.random().chance(0.2)});
}

ValueId asymmetric(Block& b, ValueId x) {
  const int64_t k = b.random().pick<int64_t>({3, 5, 7});
  const bool tall = b.random().chance(0.5);
  const int64_t out = b.channels(std::max(4.0, static_cast<double>(b.size(x, 1)) / 2), std::min(600.0, static_cast<double>(b.size(x, 1)) * 2));
  // Padding by hand keeps the size: the ATen call takes one pad a dimension.
  if (!affordable(b, x, {.out = out, .kernel_h = k})) return x;
  return b.op("aten::conv2d", {{"input", x},
                               {"weight", b.weight({out, b.size(x, 1), tall ? k : 1, tall ? 1 : k})},
                               {"stride", Dims{1, 1}},
                               {"padding", Dims{tall ? k / 2 : 0, tall ? 0 : k / 2}}});
}

ValueId depthwise(Block& b, ValueId x) {
  const int64_t k = b.random().pick<int64_t>({3, 3, 3, 5, 5, 7, 7, 9, 11});
  const int64_t c = b.size(x, 1);
  return c < 2 ? x : b.conv_norm_act(x, {.out = c, .kernel_h = k, .kernel_w = k, .stride = stride_for(b, x), .groups = c, .bias = b.random().chance(0.2)});
}

ValueId grouped(Block& b, ValueId x) {
  const int64_t c = b.size(x, 1);
  if (b.random().chance(0.15)) {  // depthwise with a multiplier
    const int64_t k = b.random().pick<int64_t>({3, 3, 5, 7});
    return try_conv(b, x, {.out = 2 * c, .kernel_h = k, .kernel_w = k, .stride = stride_for(b, x), .groups = c});
  }
  const int64_t g = divisor(b, c, {2, 3, 4, 6, 8, 12, 16, 24, 32, 48});
  if (g == 0) return x;
  const int64_t k = b.random().pick<int64_t>({1, 3, 3, 3, 5});
  const int64_t out = b.random().chance(0.7) ? c : std::max<int64_t>(1, c / g / 2) * g * b.random().pick<int64_t>({1, 4});
  return try_conv(b, x, {.out = out, .kernel_h = k, .kernel_w = k, .stride = stride_for(b, x), .groups = g});
}

ValueId squeeze_excite(Block& b, ValueId x) {
  const int64_t c = b.size(x, 1), inner = std::max<int64_t>(4, c / b.random().pick<int64_t>({4, 8, 16, 24}));
  const ValueId pooled = b.random().chance(0.5)
                             ? b.op("aten::adaptive_avg_pool2d", {{"self", x}, {"output_size", Dims{1, 1}}})
                             : b.mean(x, {2, 3}, true);
  ValueId s = b.conv(pooled, {.out = inner, .bias = true});
  s = b.unary(b.random().pick<const char*>({"relu", "relu_", "silu_", "silu"}), s);
  s = b.conv(s, {.out = c, .bias = true});
  s = b.unary(b.random().pick<const char*>({"sigmoid", "sigmoid", "hardsigmoid"}), s);
  return b.random().chance(0.5) ? b.mul(x, s) : b.mul(s, x);
}

ValueId inverted_residual(Block& b, ValueId x) {
  const int64_t c = b.size(x, 1), k = b.random().pick<int64_t>({3, 3, 5});
  const int64_t wide = c * b.random().pick<int64_t>({1, 2, 3, 4, 6});
  if (!affordable(b, x, {.out = wide})) return x;
  ValueId y = b.conv_norm_act(x, {.out = wide});
  if (wide > 1) y = b.conv_norm_act(y, {.out = wide, .kernel_h = k, .kernel_w = k, .groups = wide});
  if (b.random().chance(0.5)) y = squeeze_excite(b, y);
  y = b.batch_norm(b.conv(y, {.out = c}));
  return b.random().chance(0.4) ? b.add_in_place(y, x) : b.add(x, y);
}

ValueId bottleneck(Block& b, ValueId x) {
  const int64_t c = b.size(x, 1), inner = std::max<int64_t>(4, c / b.random().pick<int64_t>({1, 2, 4}));
  if (!affordable(b, x, {.out = inner, .kernel_h = 3, .kernel_w = 3}) || !affordable(b, x, {.out = inner})) return x;
  ValueId y = b.conv_norm_act(x, {.out = inner});
  if (!affordable(b, y, {.out = inner, .kernel_h = 3, .kernel_w = 3})) return x;
  y = b.conv_norm_act(y, {.out = inner, .kernel_h = 3, .kernel_w = 3});
  y = b.batch_norm(b.conv(y, {.out = c}));
  y = b.random().chance(0.6) ? b.add_in_place(y, x) : b.add(x, y);
  return b.unary(b.random().pick<const char*>({"relu_", "relu", "silu"}), y);
}

ValueId branches(Block& b, ValueId x) {
  std::vector<ValueId> parts;
  if (b.random().chance(0.5)) parts.push_back(x);
  for (int64_t i = b.random().whole(2, 4); i > 0; --i) {
    const int64_t k = b.random().pick<int64_t>({1, 1, 3, 5});
    const int64_t out = b.channels(4, std::max(8.0, static_cast<double>(b.size(x, 1)) / 2));
    if (affordable(b, x, {.out = out, .kernel_h = k, .kernel_w = k})) {
      parts.push_back(b.conv_norm_act(x, {.out = out, .kernel_h = k, .kernel_w = k}));
    }
  }
  return parts.size() < 2 ? x : b.cat(parts, 1);
}

ValueId pool(Block& b, ValueId x) {
  if (b.size(x, 2) < 5 || b.size(x, 3) < 5) return x;
  const int64_t k = b.random().pick<int64_t>({2, 3, 3, 4, 5}), s = b.random().pick<int64_t>({1, 2, 2}), p = k % 2 ? k / 2 : 0;
  const std::string name = b.random().chance(0.6) ? "aten::max_pool2d" : "aten::avg_pool2d";
  std::vector<Given> given{{"self", x}, {"kernel_size", Dims{k, k}}, {"stride", Dims{s, s}}, {"padding", Dims{p, p}}};
  if (b.random().chance(0.15)) given.emplace_back("ceil_mode", true);
  return b.op(name, std::move(given));
}

ValueId modern_block(Block& b, ValueId x) {  // depthwise, norm over channels, two linears
  const int64_t c = b.size(x, 1), k = b.random().pick<int64_t>({3, 5, 7, 7}), wide = c * b.random().pick<int64_t>({2, 3, 4});
  if (c < 8 || elements(b, x) * static_cast<double>(wide) * 4 > 2.5e9 || elements(b, x) / static_cast<double>(c) * static_cast<double>(wide) > max_elements) return x;
  ValueId y = b.conv(x, {.out = c, .kernel_h = k, .kernel_w = k, .groups = c, .bias = true});
  y = b.layer_norm(b.permute(y, {0, 2, 3, 1}));
  y = b.linear(y, wide);
  y = b.random().chance(0.6) ? b.unary("gelu", y) : b.activation(y);
  y = b.permute(b.linear(y, c), {0, 3, 1, 2});
  if (b.random().chance(0.6)) y = b.mul(b.weight({c, 1, 1}), y);
  return b.add(y, x);
}

ValueId shuffle(Block& b, ValueId x) {
  const int64_t n = b.size(x, 0), c = b.size(x, 1), h = b.size(x, 2), w = b.size(x, 3);
  if (c % 4 != 0) return x;
  const std::vector<ValueId> halves = b.ops("aten::chunk", {{"self", x}, {"chunks", 2}, {"dim", 1}});
  ValueId y = b.cat({halves[0], b.unary("relu", halves[1])}, 1);
  y = b.transpose(b.view(y, {n, 2, c / 2, h, w}), 1, 2);
  return b.view(b.contiguous(y), {n, c, h, w});
}

ValueId strided_depthwise(Block& b, ValueId x) {  // depthwise on a permuted view, as token mixers call it
  const int64_t c = b.size(x, 1);
  if (c < 4) return x;
  const ValueId tokens = b.contiguous(b.permute(x, {0, 2, 3, 1}));
  return b.conv(b.permute(tokens, {0, 3, 1, 2}), {.out = c, .kernel_h = 3, .kernel_w = 3, .groups = c, .bias = true});
}

ValueId resample(Block& b, ValueId x) {
  if (elements(b, x) > 4e5) return x;
  const int64_t h = b.size(x, 2) * 2, w = b.size(x, 3) * 2;
  const int64_t kind = b.random().pick<int64_t>({0, 1, 1, 1, 2, 3});
  if (kind == 0) return b.op("aten::upsample_nearest2d.vec", {{"input", x}, {"output_size", Dims{h, w}}, {"scale_factors", Argument()}});
  if (kind == 1) return b.op("aten::upsample_bilinear2d.vec", {{"input", x}, {"output_size", Dims{h, w}}, {"align_corners", b.random().chance(0.3)}, {"scale_factors", Argument()}});
  if (kind == 2) return b.op("aten::upsample_bicubic2d.vec", {{"input", x}, {"output_size", Dims{h, w}}, {"align_corners", false}, {"scale_factors", Argument()}});
  const int64_t out = b.channels(8, static_cast<double>(b.size(x, 1)));
  if (!affordable(b, x, {.out = out, .kernel_h = 4, .kernel_w = 4})) return x;
  const int64_t k = b.random().pick<int64_t>({2, 2, 4, 3});
  return b.op("aten::conv_transpose2d.input", {{"input", x}, {"weight", b.weight({b.size(x, 1), out, k, k})}, {"bias", b.weight({out})},
                                               {"stride", Dims{2, 2}}, {"padding", Dims{k == 2 ? 0 : 1, k == 2 ? 0 : 1}}});
}

ValueId norms(Block& b, ValueId x) {
  const int64_t c = b.size(x, 1);
  switch (b.random().whole(0, 3)) {
    case 0: {
      const int64_t g = divisor(b, c, {1, 2, 4, 8, 16, 32});
      return g == 0 ? x : b.activation(b.group_norm(x, g));
    }
    case 1: return b.batch_norm(b.unary("relu", x));
    case 2: return b.op("aten::instance_norm", {{"input", x}, {"weight", b.weight({c})}, {"bias", b.weight({c})}, {"running_mean", Argument()}, {"running_var", Argument()},
                                                {"use_input_stats", true}, {"momentum", 0.1}, {"eps", 1e-5}, {"cudnn_enabled", true}});
    default: return b.permute(b.contiguous(b.layer_norm(b.permute(x, {0, 2, 3, 1}))), {0, 3, 1, 2});
  }
}

ValueId standardized_conv(Block& b, ValueId x) {  // weights normalised in the forward pass
  const int64_t c = b.size(x, 1), out = b.channels(8, std::min(512.0, static_cast<double>(c) * 2)), k = b.random().pick<int64_t>({1, 3, 3});
  if (!affordable(b, x, {.out = out, .kernel_h = k, .kernel_w = k})) return x;
  const ValueId w = b.weight({out, c, k, k});
  const ValueId flat = b.reshape(w, {1, out, c * k * k});
  const ValueId norm = b.op("aten::batch_norm", {{"input", flat}, {"weight", b.weight({out})}, {"bias", Argument()}, {"running_mean", Argument()}, {"running_var", Argument()},
                                                 {"training", true}, {"momentum", 0.0}, {"eps", 1e-6}, {"cudnn_enabled", true}});
  return b.op("aten::conv2d", {{"input", x}, {"weight", b.reshape(norm, {out, c, k, k})}, {"padding", Dims{k / 2, k / 2}}});
}

using Step = ValueId (*)(Block&, ValueId);

ValueId stem(Block& b, ValueId x) {
  struct Shape { int64_t kernel, stride; };
  const Shape s = b.random().pick<Shape>({{3, 2}, {3, 1}, {7, 2}, {4, 4}, {5, 2}, {11, 4}, {8, 8}, {16, 16}, {14, 14}, {6, 2}, {2, 2}});
  const int64_t out = b.channels(12, s.stride < 5 ? 128 : 900);
  const int64_t pad = s.kernel % 2 ? s.kernel / 2 : 0;
  const ValueId y = b.conv(x, {.out = out, .kernel_h = s.kernel, .kernel_w = s.kernel, .stride = s.stride, .padding = pad, .bias = b.random().chance(0.5)});
  return b.activation(b.batch_norm(y));
}

ValueId head(Block& b, ValueId x) {
  const double kind = b.random().uniform();
  if (kind < 0.45) {
    const ValueId pooled = b.random().chance(0.6) ? b.flatten(b.op("aten::adaptive_avg_pool2d", {{"self", x}, {"output_size", Dims{1, 1}}}), 1)
                                                  : b.mean(x, {2, 3}, false);
    return b.linear(pooled, b.channels(10, 3000));
  }
  if (kind < 0.6) {
    const int64_t s = b.random().pick<int64_t>({1, 2, 3, 6, 7});
    return b.flatten(b.op("aten::adaptive_avg_pool2d", {{"self", x}, {"output_size", Dims{s, s}}}), 1);
  }
  if (kind < 0.75) return b.linear(b.layer_norm(b.transpose(b.flatten(x, 2), 1, 2)), b.channels(16, 600));
  if (kind < 0.85 && elements(b, x) < 6e4) return b.linear(b.flatten(x, 1), b.channels(16, 300));
  return x;
}

ValueId chain(Block& b, ValueId x, std::initializer_list<Step> steps, int64_t count) {
  for (int64_t i = 0; i < count && b.size(x, 2) >= 2 && b.size(x, 3) >= 2 && elements(b, x) < 3e6; ++i) {
    x = b.random().pick<Step>(steps)(b, x);
  }
  return head(b, x);
}

// Batch, channels and a side such that the activation is of moderate size.
Dims image(Block& b, double least, double most) {
  for (;;) {
    const int64_t n = b.random().pick<int64_t>({1, 1, 1, 1, 1, 1, 2, 4, 8, 16});
    const int64_t side = b.random().log_whole(4, 200), c = b.channels(3, 1400);
    const double count = static_cast<double>(n * c * side * side);
    if (count > least && count < most) return {n, c, side, b.random().chance(0.85) ? side : std::max<int64_t>(3, side * 3 / 4)};
  }
}

Graph draw_mixed(Block& b) {
  return b.finish({chain(b, b.input(image(b, 5e3, 1.5e6)), {pointwise, pointwise, pointwise, spatial, spatial, spatial, depthwise, grouped, inverted_residual, bottleneck, branches,
                                                            pool, modern_block, shuffle, norms, resample, asymmetric, squeeze_excite}, b.random().whole(3, 6))});
}
Graph draw_stem(Block& b) {
  const int64_t side = b.random().log_whole(48, 300);
  const ValueId x = b.input({b.random().pick<int64_t>({1, 1, 1, 2, 4}), b.random().pick<int64_t>({3, 3, 3, 1, 4}), side, side});
  return b.finish({chain(b, stem(b, x), {pointwise, spatial, pool, depthwise, inverted_residual}, b.random().whole(1, 3))});
}
Graph draw_thin(Block& b) {  // what a free mix makes too rarely
  const ValueId x = b.input(image(b, 1e4, 1.2e6));
  return b.finish({chain(b, b.activation(b.batch_norm(x)), {depthwise, depthwise, grouped, grouped, grouped, spatial, standardized_conv, strided_depthwise, norms, pool, pool, resample, squeeze_excite,
                                                            pointwise, asymmetric}, b.random().whole(4, 7))});
}
Graph draw_small(Block& b) {  // late layers: few pixels, many channels
  for (;;) {
    const int64_t side = b.random().whole(2, 16), c = b.channels(32, 2048), n = b.random().pick<int64_t>({1, 1, 1, 4, 16});
    if (static_cast<double>(n * c * side * side) > 2e5) continue;
    const ValueId x = b.input({n, c, side, side});
    return b.finish({chain(b, x, {pointwise, pointwise, spatial, spatial, grouped, depthwise, bottleneck, inverted_residual, squeeze_excite, pool}, b.random().whole(3, 6))});
  }
}
Graph draw_channels_last(Block& b) {
  Dims sizes = image(b, 5e3, 3e5);
  return b.finish({chain(b, b.input_channels_last(sizes), {pointwise, pointwise, spatial, spatial, depthwise, grouped, inverted_residual, bottleneck, pool, norms, squeeze_excite, resample},
                         b.random().whole(3, 6))});
}
Graph draw_decoder(Block& b) {  // resample, concatenate with a skip, convolve
  const int64_t side = b.random().log_whole(6, 40), c = b.channels(16, 256);
  const ValueId skip = b.input({1, c, side * 2, side * 2});
  ValueId x = b.unary("relu", b.input({1, c, side, side}));
  x = resample(b, x);
  if (b.size(x, 2) == side * 2) x = b.cat({b.unary("relu", skip), x}, 1);
  x = spatial(b, x);
  x = b.op("aten::pad", {{"self", x}, {"pad", Dims{0, b.random().whole(0, 2), 0, 1}}, {"mode", b.random().pick<const char*>({"constant", "constant", "reflect", "replicate"})}});
  return b.finish({b.softmax(spatial(b, x), 1)});
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
    const int64_t out = 8 * b.random().whole(1, c < 8 ? 8 : 48), side = b.random().chance(0.3) ? 2 : 1, depth = kernel[0] > 1 ? side : 1;
    const double flops = 2.0 * elements(b, x) * static_cast<double>(out * kernel[0] * kernel[1] * kernel[2]) / static_cast<double>(depth * side * side);
    if (flops > max_flops / 2 || elements(b, x) > max_elements || elements(b, x) / static_cast<double>(c) * static_cast<double>(out) > max_elements) continue;
    x = b.op("aten::conv3d", {{"input", x}, {"weight", b.weight({out, c, kernel[0], kernel[1], kernel[2]})}, {"stride", Dims{depth, side, side}},
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
    const int64_t out = b.channels(std::max(8.0, static_cast<double>(c) / 2), std::min(512.0, static_cast<double>(c) * 3)), k = b.random().pick<int64_t>({1, 3, 3, 5, 7, 10});
    if (2.0 * static_cast<double>(b.size(x, 0) * out * c * k * b.size(x, 2)) > max_flops || b.size(x, 2) < 12) break;
    x = b.conv1d(x, out, k, b.random().pick<int64_t>({1, 1, 2, 4}), 1);
    c = out;
    if (b.random().chance(0.3)) {
      if (const int64_t g = divisor(b, c, {1, 4, 8}); g > 0) x = b.group_norm(x, g);
    }
    x = b.random().chance(0.5) ? b.unary("gelu", x) : b.activation(x);
    if (b.random().chance(0.25)) x = b.conv1d(x, c, 3, 1, c);
  }
  return b.finish({b.linear(b.transpose(x, 1, 2), b.channels(16, 300))});
}

// Activations beyond the private cache, as the first layers of image models have them: norms, activations, pools and
// depthwise convolutions that only move bytes.
Graph draw_large_activations(Block& b) {
  const int64_t n = b.random().pick<int64_t>({1, 1, 2, 4}), c = 8 * b.random().whole(2, 20);
  const double most = b.random().log_uniform(0.6e6, 5e6);
  const int64_t side = std::clamp<int64_t>(static_cast<int64_t>(std::sqrt(most / static_cast<double>(n * c))), 14, 240);
  ValueId x = b.input({n, c, side, side});
  const ValueId first = x;
  for (int64_t i = b.random().whole(3, 6); i > 0; --i) {
    switch (b.random().whole(0, 9)) {
      case 0:
      case 1: x = b.batch_norm(x); break;
      case 2: x = b.random().chance(0.5) ? b.unary("relu", x) : b.op("aten::relu_", {{"self", x}}); break;
      case 3:
      case 4: x = b.activation(x); break;
      case 5: x = b.size(x, 2) != side ? b.unary("relu", x) : x != first && b.random().chance(0.6) ? b.add_in_place(b.batch_norm(x), first) : b.add(x, first); break;
      case 6: {
        const int64_t k = b.random().pick<int64_t>({3, 3, 5, 7});
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

// Many narrow groups over a whole image.
Graph draw_grouped(Block& b) {
  const int64_t width = b.random().pick<int64_t>({2, 4, 4, 8, 8, 16, 16, 24, 32}), groups = b.random().whole(3, 40);
  const int64_t n = b.random().pick<int64_t>({1, 1, 2, 4}), c = width * groups, k = b.random().pick<int64_t>({3, 3, 3, 5});
  const double most = b.random().log_uniform(1e7, 1.5e8) / static_cast<double>(2 * n * c * width * k * k);
  const int64_t side = std::clamp<int64_t>(static_cast<int64_t>(std::sqrt(most)), 6, 120);
  ValueId x = b.conv(b.input({n, c, side, side}), {.out = c, .kernel_h = k, .kernel_w = k, .stride = b.random().pick<int64_t>({1, 1, 2}), .groups = groups});
  x = b.unary("relu", x);
  return b.finish({b.conv(x, {.out = c, .kernel_h = 3, .kernel_w = 3, .stride = 1, .groups = groups})});
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
    x = b.input({n, c, side + b.random().whole(0, 3), side});
  }
  for (int64_t i = b.random().whole(1, 2); i > 0; --i) {
    const int64_t k = b.random().pick<int64_t>({3, 3, 1, 1});
    const int64_t stride = b.random().pick<int64_t>({1, 1, 2});
    const int64_t out = 16 * b.random().whole(2, k == 1 ? 100 : 36);
    const Block::Conv conv{.out = out, .kernel_h = k, .kernel_w = k, .stride = stride, .bias = b.random().chance(0.3)};
    const double flops = 2.0 * static_cast<double>(b.size(x, 0) * b.size(x, 1) * out * k * k) * static_cast<double>(b.size(x, 2) * b.size(x, 3)) / static_cast<double>(stride * stride);
    if (flops > 1.5e9 || b.size(x, 2) < 4) continue;
    x = b.conv(x, conv);
  }
  return b.finish({x});
}

// Where small image models spend their time: 1x1 convolutions of 5 to 400 MFLOP that widen and narrow, norms between.
Graph draw_pointwise(Block& b) {
  ValueId x = b.unary("relu", b.input([&]() -> Dims {
    for (;;) {
      const int64_t n = b.random().pick<int64_t>({1, 2, 2, 4}), side = b.random().log_whole(6, 90), c = b.channels(16, 900);
      const double count = static_cast<double>(n * c * side * side);
      if (count > 2e4 && count < 1.2e6) return {n, c, side, side};
    }
  }()));
  for (int64_t i = b.random().whole(4, 6), tries = 20; i > 0 && tries > 0; --tries) {
    const int64_t c = b.size(x, 1), out = b.channels(std::max(12.0, static_cast<double>(c) / 6), std::min(1400.0, static_cast<double>(c) * 6));
    const double made = elements(b, x) / static_cast<double>(c) * static_cast<double>(out), flops = 2 * made * static_cast<double>(c);
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
  ValueId x = b.input({n, 8 * b.random().whole(40, 160), side, side});
  double weights = 0;
  while (weights < 12e6) {
    const int64_t k = b.random().pick<int64_t>({1, 1, 3}), out = 8 * b.random().whole(40, k == 1 ? 256 : 96);
    weights += static_cast<double>(out * b.size(x, 1) * k * k);
    x = b.unary("relu", b.conv(x, {.out = out, .kernel_h = k, .kernel_w = k}));
  }
  return b.finish({x});
}

const Archetype rows[] = {
    {"large kernels", 0.03, draw_large_kernels},
    {"large activations", 0.06, draw_large_activations}, {"large convolutions", 0.14, draw_large_convolutions}, {"groups", 0.05, draw_grouped},
    {"convolution mix", 0.20, draw_mixed},      {"image stem", 0.07, draw_stem},
    {"thin classes", 0.14, draw_thin},          {"late layers", 0.13, draw_small},
    {"channels-last", 0.08, draw_channels_last}, {"decoder", 0.03, draw_decoder},
    {"signal", 0.03, draw_signal},              {"clip", 0.025, draw_clip},                {"heads", 0.04, draw_heads},
    {"pointwise convolutions", 0.13, draw_pointwise},
};

}  // namespace

std::span<const Archetype> convolution_archetypes() { return rows; }

}  // namespace opgauge
