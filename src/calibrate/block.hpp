// SPDX-License-Identifier: Apache-2.0
// The vocabulary in which calibration networks are written: one call adds one op (or a small idiom) with random
// attributes to the graph under construction.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "calibrate/random.hpp"
#include "graph/builder.hpp"

namespace opgauge {

class Block {
 public:
  // `samples`: every input has so many times the batch that an archetype gives it. `small_weights`: so many weights take the
  // bytes of one in f32 (4 in int8).
  Block(std::string name, Random& random, int64_t samples = 1, double small_weights = 1)
      : builder_(std::move(name)), random_(random), samples_(samples), small_weights_(small_weights) {}

  Random& random() { return random_; }
  GraphBuilder& builder() { return builder_; }
  const TensorType& type(ValueId id) const { return builder_.type(id); }
  int64_t size(ValueId id, int dim) const {
    const TensorType& t = builder_.type(id);
    return t.sizes[static_cast<size_t>(dim < 0 ? dim + t.rank() : dim)];
  }

  // Batch and elements as they are without `samples`: what archetypes afford, and so what they draw, does not depend on it.
  double batch(ValueId id) const { return static_cast<double>(size(id, 0)) / static_cast<double>(samples_); }
  double elements(ValueId id) const { return static_cast<double>(builder_.type(id).numel()) / static_cast<double>(samples_); }

  ValueId input(Dims sizes, Dtype dtype = Dtype::f32) { return builder_.input("x", {dtype, many(std::move(sizes))}); }
  ValueId input_channels_last(Dims sizes);
  ValueId weight(Dims sizes) { return builder_.parameter("w" + std::to_string(count_++), {Dtype::f32, std::move(sizes)}); }

  // Of a convolution of `x`: of a channels-last image every second one lies in that order, as of a model that was converted; the others
  // do not, as where a model's activations only happen to lie so.
  ValueId kernel(ValueId x, Dims sizes);

  // Weights of so many bytes, in the precision of the design.
  double weights_of(double bytes) const { return bytes / 4 * small_weights_; }

  // Any op by name; the last argument list is given by name.
  ValueId op(std::string_view target, std::vector<Given> given) { return builder_.call(target, std::move(given)); }
  std::vector<ValueId> ops(std::string_view target, std::vector<Given> given) {
    return builder_.call_all(target, std::move(given));
  }
  ValueId unary(std::string_view name, ValueId x) { return op("aten::" + std::string(name), {{"self", x}}); }

  struct Conv {
    int64_t out = 0, kernel_h = 1, kernel_w = 1, stride = 1, groups = 1, dilation = 1;
    int64_t padding = -1;  // -1: kernel / 2
    bool bias = false;
  };
  ValueId conv(ValueId x, const Conv& c);
  ValueId conv1d(ValueId x, int64_t out, int64_t kernel, int64_t stride, int64_t groups, int64_t dilation = 1);
  ValueId conv_transposed(ValueId x, int64_t out, int64_t kernel);  // twice as high and wide
  ValueId batch_norm(ValueId x, bool training = false);
  ValueId layer_norm(ValueId x);
  ValueId group_norm(ValueId x, int64_t groups);
  ValueId linear(ValueId x, int64_t out, bool bias = true);
  ValueId addmm(ValueId x, int64_t out);  // weights stored [K,N], as Conv1D of GPT-2 does
  ValueId activation(ValueId x);          // drawn from those that real models use
  ValueId conv_norm_act(ValueId x, const Conv& c);

  ValueId add(ValueId a, ValueId b) { return op("aten::add.Tensor", {{"self", a}, {"other", b}}); }
  ValueId add_in_place(ValueId a, ValueId b) { return op("aten::add_.Tensor", {{"self", a}, {"other", b}}); }
  ValueId mul(ValueId a, ValueId b) { return op("aten::mul.Tensor", {{"self", a}, {"other", b}}); }
  ValueId permute(ValueId x, Dims dims) { return op("aten::permute", {{"self", x}, {"dims", std::move(dims)}}); }
  ValueId transpose(ValueId x, int64_t a, int64_t b) {
    return op("aten::transpose.int", {{"self", x}, {"dim0", a}, {"dim1", b}});
  }
  ValueId view(ValueId x, Dims sizes) { return op("aten::view", {{"self", x}, {"size", std::move(sizes)}}); }
  ValueId reshape(ValueId x, Dims sizes) { return op("aten::reshape", {{"self", x}, {"shape", std::move(sizes)}}); }
  ValueId contiguous(ValueId x) { return op("aten::contiguous", {{"self", x}}); }
  ValueId flatten(ValueId x, int64_t from, int64_t to = -1) {
    return op("aten::flatten.using_ints", {{"self", x}, {"start_dim", from}, {"end_dim", to}});
  }
  ValueId slice(ValueId x, int64_t dim, int64_t from, int64_t to, int64_t step = 1) {
    return op("aten::slice.Tensor", {{"self", x}, {"dim", dim}, {"start", from}, {"end", to}, {"step", step}});
  }
  ValueId cat(std::vector<ValueId> parts, int64_t dim);
  ValueId softmax(ValueId x, int64_t dim) { return op("aten::softmax.int", {{"self", x}, {"dim", dim}}); }
  ValueId mean(ValueId x, Dims dims, bool keep) {
    return op("aten::mean.dim", {{"self", x}, {"dim", std::move(dims)}, {"keepdim", keep}});
  }
  ValueId matmul(ValueId a, ValueId b) { return op("aten::matmul", {{"self", a}, {"other", b}}); }

  // [B, L, heads * size] -> [B, heads, L, size] and back.
  ValueId split_heads(ValueId x, int64_t heads);
  ValueId join_heads(ValueId x);

  // A channel count: often a multiple of 8 or 16, sometimes odd.
  int64_t channels(double low, double high);
  // Height or width of an image, evenly spread on a logarithmic scale: often a multiple of a small number, as what is
  // left of images that were halved again and again.
  int64_t side(int64_t low, int64_t high);

  // `finish` adds a call that reads so many bytes: what the rest of a large model does to the caches between two runs of the
  // network's own calls.
  void surround(double bytes) { surroundings_bytes_ = bytes; }
  Graph finish(std::vector<ValueId> outputs);

 private:
  Dims many(Dims sizes) const {
    if (sizes.size() > 1) sizes[0] *= samples_;
    return sizes;
  }

  GraphBuilder builder_;
  Random& random_;
  int64_t samples_;
  double small_weights_;
  int count_ = 0;
  double surroundings_bytes_ = 0;
};

}  // namespace opgauge
