// SPDX-License-Identifier: Apache-2.0
#include "measure/torch/work_counter.hpp"

#include <ATen/core/Tensor.h>
#include <ATen/record_function.h>

#include <algorithm>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace opgauge {
namespace {

using Inputs = c10::ArrayRef<const c10::IValue>;
using Sizes = std::vector<int64_t>;
using Tensors = std::vector<Sizes>;  // sizes of the tensors among inputs, in order; a Tensor[] adds
                                     // each of its tensors

int64_t numel(const Sizes& sizes) {
  int64_t product = 1;
  for (const int64_t size : sizes) product *= size;
  return product;
}
int64_t from_end(const Sizes& sizes, size_t back) {
  return back <= sizes.size() ? sizes[sizes.size() - back] : 1;
}

// What one call looked like; outputs only when it has ended.
struct Seen {
  Tensors in;
  bool transposed = false;
  Sizes out;
};

// [.., M, K] x [.., K, N] -> [.., M, N]
template <size_t left>
int64_t product_macs(const Seen& seen) {
  return numel(seen.out) * from_end(seen.in[left], 1);
}
// A convolution computes, per output element, as many multiply-adds as a filter has weights; a
// transposed one, per input element.
int64_t convolution_macs(const Seen& seen) {
  const Sizes& weight = seen.in[1];
  const int64_t filter = weight.empty() || weight[0] == 0 ? 0 : numel(weight) / weight[0];
  return (seen.transposed ? numel(seen.in[0]) : numel(seen.out)) * filter;
}
int64_t transposed_convolution_macs(const Seen& seen) {
  const Sizes& weight = seen.in[1];
  return weight.empty() || weight[0] == 0 ? 0 : numel(seen.in[0]) * (numel(weight) / weight[0]);
}
// query [.., L, E], key [.., S, E], value [.., S, V]: scores and the weighted sum. Masked and
// causal entries are computed or skipped as the kernel likes; they count.
int64_t attention_macs(const Seen& seen) {
  const int64_t length = from_end(seen.in[1], 2);
  return numel(seen.in[0]) * length + numel(seen.out) * length;
}
// x [T, N, I], w_ih [G, I], w_hh [G, H]
int64_t rnn_layer_macs(const Seen& seen) {
  return seen.in[0][0] * seen.in[0][1] * (numel(seen.in[1]) + numel(seen.in[2]));
}
int64_t dot_macs(const Seen& seen) { return numel(seen.in[0]); }

struct Rule {
  std::string_view op;  // without overload
  size_t tensors;       // that it needs to see
  int64_t (*macs)(const Seen&);
  int transposed_argument = -1;  // position of a bool that says so
};

constexpr Rule rules[] = {
    {"aten::mm", 2, product_macs<0>},
    {"aten::bmm", 2, product_macs<0>},
    {"aten::addmm", 3, product_macs<1>},
    {"aten::addmm_", 3, product_macs<1>},
    {"aten::_addmm_activation", 3, product_macs<1>},
    {"aten::baddbmm", 3, product_macs<1>},
    {"aten::baddbmm_", 3, product_macs<1>},
    {"aten::mv", 2, product_macs<0>},
    {"aten::addmv", 3, product_macs<1>},
    {"aten::addmv_", 3, product_macs<1>},
    {"aten::dot", 2, dot_macs},
    {"aten::vdot", 2, dot_macs},
    {"aten::_int_mm", 2, product_macs<0>},
    {"aten::_scaled_mm", 2, product_macs<0>},
    {"aten::matmul", 2, product_macs<0>},
    {"aten::linear", 2, product_macs<0>},
    {"aten::mkldnn_linear", 2, product_macs<0>},
    {"mkldnn::_linear_pointwise", 2, product_macs<0>},
    {"onednn::qlinear_pointwise", 2, product_macs<0>},
    {"aten::conv1d", 2, convolution_macs},
    {"aten::conv2d", 2, convolution_macs},
    {"aten::conv3d", 2, convolution_macs},
    {"aten::conv_transpose1d", 2, transposed_convolution_macs},
    {"aten::conv_transpose2d", 2, transposed_convolution_macs},
    {"aten::conv_transpose3d", 2, transposed_convolution_macs},
    {"aten::convolution", 2, convolution_macs, 6},
    {"aten::_convolution", 2, convolution_macs, 6},
    {"aten::convolution_overrideable", 2, convolution_macs, 6},
    {"aten::mkldnn_convolution", 2, convolution_macs},
    {"aten::thnn_conv2d", 2, convolution_macs},
    {"aten::_slow_conv2d_forward", 2, convolution_macs},
    {"aten::slow_conv3d_forward", 2, convolution_macs},
    {"aten::slow_conv_dilated2d", 2, convolution_macs},
    {"aten::slow_conv_dilated3d", 2, convolution_macs},
    {"aten::slow_conv_transpose2d", 2, transposed_convolution_macs},
    {"aten::slow_conv_transpose3d", 2, transposed_convolution_macs},
    {"aten::_nnpack_spatial_convolution", 2, convolution_macs},
    {"aten::_conv_depthwise2d", 2, convolution_macs},
    {"aten::conv_depthwise3d", 2, convolution_macs},
    {"aten::cudnn_convolution", 2, convolution_macs},
    {"aten::cudnn_convolution_relu", 2, convolution_macs},
    {"aten::cudnn_convolution_transpose", 2, transposed_convolution_macs},
    {"mkldnn::_convolution_pointwise", 2, convolution_macs},
    {"onednn::qconv2d_pointwise", 2, convolution_macs},
    {"onednn::qconv_pointwise", 2, convolution_macs},
    {"aten::scaled_dot_product_attention", 3, attention_macs},
    {"aten::_scaled_dot_product_flash_attention_for_cpu", 3, attention_macs},
    {"aten::_scaled_dot_product_flash_attention", 3, attention_macs},
    {"aten::_scaled_dot_product_efficient_attention", 3, attention_macs},
    {"aten::_scaled_dot_product_cudnn_attention", 3, attention_macs},
    {"aten::_scaled_dot_product_fused_attention_overrideable", 3, attention_macs},
    {"aten::mkldnn_rnn_layer", 3, rnn_layer_macs},
};

const Rule* find_rule(std::string_view op) {
  static const auto by_name = [] {
    std::unordered_map<std::string_view, const Rule*> map;
    for (const Rule& rule : rules) map.emplace(rule.op, &rule);
    return map;
  }();
  const auto at = by_name.find(op);
  return at == by_name.end() ? nullptr : at->second;
}

struct Counter {
  std::vector<int64_t> below = {0};        // MACs of the calls inside each open call
  std::vector<int64_t> calls_below = {0};  // and how many of them counted
};
thread_local Counter* counter = nullptr;  // the callbacks are plain functions

struct OpenCall : at::ObserverContext {
  const Rule* rule = nullptr;
  Seen seen;
};

void see(Tensors& tensors, const c10::IValue& value) {
  if (value.isTensor()) {
    if (value.toTensor().defined()) tensors.push_back(value.toTensor().sizes().vec());
  } else if (value.isTensorList()) {
    for (const at::Tensor& one : value.toTensorVector()) tensors.push_back(one.sizes().vec());
  }
}

std::unique_ptr<at::ObserverContext> on_start(const at::RecordFunction& call) {
  if (!counter) return nullptr;
  auto open = std::make_unique<OpenCall>();
  const auto name = call.operator_name();
  open->rule = name ? find_rule(name->name) : nullptr;
  if (open->rule) {
    const Inputs inputs = call.inputs();
    for (const c10::IValue& input : inputs) see(open->seen.in, input);
    const int at = open->rule->transposed_argument;
    if (at >= 0 && static_cast<size_t>(at) < inputs.size() &&
        inputs[static_cast<size_t>(at)].isBool()) {
      open->seen.transposed = inputs[static_cast<size_t>(at)].toBool();
    }
    if (open->seen.in.size() < open->rule->tensors) open->rule = nullptr;
  }
  counter->below.push_back(0);
  counter->calls_below.push_back(0);
  return open;
}

void on_end(const at::RecordFunction& call, at::ObserverContext* context) {
  if (!counter || !context) return;
  auto& open = static_cast<OpenCall&>(*context);
  int64_t macs = counter->below.back();
  int64_t calls = counter->calls_below.back();
  counter->below.pop_back();
  counter->calls_below.pop_back();
  if (calls == 0 && open.rule) {
    Tensors outputs;
    for (const c10::IValue& output : call.outputs()) see(outputs, output);
    if (!outputs.empty()) open.seen.out = outputs.front();
    macs = open.rule->macs(open.seen);
    calls = 1;
  }
  counter->below.back() += macs;
  counter->calls_below.back() += calls;
}

}  // namespace

ExecutedWork count_executed(const std::function<void()>& run) {
  struct Installed {
    Counter own;
    at::CallbackHandle handle;
    Installed() {
      counter = &own;
      handle = at::addThreadLocalCallback(at::RecordFunctionCallback(on_start, on_end)
                                              .needsInputs(true)
                                              .needsOutputs(true)
                                              .scopes({at::RecordScope::FUNCTION}));
    }
    ~Installed() {
      at::removeCallback(handle);
      counter = nullptr;
    }
  } installed;
  run();
  return {installed.own.below.front(), installed.own.calls_below.front()};
}

}  // namespace opgauge
