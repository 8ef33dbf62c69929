// SPDX-License-Identifier: Apache-2.0
#include "models/layers.hpp"

namespace opgauge {

ValueId Layers::image_input(int64_t channels, int64_t size) {
  return builder_.input("x", {Dtype::f32, {batch_, channels, size, size}});
}
ValueId Layers::token_input(std::string name, int64_t sequence) {
  return builder_.input(std::move(name), {Dtype::i64, {batch_, sequence}});
}
ValueId Layers::parameter(std::string source, Dims sizes, ValueId shares) {
  return builder_.parameter(std::move(source), {Dtype::f32, std::move(sizes)}, shares);
}

ValueId Layers::call(std::string_view target, const std::string& module, std::vector<Given> given) {
  builder_.set_origin(module);
  return builder_.call(target, std::move(given));
}

ValueId Layers::conv2d(const std::string& module, ValueId x, const ConvOptions& options) {
  if (type(x).rank() != 4) throw Error(module, "expected a batch of images");
  const int64_t in = type(x).sizes[1];
  if (in % options.groups != 0 || options.out % options.groups != 0) {
    throw Error(module, std::to_string(options.groups) + " groups do not divide " +
                            std::to_string(in) + " and " + std::to_string(options.out) +
                            " channels");
  }
  const ValueId weight = parameter(
      module + ".weight", {options.out, in / options.groups, options.kernel, options.kernel});
  const ValueId bias = options.bias ? parameter(module + ".bias", {options.out}) : no_value;
  const auto both = [](int64_t value) { return Dims{value, value}; };
  return call("aten::conv2d", module,
              {{"input", x},
               {"weight", weight},
               {"bias", bias},
               {"stride", both(options.stride)},
               {"padding", both(options.padding)},
               {"dilation", both(options.dilation)},
               {"groups", options.groups}});
}

ValueId Layers::batch_norm(const std::string& module, ValueId x) {
  const int64_t channels = type(x).sizes.at(1);
  const TensorType per_channel(Dtype::f32, {channels});
  const ValueId weight = parameter(module + ".weight", {channels});
  const ValueId bias = parameter(module + ".bias", {channels});
  const ValueId mean = builder_.buffer(module + ".running_mean", per_channel);
  const ValueId variance = builder_.buffer(module + ".running_var", per_channel);
  builder_.buffer(module + ".num_batches_tracked", {Dtype::i64, {}});
  return call("aten::batch_norm", module,
              {{"input", x},
               {"weight", weight},
               {"bias", bias},
               {"running_mean", mean},
               {"running_var", variance},
               {"training", false},
               {"momentum", 0.1},
               {"eps", 1e-5},
               {"cudnn_enabled", false}});
}

ValueId Layers::layer_norm(const std::string& module, ValueId x, double eps, bool cudnn_enable) {
  const int64_t width = type(x).sizes.back();
  const ValueId weight = parameter(module + ".weight", {width});
  const ValueId bias = parameter(module + ".bias", {width});
  return call("aten::layer_norm", module,
              {{"input", x},
               {"normalized_shape", Dims{width}},
               {"weight", weight},
               {"bias", bias},
               {"eps", eps},
               {"cudnn_enable", cudnn_enable}});
}

ValueId Layers::linear(const std::string& module, ValueId x, int64_t out, bool bias) {
  const ValueId weight = parameter(module + ".weight", {out, type(x).sizes.back()});
  const ValueId added = bias ? parameter(module + ".bias", {out}) : no_value;
  return call("aten::linear", module, {{"input", x}, {"weight", weight}, {"bias", added}});
}

ValueId Layers::embedding(const std::string& module, ValueId indices, int64_t count, int64_t width,
                          int64_t padding_index) {
  const ValueId weight = parameter(module + ".weight", {count, width});
  return call("aten::embedding", module,
              {{"weight", weight}, {"indices", indices}, {"padding_idx", padding_index}});
}

ValueId Layers::dropout(const std::string& module, ValueId x, double p, bool in_place) {
  if (in_place) {
    return call("aten::dropout_", module, {{"self", x}, {"p", p}, {"train", false}});
  }
  return call("aten::dropout", module, {{"input", x}, {"p", p}, {"train", false}});
}

ValueId Layers::pool_and_flatten(const std::string& module, ValueId x) {
  x = call("aten::adaptive_avg_pool2d", module, {{"self", x}, {"output_size", Dims{1, 1}}});
  return call("aten::flatten.using_ints", "", {{"self", x}, {"start_dim", 1}});
}

}  // namespace opgauge
