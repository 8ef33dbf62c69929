// SPDX-License-Identifier: Apache-2.0
// Convolutional calibration networks of many kinds of ops, NCHW and channels-last, and the table of all convolutional ones.
#include "calibrate/archetypes_convolution.hpp"

#include <algorithm>

namespace opgauge {
namespace {

bool affordable(const Block& b, ValueId x, const Block::Conv& c) {
  const double out = b.batch(x) * static_cast<double>(b.size(x, 2) * b.size(x, 3)) /
                     static_cast<double>(c.stride * c.stride) * static_cast<double>(c.out);
  const double flops = 2 * out * static_cast<double>(b.size(x, 1) / c.groups * c.kernel_h * c.kernel_w);
  return c.out > 0 && flops < max_flops && out < max_elements;
}

int64_t stride_for(Block& b, ValueId x) {
  return b.size(x, 2) > 3 && b.size(x, 3) > 3 ? b.random().pick<int64_t>({1, 1, 2}) : 1;
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
  if (b.random().chance(0.12)) return try_conv(b, x, {.out = c, .groups = c, .bias = b.random().chance(0.5)});  // a factor for each channel
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
  if (c < 8 || b.elements(x) * static_cast<double>(wide) * 4 > 2.5e9 || b.elements(x) / static_cast<double>(c) * static_cast<double>(wide) > max_elements) return x;
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
  if (b.elements(x) > 4e5) return x;
  const int64_t h = b.size(x, 2) * 2, w = b.size(x, 3) * 2;
  const int64_t kind = b.random().pick<int64_t>({0, 0, 1, 1, 1, 2, 3});
  if (kind == 0) return b.op("aten::upsample_nearest2d.vec", {{"input", x}, {"output_size", Dims{h, w}}, {"scale_factors", Argument()}});
  if (kind == 1) return b.op("aten::upsample_bilinear2d.vec", {{"input", x}, {"output_size", Dims{h, w}}, {"align_corners", b.random().chance(0.3)}, {"scale_factors", Argument()}});
  if (kind == 2) return b.op("aten::upsample_bicubic2d.vec", {{"input", x}, {"output_size", Dims{h, w}}, {"align_corners", false}, {"scale_factors", Argument()}});
  const int64_t out = b.channels(8, static_cast<double>(b.size(x, 1)));
  if (!affordable(b, x, {.out = out, .kernel_h = 4, .kernel_w = 4})) return x;
  const int64_t k = b.random().pick<int64_t>({2, 2, 4, 3});
  return b.conv_transposed(x, out, k);
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
  const Shape s = b.random().pick<Shape>({{3, 2}, {3, 1}, {7, 2}, {4, 4}, {5, 2}, {11, 4}, {8, 8}, {16, 16}, {14, 14}, {6, 2}, {2, 2}, {1, 1}, {1, 2}});
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
  if (kind < 0.85 && b.elements(x) < 6e4) return b.linear(b.flatten(x, 1), b.channels(16, 300));
  return x;
}

ValueId chain(Block& b, ValueId x, std::initializer_list<Step> steps, int64_t count) {
  for (int64_t i = 0; i < count && b.size(x, 2) >= 2 && b.size(x, 3) >= 2 && b.elements(x) < 3e6; ++i) {
    x = b.random().pick<Step>(steps)(b, x);
  }
  return head(b, x);
}

// Batch, channels and a side such that the activation is of moderate size.
Dims image(Block& b, double least, double most) {
  for (;;) {
    const int64_t n = b.random().pick<int64_t>({1, 1, 1, 1, 1, 1, 2, 4, 8, 16});
    const int64_t side = b.side(4, 200), c = b.channels(3, 1400);
    const double count = static_cast<double>(n * c * side * side);
    if (count > least && count < most) return {n, c, side, b.random().chance(0.85) ? side : std::max<int64_t>(3, side * 3 / 4)};
  }
}

Graph draw_mixed(Block& b) {
  return b.finish({chain(b, b.input(image(b, 5e3, 1.5e6)), {pointwise, pointwise, pointwise, spatial, spatial, spatial, depthwise, grouped, inverted_residual, bottleneck, branches,
                                                            pool, modern_block, shuffle, norms, resample, asymmetric, squeeze_excite}, b.random().whole(3, 6))});
}
Graph draw_stem(Block& b) {
  const int64_t side = b.side(48, 300);
  const Dims sizes{b.random().pick<int64_t>({1, 1, 1, 2, 4}), b.random().pick<int64_t>({3, 3, 3, 1, 4}), side, side};
  const ValueId x = b.random().chance(0.25) ? b.input_channels_last(sizes) : b.input(sizes);
  if (b.random().chance(0.5)) return b.finish({stem(b, x)});
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
// One convolution and nothing that would push its code out, as whoever measures layers runs them; also of small pictures.
Graph draw_single_layer(Block& b) {
  const bool last = b.random().chance(0.3);
  const auto given = [&](const Dims& sizes) { return last ? b.input_channels_last(sizes) : b.input(sizes); };
  if (b.random().chance(0.1)) {  // a filter over the channels' means
    const int64_t k = b.random().pick<int64_t>({3, 3, 5, 5, 7});
    const ValueId x = b.conv1d(b.input({b.random().pick<int64_t>({1, 2, 4}), 1, b.channels(16, 2048)}), 1, k, 1, 1);
    return b.finish({b.unary("sigmoid", x)});
  }
  if (b.random().chance(0.35)) {
    const int64_t side = b.side(6, 80), k = b.random().pick<int64_t>({1, 1, 3, 3, 5, 2});
    const ValueId x = given({b.random().pick<int64_t>({1, 1, 1, 2}), b.random().pick<int64_t>({1, 2, 3, 3, 3, 4, 6, 8}), side, side});
    return b.finish({b.conv(x, {.out = b.random().chance(0.2) ? b.random().whole(1, 8) : b.channels(8, 320), .kernel_h = k, .kernel_w = k, .stride = stride_for(b, x), .bias = b.random().chance(0.5)})});
  }
  const ValueId x = given(image(b, 5e2, 4e5));
  return b.finish({b.random().pick<Step>({pointwise, pointwise, spatial, spatial, depthwise, depthwise, grouped, asymmetric})(b, x)});
}
// The last layer of whatever makes pictures: a few channels out of many.
Graph draw_picture_out(Block& b) {
  for (;;) {
    const int64_t n = b.random().pick<int64_t>({1, 1, 2}), c = b.channels(8, 160), side = b.side(12, 230), out = b.random().pick<int64_t>({1, 1, 2, 3, 3, 3, 4}), k = b.random().pick<int64_t>({1, 3, 3, 5, 7, 9});
    const double pixels = static_cast<double>(n * side * side);
    if (pixels * static_cast<double>(c) > max_elements || 2 * 16 * pixels * static_cast<double>(c * k * k) > 2 * max_flops) continue;
    return b.finish({b.unary("tanh", b.conv(b.unary("relu", b.input({n, c, side, side})), {.out = out, .kernel_h = k, .kernel_w = k, .bias = true}))});
  }
}
Graph draw_resampled(Block& b) {
  Dims sizes = image(b, 5e2, 3.5e5);
  if (b.random().chance(0.3)) {  // planes, or pixels, a multiple of some KiB apart
    const int64_t side = b.random().pick<int64_t>({7, 8, 10, 14, 16, 16, 32, 32});
    sizes = {b.random().pick<int64_t>({1, 1, 2}), side < 15 ? 512 * b.random().whole(1, 2) : 8 * b.random().log_whole(2, side < 20 ? 40 : 16), side, side};
  }
  ValueId x = b.unary("relu", b.random().chance(0.3) ? b.input_channels_last(sizes) : b.input(sizes));
  for (int64_t i = b.random().whole(1, 2); i > 0; --i) x = resample(b, x);
  return b.finish({x});
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
const Archetype rows[] = {
    {"large kernels", 0.07, draw_large_kernels},
    {"wide images", 0.24, draw_wide_images},
    {"large activations", 0.06, draw_large_activations}, {"large convolutions", 0.14, draw_large_convolutions}, {"groups", 0.05, draw_grouped},
    {"depthwise", 0.06, draw_depthwise}, {"residual sums", 0.04, draw_residual_sums},
    {"convolution mix", 0.20, draw_mixed},      {"image stem", 0.07, draw_stem},
    {"thin classes", 0.14, draw_thin},          {"late layers", 0.13, draw_small},
    {"channels-last", 0.08, draw_channels_last}, {"decoder", 0.03, draw_decoder},
    {"signal", 0.03, draw_signal},              {"wide windows", 0.02, draw_wide_windows}, {"whole rows", 0.02, draw_whole_rows},
    {"clip", 0.025, draw_clip},                 {"heads", 0.04, draw_heads},
    {"pointwise convolutions", 0.13, draw_pointwise_convolutions}, {"single layers", 0.12, draw_single_layer},
    {"pictures out", 0.07, draw_picture_out}, {"resampled", 0.08, draw_resampled},
};

}  // namespace

std::span<const Archetype> convolution_archetypes() { return rows; }

}  // namespace opgauge
