// SPDX-License-Identifier: Apache-2.0
// Tan & Le, "EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks", 2019,
// table 1 (the baseline B0).
#include "models/builders.hpp"
#include "models/divisible.hpp"
#include "models/layers.hpp"

namespace opgauge {
namespace {

struct Stage {
  int64_t expand, kernel, stride, channels, repeats;
};
constexpr Stage stages[] = {{1, 3, 1, 16, 1}, {6, 3, 2, 24, 2},  {6, 5, 2, 40, 2},
                            {6, 3, 2, 80, 3}, {6, 5, 1, 112, 3}, {6, 5, 2, 192, 4},
                            {6, 3, 1, 320, 1}};

ValueId conv_norm(Layers& net, const std::string& module, ValueId x, ConvOptions options) {
  options.padding = (options.kernel - 1) / 2;
  return net.batch_norm(module + ".1", net.conv2d(module + ".0", x, options));
}
ValueId conv_norm_silu(Layers& net, const std::string& module, ValueId x,
                       const ConvOptions& options) {
  x = conv_norm(net, module, x, options);
  return net.call("aten::silu_", module + ".2", {{"self", x}});
}

// Hu, Shen & Sun, "Squeeze-and-Excitation Networks", 2017.
ValueId squeeze_excite(Layers& net, const std::string& module, ValueId x, int64_t squeezed) {
  ValueId scale = net.call("aten::adaptive_avg_pool2d", module + ".avgpool",
                           {{"self", x}, {"output_size", Dims{1, 1}}});
  const int64_t channels = net.type(x).sizes[1];
  scale = net.conv2d(module + ".fc1", scale, {.out = squeezed, .bias = true});
  scale = net.call("aten::silu_", module + ".activation", {{"self", scale}});
  scale = net.conv2d(module + ".fc2", scale, {.out = channels, .bias = true});
  scale = net.call("aten::sigmoid", module + ".scale_activation", {{"self", scale}});
  return net.call("aten::mul.Tensor", module, {{"self", scale}, {"other", x}});
}

ValueId mobile_block(Layers& net, const std::string& module, ValueId x, const Stage& stage,
                     int64_t out, int64_t stride) {
  const int64_t in = net.type(x).sizes[1];
  const int64_t expanded = round_channels(static_cast<double>(in * stage.expand));
  int part = 0;
  const auto next = [&] { return module + ".block." + std::to_string(part++); };
  ValueId y = x;
  if (expanded != in) y = conv_norm_silu(net, next(), y, {.out = expanded});
  y = conv_norm_silu(
      net, next(), y,
      {.out = expanded, .kernel = stage.kernel, .stride = stride, .groups = expanded});
  y = squeeze_excite(net, next(), y, std::max<int64_t>(1, in / 4));
  y = conv_norm(net, next(), y, {.out = out});
  if (stride != 1 || in != out) return y;
  return net.call("aten::add_.Tensor", module, {{"self", y}, {"other", x}});
}

Graph build_efficientnet_b0(const ModelSpec& spec, int64_t batch) {
  const double multiplier = spec.number("width_mult");
  const auto channels = [&](int64_t count) {
    return round_channels(static_cast<double>(count) * multiplier);
  };
  Layers net(spec.print(), batch);
  ValueId x = net.image_input(3, spec.integer("image"));
  int feature = 0;
  const auto next = [&] { return "features." + std::to_string(feature++); };
  x = conv_norm_silu(net, next(), x, {.out = channels(32), .kernel = 3, .stride = 2});
  for (const Stage& stage : stages) {
    const std::string module = next();
    for (int64_t i = 0; i < stage.repeats; ++i) {
      x = mobile_block(net, module + "." + std::to_string(i), x, stage, channels(stage.channels),
                       i == 0 ? stage.stride : 1);
    }
  }
  x = conv_norm_silu(net, next(), x, {.out = 4 * channels(320)});
  x = net.pool_and_flatten("avgpool", x);
  x = net.dropout("classifier.0", x, 0.2, true);
  return net.finish({net.linear("classifier.1", x, spec.integer("classes"))});
}

}  // namespace

std::vector<ModelFamily> efficientnet_families() {
  return {{"efficientnet_b0",
           "inverted residuals with squeeze and excitation",
           "torchvision efficientnet_b0",
           {{"width_mult", "1", "factor on every channel count"},
            {"image", "224", "height and width"},
            {"classes", "1000", "outputs"}},
           false,
           build_efficientnet_b0}};
}

}  // namespace opgauge
