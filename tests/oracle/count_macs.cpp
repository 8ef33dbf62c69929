// SPDX-License-Identifier: Apache-2.0
#include "oracle/count_macs.hpp"

#include <unordered_map>

namespace opgauge::oracle {
namespace {

using Values = std::vector<c10::IValue>;
using Count = int64_t (*)(const Values& in, const Values& out);

const at::Tensor& tensor(const Values& values, size_t at) { return values.at(at).toTensor(); }

// Rows x columns of a product whose left operand is in[at]: every output element sums over its last
// dimension.
template <size_t left>
int64_t matrix(const Values& in, const Values& out) {
  return tensor(out, 0).numel() * tensor(in, left).size(-1);
}
int64_t dot(const Values& in, const Values&) { return tensor(in, 0).numel(); }
int64_t addbmm(const Values& in, const Values& out) {
  return tensor(out, 0).numel() * tensor(in, 1).size(2) * tensor(in, 1).size(0);
}
int64_t correlate(const Values& in, const Values& out) {
  const at::Tensor& weight = tensor(in, 1);
  return weight.numel() == 0 ? 0 : tensor(out, 0).numel() * (weight.numel() / weight.size(0));
}
// oneDNN's layers report no outputs.
int64_t quantized_matrix(const Values& in, const Values&) {
  return tensor(in, 0).numel() * tensor(in, 3).size(1);
}
int64_t quantized_convolution(const Values& in, const Values&) {
  const at::Tensor &x = tensor(in, 0), &weight = tensor(in, 3);
  int64_t positions = x.size(0);
  for (const size_t dim : {0, 1}) {
    const auto at = [&](size_t argument) { return in.at(argument).toIntVector().at(dim); };
    const int64_t window = at(9) * (weight.size(static_cast<int64_t>(dim) + 2) - 1) + 1;
    positions *= (x.size(static_cast<int64_t>(dim) + 2) + 2 * at(8) - window) / at(7) + 1;
  }
  return positions * weight.numel();
}
int64_t scatter(const Values& in, const Values&) {
  const at::Tensor& weight = tensor(in, 1);
  return weight.numel() == 0 ? 0 : tensor(in, 0).numel() * (weight.numel() / weight.size(0));
}
int64_t either(const Values& in,
               const Values& out) {  // convolution, _convolution: in[6] is `transposed`
  return in.at(6).toBool() ? scatter(in, out) : correlate(in, out);
}
int64_t attention(const Values& in, const Values&) {
  const at::Tensor &q = tensor(in, 0), &k = tensor(in, 1), &v = tensor(in, 2);
  return q.numel() / q.size(-1) * k.size(-2) * (q.size(-1) + v.size(-1));
}
int64_t recurrent_layer(const Values& in,
                        const Values&) {  // input [T,B,I], weight_ih [4H,I], weight_hh [4H,H]
  const at::Tensor& x = tensor(in, 0);
  return x.size(0) * x.size(1) * (tensor(in, 1).numel() + tensor(in, 2).numel());
}

const std::unordered_map<std::string_view, Count>& counts() {
  static const std::unordered_map<std::string_view, Count> table = {
      {"aten::mm", matrix<0>},
      {"aten::bmm", matrix<0>},
      {"aten::mv", matrix<0>},
      {"aten::addmm", matrix<1>},
      {"aten::addmm_", matrix<1>},
      {"aten::addmv", matrix<1>},
      {"aten::addmv_", matrix<1>},
      {"aten::baddbmm", matrix<1>},
      {"aten::baddbmm_", matrix<1>},
      {"aten::addbmm", addbmm},
      {"aten::_addmm_activation", matrix<1>},
      {"aten::linear", matrix<0>},
      {"aten::mkldnn_linear", matrix<0>},
      {"mkldnn::_linear_pointwise", matrix<0>},
      {"onednn::qlinear_pointwise", quantized_matrix},
      {"onednn::qconv2d_pointwise", quantized_convolution},
      {"aten::dot", dot},
      {"aten::vdot", dot},
      {"aten::convolution", either},
      {"aten::_convolution", either},
      {"aten::mkldnn_convolution", correlate},
      {"aten::_slow_conv2d_forward", correlate},
      {"aten::thnn_conv2d", correlate},
      {"aten::slow_conv3d", correlate},
      {"aten::slow_conv3d_forward", correlate},
      {"aten::slow_conv_dilated2d", correlate},
      {"aten::slow_conv_dilated3d", correlate},
      {"aten::_nnpack_spatial_convolution", correlate},
      {"aten::slow_conv_transpose2d", scatter},
      {"aten::slow_conv_transpose3d", scatter},
      {"aten::_scaled_dot_product_flash_attention_for_cpu", attention},
      {"aten::mkldnn_rnn_layer", recurrent_layer},
  };
  return table;
}

}  // namespace

std::optional<int64_t> product_macs(std::string_view op, const Values& inputs,
                                    const Values& outputs) {
  if (const size_t dot = op.find('.'); dot != std::string_view::npos) op = op.substr(0, dot);
  const auto at = counts().find(op);
  if (at == counts().end()) return std::nullopt;
  return at->second(inputs, outputs);
}

}  // namespace opgauge::oracle
