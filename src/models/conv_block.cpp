// SPDX-License-Identifier: Apache-2.0
// Convolution, batch norm and ReLU, repeated: the unit of which image networks are made.
#include "models/builders.hpp"
#include "models/layers.hpp"

namespace opgauge {
namespace {

Graph build_conv_block(const ModelSpec& spec, int64_t batch) {
  ConvOptions options;
  options.out = spec.integer("out");
  options.kernel = spec.integer("kernel");
  options.stride = spec.integer("stride");
  options.dilation = spec.integer("dilation");
  options.groups = spec.integer("groups");
  options.padding = spec.text("padding") == "same" ? options.dilation * (options.kernel - 1) / 2
                                                   : spec.integer("padding", 0);
  const bool norm = spec.word("norm", {"batch", "none"}) == "batch";
  const std::string& activation = spec.word("activation", {"relu", "none"});
  options.bias = !norm;
  Layers net(spec.print(), batch);
  ValueId x = net.image_input(spec.integer("in"), spec.integer("image"));
  int module = 0;
  for (int64_t i = 0; i < spec.integer("blocks"); ++i) {
    x = net.conv2d(std::to_string(module++), x, options);
    if (norm) x = net.batch_norm(std::to_string(module++), x);
    if (activation == "relu") {
      x = net.call("aten::relu_", std::to_string(module++), {{"self", x}});
    }
  }
  return net.finish({x});
}

}  // namespace

std::vector<ModelFamily> conv_block_families() {
  return {{"conv_block",
           "2-d convolution, batch norm and ReLU, repeated",
           "torch.nn.Sequential(Conv2d, BatchNorm2d, ReLU(inplace=True), …)",
           {{"in", "64", "input channels"},
            {"out", "64", "output channels"},
            {"image", "56", "height and width"},
            {"kernel", "3", "kernel height and width"},
            {"stride", "1", "step of the kernel"},
            {"padding", "same", "zeros on each side; same: dilation*(kernel-1)/2"},
            {"dilation", "1", "distance of the kernel's taps"},
            {"groups", "1", "groups of channels (groups=in: depthwise)"},
            {"norm", "batch", "batch or none (then the convolution has a bias)"},
            {"activation", "relu", "relu or none"},
            {"blocks", "1", "how often the block is repeated"}},
           false,
           build_conv_block}};
}

}  // namespace opgauge
