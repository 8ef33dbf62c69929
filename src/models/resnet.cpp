// SPDX-License-Identifier: Apache-2.0
// Residual networks: He, Zhang, Ren & Sun, "Deep Residual Learning for Image Recognition", 2015
// (tables 1 and 4), in torchvision's variant that strides in the 3x3 convolution.
#include <array>

#include "models/builders.hpp"
#include "models/layers.hpp"

namespace opgauge {
namespace {

using Depths = std::array<int64_t, 4>;

class ResnetBuilder {
 public:
  ResnetBuilder(const ModelSpec& spec, int64_t batch) : net_(spec.print(), batch) {}

  Graph build(const ModelSpec& spec, const Depths& depths, bool bottleneck) {
    const int64_t width = spec.integer("width");
    ValueId x = net_.image_input(3, spec.integer("image"));
    x = conv_norm("conv1", "bn1", x, {.out = width, .kernel = 7, .stride = 2, .padding = 3});
    x = relu("relu", x);
    x = net_.call("aten::max_pool2d", "maxpool",
                  {{"self", x},
                   {"kernel_size", Dims{3, 3}},
                   {"stride", Dims{2, 2}},
                   {"padding", Dims{1, 1}}});
    for (size_t stage = 0; stage < depths.size(); ++stage) {
      const int64_t planes = width << stage;
      for (int64_t block = 0; block < depths[stage]; ++block) {
        const std::string name =
            "layer" + std::to_string(stage + 1) + "." + std::to_string(block) + ".";
        const int64_t stride = stage > 0 && block == 0 ? 2 : 1;
        x = bottleneck ? bottleneck_block(name, x, planes, stride)
                       : basic_block(name, x, planes, stride);
      }
    }
    x = net_.pool_and_flatten("avgpool", x);
    return net_.finish({net_.linear("fc", x, spec.integer("classes"))});
  }

 private:
  ValueId conv_norm(const std::string& conv, const std::string& norm, ValueId x,
                    const ConvOptions& options) {
    return net_.batch_norm(norm, net_.conv2d(conv, x, options));
  }
  ValueId relu(const std::string& module, ValueId x) {
    return net_.call("aten::relu_", module, {{"self", x}});
  }
  // The identity, or a strided 1x1 convolution where the shape changes; then the sum.
  ValueId add_shortcut(const std::string& name, ValueId x, ValueId y, int64_t stride) {
    const int64_t out = net_.type(y).sizes[1];
    if (stride != 1 || net_.type(x).sizes[1] != out) {
      x = conv_norm(name + "downsample.0", name + "downsample.1", x,
                    {.out = out, .stride = stride});
    }
    y = net_.call("aten::add_.Tensor", name.substr(0, name.size() - 1),
                  {{"self", y}, {"other", x}});
    return relu(name + "relu", y);
  }
  ValueId basic_block(const std::string& name, ValueId x, int64_t planes, int64_t stride) {
    ValueId y = conv_norm(name + "conv1", name + "bn1", x,
                          {.out = planes, .kernel = 3, .stride = stride, .padding = 1});
    y = relu(name + "relu", y);
    y = conv_norm(name + "conv2", name + "bn2", y, {.out = planes, .kernel = 3, .padding = 1});
    return add_shortcut(name, x, y, stride);
  }
  ValueId bottleneck_block(const std::string& name, ValueId x, int64_t planes, int64_t stride) {
    ValueId y = relu(name + "relu", conv_norm(name + "conv1", name + "bn1", x, {.out = planes}));
    y = conv_norm(name + "conv2", name + "bn2", y,
                  {.out = planes, .kernel = 3, .stride = stride, .padding = 1});
    y = relu(name + "relu", y);
    y = conv_norm(name + "conv3", name + "bn3", y, {.out = 4 * planes});
    return add_shortcut(name, x, y, stride);
  }

  Layers net_;
};

template <int64_t a, int64_t b, int64_t c, int64_t d, bool bottleneck>
Graph build_resnet(const ModelSpec& spec, int64_t batch) {
  return ResnetBuilder(spec, batch).build(spec, {a, b, c, d}, bottleneck);
}

}  // namespace

std::vector<ModelFamily> resnet_families() {
  const std::vector<ModelParameter> parameters = {
      {"width", "64", "channels of the first stage, doubled at each of the three others"},
      {"image", "224", "height and width"},
      {"classes", "1000", "outputs"}};
  return {
      {"resnet18", "residual network of 18 layers", "torchvision resnet18", parameters, false,
       build_resnet<2, 2, 2, 2, false>},
      {"resnet34", "residual network of 34 layers", "torchvision resnet34", parameters, false,
       build_resnet<3, 4, 6, 3, false>},
      {"resnet50", "residual network of 50 layers", "torchvision resnet50", parameters, false,
       build_resnet<3, 4, 6, 3, true>},
      {"resnet101", "residual network of 101 layers", "torchvision resnet101", parameters, false,
       build_resnet<3, 4, 23, 3, true>},
      {"resnet152", "residual network of 152 layers", "torchvision resnet152", parameters, false,
       build_resnet<3, 8, 36, 3, true>},
  };
}

}  // namespace opgauge
