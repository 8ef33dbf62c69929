// SPDX-License-Identifier: Apache-2.0
// Sandler, Howard, Zhu, Zhmoginov & Chen, "MobileNetV2: Inverted Residuals and Linear Bottlenecks",
// 2018, table 2.
#include "models/builders.hpp"
#include "models/divisible.hpp"
#include "models/layers.hpp"

namespace opgauge {
namespace {

struct Stage {
  int64_t expand, channels, repeats, stride;
};
constexpr Stage stages[] = {{1, 16, 1, 1}, {6, 24, 2, 2},  {6, 32, 3, 2}, {6, 64, 4, 2},
                            {6, 96, 3, 1}, {6, 160, 3, 2}, {6, 320, 1, 1}};

ValueId conv_norm_relu6(Layers& net, const std::string& module, ValueId x, ConvOptions options) {
  options.padding = (options.kernel - 1) / 2;
  x = net.conv2d(module + ".0", x, options);
  x = net.batch_norm(module + ".1", x);
  return net.call("aten::hardtanh_", module + ".2",
                  {{"self", x}, {"min_val", 0.0}, {"max_val", 6.0}});
}

ValueId inverted_residual(Layers& net, const std::string& module, ValueId x, int64_t out,
                          int64_t stride, int64_t expand) {
  const int64_t in = net.type(x).sizes[1];
  const int64_t hidden = in * expand;
  int part = 0;
  const auto next = [&] { return module + ".conv." + std::to_string(part++); };
  ValueId y = x;
  if (expand != 1) y = conv_norm_relu6(net, next(), y, {.out = hidden});
  y = conv_norm_relu6(net, next(), y,
                      {.out = hidden, .kernel = 3, .stride = stride, .groups = hidden});
  y = net.conv2d(next(), y, {.out = out});
  y = net.batch_norm(next(), y);
  if (stride != 1 || in != out) return y;
  return net.call("aten::add.Tensor", module, {{"self", x}, {"other", y}});
}

Graph build_mobilenet_v2(const ModelSpec& spec, int64_t batch) {
  const double multiplier = spec.number("width_mult");
  const auto channels = [&](int64_t count) {
    return round_channels(static_cast<double>(count) * multiplier);
  };
  Layers net(spec.print(), batch);
  ValueId x = net.image_input(3, spec.integer("image"));
  int feature = 0;
  const auto next = [&] { return "features." + std::to_string(feature++); };
  x = conv_norm_relu6(net, next(), x, {.out = channels(32), .kernel = 3, .stride = 2});
  for (const Stage& stage : stages) {
    for (int64_t i = 0; i < stage.repeats; ++i) {
      x = inverted_residual(net, next(), x, channels(stage.channels), i == 0 ? stage.stride : 1,
                            stage.expand);
    }
  }
  x = conv_norm_relu6(net, next(), x, {.out = round_channels(1280 * std::max(1.0, multiplier))});
  x = net.pool_and_flatten("", x);
  x = net.dropout("classifier.0", x, 0.2);
  return net.finish({net.linear("classifier.1", x, spec.integer("classes"))});
}

}  // namespace

std::vector<ModelFamily> mobilenet_families() {
  return {{"mobilenet_v2",
           "inverted residuals with depthwise convolutions",
           "torchvision mobilenet_v2",
           {{"width_mult", "1", "factor on every channel count"},
            {"image", "224", "height and width"},
            {"classes", "1000", "outputs"}},
           false,
           build_mobilenet_v2}};
}

}  // namespace opgauge
