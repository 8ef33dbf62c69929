// SPDX-License-Identifier: Apache-2.0
// Layers as the reference implementations write them: each declares its parameters under the names
// that `state_dict()` gives them and adds the calls that `torch.export` records for its forward.
//
//   Layers net("small", batch);
//   ValueId x = net.image_input(3, 224);
//   x = net.conv2d("conv1", x, {.out = 64, .kernel = 7, .stride = 2, .padding = 3});
//   x = net.batch_norm("bn1", x);
//   x = net.call("aten::relu_", "relu", {{"self", x}});
#pragma once

#include <string>
#include <vector>

#include "graph/builder.hpp"

namespace opgauge {

struct ConvOptions {
  int64_t out = 1;
  int64_t kernel = 1;
  int64_t stride = 1;
  int64_t padding = 0;
  int64_t dilation = 1;
  int64_t groups = 1;
  bool bias = false;
};

class Layers {
 public:
  Layers(std::string name, int64_t batch) : builder_(std::move(name)), batch_(batch) {}

  int64_t batch() const { return batch_; }
  GraphBuilder& builder() { return builder_; }
  const TensorType& type(ValueId x) const { return builder_.type(x); }

  ValueId image_input(int64_t channels, int64_t size);      // f32[batch,channels,size,size] "x"
  ValueId token_input(std::string name, int64_t sequence);  // i64[batch,sequence]
  ValueId parameter(std::string source, Dims sizes, ValueId shares = no_value);  // f32

  ValueId conv2d(const std::string& module, ValueId x, const ConvOptions& options);
  ValueId batch_norm(const std::string& module, ValueId x);
  ValueId layer_norm(const std::string& module, ValueId x, double eps, bool cudnn_enable = false);
  ValueId linear(const std::string& module, ValueId x, int64_t out, bool bias = true);
  ValueId embedding(const std::string& module, ValueId indices, int64_t count, int64_t width,
                    int64_t padding_index = -1);
  ValueId dropout(const std::string& module, ValueId x, double p, bool in_place = false);
  // adaptive_avg_pool2d to 1x1 ("avgpool", may be "" for a functional call), then flatten from 1.
  ValueId pool_and_flatten(const std::string& module, ValueId x);

  // Any other call, said to come from `module`.
  ValueId call(std::string_view target, const std::string& module, std::vector<Given> given);

  Graph finish(std::vector<ValueId> outputs) { return builder_.finish(std::move(outputs)); }

 private:
  GraphBuilder builder_;
  int64_t batch_;
};

}  // namespace opgauge
