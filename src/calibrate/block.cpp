// SPDX-License-Identifier: Apache-2.0
#include "calibrate/block.hpp"

#include <algorithm>

namespace opgauge {

ValueId Block::input_channels_last(Dims sizes) {
  sizes = many(std::move(sizes));
  Dims strides = channels_last_strides(sizes);
  return builder_.input("x", TensorType(Dtype::f32, std::move(sizes), std::move(strides)));
}

ValueId Block::kernel(ValueId x, Dims sizes) {
  const bool in_its_order = type(x).is_channels_last() && !type(x).is_contiguous() && count_ % 2 == 0;
  if (!in_its_order || sizes[2] * sizes[3] == 1) return weight(std::move(sizes));
  Dims strides = channels_last_strides(sizes);
  return builder_.parameter("w" + std::to_string(count_++), TensorType(Dtype::f32, std::move(sizes), std::move(strides)));
}

ValueId Block::conv(ValueId x, const Conv& c) {
  const int64_t pad_h = c.padding >= 0 ? c.padding : c.kernel_h / 2 * c.dilation;
  const int64_t pad_w = c.padding >= 0 ? c.padding : c.kernel_w / 2 * c.dilation;
  std::vector<Given> given{{"input", x},
                           {"weight", kernel(x, {c.out, size(x, 1) / c.groups, c.kernel_h, c.kernel_w})},
                           {"stride", Dims{c.stride, c.stride}},
                           {"padding", Dims{pad_h, pad_w}},
                           {"dilation", Dims{c.dilation, c.dilation}},
                           {"groups", c.groups}};
  if (c.bias) given.emplace_back("bias", weight({c.out}));
  return op("aten::conv2d", std::move(given));
}

ValueId Block::conv_transposed(ValueId x, int64_t out, int64_t kernel) {
  const int64_t padding = kernel == 2 ? 0 : 1;
  return op("aten::conv_transpose2d.input", {{"input", x}, {"weight", weight({size(x, 1), out, kernel, kernel})}, {"bias", weight({out})},
                                             {"stride", Dims{2, 2}}, {"padding", Dims{padding, padding}}});
}

ValueId Block::conv1d(ValueId x, int64_t out, int64_t kernel, int64_t stride, int64_t groups, int64_t dilation) {
  return op("aten::conv1d", {{"input", x},
                             {"weight", weight({out, size(x, 1) / groups, kernel})},
                             {"bias", weight({out})},
                             {"stride", Dims{stride}},
                             {"padding", Dims{dilation * (kernel / 2)}},
                             {"dilation", Dims{dilation}},
                             {"groups", groups}});
}

Graph Block::finish(std::vector<ValueId> outputs) {
  if (surroundings_bytes_ > 0) {
    // Of one name, so that all networks of a design hold it together: made a hundred times it took two seconds of the minute.
    const Dims all{static_cast<int64_t>(surroundings_bytes_ / sizeof(float))};
    outputs.push_back(unary("sum", builder_.parameter("surroundings", TensorType(Dtype::f32, all))));
  }
  return builder_.finish(std::move(outputs));
}

ValueId Block::batch_norm(ValueId x, bool training) {
  const int64_t c = size(x, 1);
  std::vector<Given> given{{"input", x},       {"weight", weight({c})},
                           {"bias", weight({c})},    {"training", training},
                           {"momentum", 0.1},  {"eps", 1e-5},
                           {"cudnn_enabled", true}};
  const std::string name = "n" + std::to_string(count_++);
  given.emplace_back("running_mean", builder_.buffer(name + ".running_mean", {Dtype::f32, {c}}));
  given.emplace_back("running_var", builder_.buffer(name + ".running_var", {Dtype::f32, {c}}));
  return op("aten::batch_norm", std::move(given));
}

ValueId Block::layer_norm(ValueId x) {
  const int64_t c = size(x, -1);
  return op("aten::layer_norm", {{"input", x},
                                 {"normalized_shape", Dims{c}},
                                 {"weight", weight({c})},
                                 {"bias", weight({c})}});
}

ValueId Block::group_norm(ValueId x, int64_t groups) {
  const int64_t c = size(x, 1);
  return op("aten::group_norm",
            {{"input", x}, {"num_groups", groups}, {"weight", weight({c})}, {"bias", weight({c})}});
}

ValueId Block::linear(ValueId x, int64_t out, bool bias) {
  std::vector<Given> given{{"input", x}, {"weight", weight({out, size(x, -1)})}};
  if (bias) given.emplace_back("bias", weight({out}));
  return op("aten::linear", std::move(given));
}

ValueId Block::addmm(ValueId x, int64_t out) {
  const Dims before = type(x).sizes;
  const int64_t in = before.back();
  const ValueId flat = view(x, {-1, in});
  const ValueId y = op("aten::addmm", {{"self", weight({out})}, {"mat1", flat}, {"mat2", weight({in, out})}});
  Dims after = before;
  after.back() = out;
  return view(y, after);
}

ValueId Block::activation(ValueId x) {
  const std::string name = random_.pick<const char*>(
      {"relu_", "relu_", "relu_", "relu", "relu", "silu_", "silu_", "silu", "gelu", "gelu", "gelu_tanh", "hardswish_",
       "hardswish", "hardsigmoid", "sigmoid", "relu6", "hardtanh_", "tanh", "leaky_relu_", "leaky_relu", "elu", "mish", "softplus"});
  // In place only where the operand is an intermediate that nothing else reads: a fresh result of a convolution, norm
  // or product, which is how every block here calls it.
  if (name == "gelu_tanh") return op("aten::gelu", {{"self", x}, {"approximate", "tanh"}});
  if (name == "hardtanh_") return op("aten::hardtanh_", {{"self", x}, {"min_val", 0.0}, {"max_val", 6.0}});
  return unary(name, x);
}

ValueId Block::conv_norm_act(ValueId x, const Conv& c) {
  ValueId y = conv(x, c);
  if (random_.chance(0.7)) y = batch_norm(y);
  if (random_.chance(0.75)) y = activation(y);
  return y;
}

ValueId Block::cat(std::vector<ValueId> parts, int64_t dim) {
  ValueList list;
  for (const ValueId part : parts) list.push_back(ValueRef{part});
  return op("aten::cat", {{"tensors", std::move(list)}, {"dim", dim}});
}

ValueId Block::split_heads(ValueId x, int64_t heads) {
  return transpose(view(x, {size(x, 0), size(x, 1), heads, size(x, 2) / heads}), 1, 2);
}

ValueId Block::join_heads(ValueId x) {
  const ValueId y = transpose(x, 1, 2);
  return reshape(y, {size(y, 0), size(y, 1), size(y, 2) * size(y, 3)});
}

int64_t Block::side(int64_t low, int64_t high) {
  const int64_t side = random_.log_whole(low, high);
  if (random_.chance(0.4)) return side;
  const int64_t unit = random_.pick<int64_t>({2, 4, 7, 8});
  return std::max(low, (side + unit / 2) / unit * unit);
}

int64_t Block::channels(double low, double high) {
  const double drawn = random_.log_uniform(std::max(1.0, low), std::max(2.0, high));
  const int64_t multiple = random_.pick<int64_t>({1, 4, 8, 8, 8, 8, 16, 16, 16, 16, 32, 32, 32, 64});
  const int64_t rounded = static_cast<int64_t>(std::lround(drawn / static_cast<double>(multiple))) * multiple;
  return std::max<int64_t>(1, rounded == 0 ? multiple : rounded);
}

}  // namespace opgauge
