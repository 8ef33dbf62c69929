// SPDX-License-Identifier: Apache-2.0
// Simonyan & Zisserman, "Very Deep Convolutional Networks for Large-Scale Image Recognition", 2014:
// configurations A, B, D and E of table 1.
#include <array>

#include "models/builders.hpp"
#include "models/layers.hpp"

namespace opgauge {
namespace {

// Convolutions of each of the five stages; their channels are 1, 2, 4, 8 and 8 times the width.
using Stages = std::array<int64_t, 5>;
constexpr Stages factors = {1, 2, 4, 8, 8};

Graph build_stages(const ModelSpec& spec, int64_t batch, const Stages& stages, bool norm) {
  const int64_t width = spec.integer("width");
  const int64_t hidden = spec.integer("hidden");
  Layers net(spec.print(), batch);
  ValueId x = net.image_input(3, spec.integer("image"));
  int module = 0;
  const auto next = [&](const char* part) { return part + std::to_string(module++); };
  for (size_t stage = 0; stage < stages.size(); ++stage) {
    for (int64_t i = 0; i < stages[stage]; ++i) {
      x = net.conv2d(next("features."), x,
                     {.out = factors[stage] * width, .kernel = 3, .padding = 1, .bias = true});
      if (norm) x = net.batch_norm(next("features."), x);
      x = net.call("aten::relu_", next("features."), {{"self", x}});
    }
    x = net.call("aten::max_pool2d", next("features."),
                 {{"self", x}, {"kernel_size", Dims{2, 2}}, {"stride", Dims{2, 2}}});
  }
  x = net.call("aten::adaptive_avg_pool2d", "avgpool", {{"self", x}, {"output_size", Dims{7, 7}}});
  x = net.call("aten::flatten.using_ints", "", {{"self", x}, {"start_dim", 1}});
  module = 0;
  for (int i = 0; i < 2; ++i) {
    x = net.linear(next("classifier."), x, hidden);
    x = net.call("aten::relu_", next("classifier."), {{"self", x}});
    x = net.dropout(next("classifier."), x, 0.5);
  }
  return net.finish({net.linear(next("classifier."), x, spec.integer("classes"))});
}

template <int64_t a, int64_t b, int64_t c, int64_t d, int64_t e, bool norm>
Graph build_vgg(const ModelSpec& spec, int64_t batch) {
  return build_stages(spec, batch, {a, b, c, d, e}, norm);
}

}  // namespace

std::vector<ModelFamily> vgg_families() {
  const std::vector<ModelParameter> parameters = {
      {"width", "64", "channels of the first stage; the others have 2, 4, 8 and 8 times as many"},
      {"image", "224", "height and width"},
      {"hidden", "4096", "width of the two hidden fully connected layers"},
      {"classes", "1000", "outputs"}};
  const auto row = [&](std::string_view name, std::string_view doc, std::string_view reference,
                       Graph (*build)(const ModelSpec&, int64_t)) {
    return ModelFamily{name, doc, reference, parameters, false, build};
  };
  return {
      row("vgg11", "VGG of 11 layers", "torchvision vgg11", build_vgg<1, 1, 2, 2, 2, false>),
      row("vgg11_bn", "VGG of 11 layers with batch norm", "torchvision vgg11_bn",
          build_vgg<1, 1, 2, 2, 2, true>),
      row("vgg13", "VGG of 13 layers", "torchvision vgg13", build_vgg<2, 2, 2, 2, 2, false>),
      row("vgg13_bn", "VGG of 13 layers with batch norm", "torchvision vgg13_bn",
          build_vgg<2, 2, 2, 2, 2, true>),
      row("vgg16", "VGG of 16 layers", "torchvision vgg16", build_vgg<2, 2, 3, 3, 3, false>),
      row("vgg16_bn", "VGG of 16 layers with batch norm", "torchvision vgg16_bn",
          build_vgg<2, 2, 3, 3, 3, true>),
      row("vgg19", "VGG of 19 layers", "torchvision vgg19", build_vgg<2, 2, 4, 4, 4, false>),
      row("vgg19_bn", "VGG of 19 layers with batch norm", "torchvision vgg19_bn",
          build_vgg<2, 2, 4, 4, 4, true>),
  };
}

}  // namespace opgauge
