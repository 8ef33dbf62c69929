// SPDX-License-Identifier: Apache-2.0
#include "estimate/describe_convolution.hpp"

#include <algorithm>
#include <numeric>

#include "estimate/node_arguments.hpp"

namespace opgauge {
namespace {

// ATen/native/Convolution.cpp, ConvParams::use_mkldnn (2.13): f32 goes to oneDNN unless the problem is small or a
// single-threaded 1x1; 16-bit floats where oneDNN has kernels for them (mkldnn_bf16_device_check: AVX-512). The last two
// dimensions of the kernel and the first four of the input decide, in three dimensions too.
bool uses_onednn(const TensorType& x, const TensorType& w, const CaseFacts& facts) {
  if (facts.dtype == Dtype::bf16 || facts.dtype == Dtype::f16) return facts.lanes >= 16;
  if (facts.dtype != Dtype::f32) return true;
  const int64_t kernel_w = w.sizes.back(), kernel_h = w.rank() > 3 ? w.sizes[w.sizes.size() - 2] : 1;
  double leading = static_cast<double>(facts.batch);
  const size_t first = x.rank() == w.rank() ? 1 : 0;
  for (size_t i = first; i < x.sizes.size() && i < first + 3; ++i) leading *= static_cast<double>(x.sizes[i]);
  const bool worth = facts.strided || facts.dilated || facts.batch >= 16 || kernel_h != 1 || kernel_w != 1 || facts.threads > 1;
  const bool large = facts.groups > 1 || (kernel_h > 3 && kernel_w > 3) || facts.batch > 1 || leading > 20480;
  return worth && large;
}

// oneDNN's direct kernels take so many blocks of output channels together, row by row.
constexpr double blocks_together = 4;

// Of the taps along one dimension, the share that falls on the input and not into its padding.
double taps_inside(int64_t in, int64_t out, int64_t kernel, int64_t stride, int64_t padding, int64_t dilation) {
  int64_t inside = 0;
  for (int64_t o = 0; o < out; ++o) {
    for (int64_t k = 0; k < kernel; ++k) {
      const int64_t at = o * stride - padding + k * dilation;
      inside += at >= 0 && at < in;
    }
  }
  return out * kernel > 0 ? static_cast<double>(inside) / static_cast<double>(out * kernel) : 1;
}

// oneDNN's deconvolutions (brgconv_strided) make channels-last images, and ATen copies those into the order of a contiguous input,
// one channel after the other: each comes back to the same lines. Lines a power of two apart share few of L2's sets.
void describe_way_back(double l2_bytes, CaseFacts& facts) {
  constexpr int64_t line_bytes = 64, most_shared = 64;
  const int64_t pixel_bytes = facts.out_channels * size_bytes(facts.dtype);
  facts.gathered_elements = facts.output_elements;
  if (pixel_bytes <= line_bytes) return;  // line by line
  const int64_t shared = pixel_bytes % line_bytes == 0 ? std::gcd(pixel_bytes / line_bytes, most_shared) : 1;
  facts.far_elements = facts.output_elements * beyond(static_cast<double>(facts.out_h * facts.out_w * line_bytes), l2_bytes / static_cast<double>(shared));
}

// unfolded2d_copy: rows of the image as a whole where neighbours stay neighbours, else one element at a time; in channels-last order the
// channels of a pixel.
void describe_columns(CaseFacts& facts) {
  const auto count = [](int64_t a, int64_t b) { return static_cast<double>(a) * static_cast<double>(b); };
  if (facts.channels_last) facts.column_runs = count(facts.m, facts.kernel_h * facts.kernel_w * facts.groups);
  else if (facts.stride_w > 1 || facts.dilated) facts.picked_elements = count(facts.m, facts.k * facts.groups);
  else facts.column_runs = count(facts.batch * facts.out_h, facts.k * facts.groups);
}

}  // namespace

void describe_convolution(const Graph& graph, const Node& node, double l2_bytes, CaseFacts& facts) {
  const TensorType* x = tensor_argument(graph, node, {"input", "qx"});
  const TensorType* w = tensor_argument(graph, node, {"weight", "qw"});
  if (!x || !w || w->rank() < 3 || node.outputs.empty() || node.outputs[0] == no_value) return;
  const TensorType& y = graph[node.outputs[0]].type;
  const size_t spatial = static_cast<size_t>(w->rank()) - 2;
  const bool batched = x->rank() == w->rank();
  const auto size = [&](const TensorType& type, size_t from_end) {
    return from_end < spatial ? type.sizes[type.sizes.size() - 1 - from_end] : 1;
  };
  facts.spatial_rank = static_cast<int64_t>(spatial);
  facts.batch = batched ? x->sizes[0] : 1;
  facts.channels = x->sizes[batched ? 1 : 0];
  facts.out_channels = y.sizes[batched ? 1 : 0];
  facts.width = size(*x, 0);
  facts.height = size(*x, 1);
  facts.out_w = size(y, 0);
  facts.out_h = size(y, 1);
  facts.kernel_w = size(*w, 0);
  facts.kernel_h = size(*w, 1);
  if (spatial == 3) {  // depth joins the rows
    facts.height *= x->sizes[x->sizes.size() - 3];
    facts.out_h *= y.sizes[y.sizes.size() - 3];
    facts.kernel_h *= w->sizes[w->sizes.size() - 3];
  }
  if (const Argument* groups = find_argument(node, "groups")) {
    if (const auto* whole = std::get_if<int64_t>(groups)) facts.groups = std::max<int64_t>(1, *whole);
  }
  for (const int64_t s : ints_argument(node, "stride")) facts.strided |= s > 1;
  for (const int64_t d : ints_argument(node, "dilation")) facts.dilated |= d > 1;
  const auto innermost = [&](std::string_view name, int64_t otherwise) {
    const Dims values = ints_argument(node, name);
    return values.empty() ? otherwise : values.back();
  };
  facts.pad_w = innermost("padding", 0);
  facts.stride_w = innermost("stride", 1);
  facts.stride_h = spatial > 1 ? at_or(ints_argument(node, "stride"), spatial - 2, 1) : 1;
  facts.dilation_w = innermost("dilation", 1);
  facts.transposed = facts.name.starts_with("conv_transpose") || flag_argument(node, "transposed");
  facts.onednn = uses_onednn(*x, *w, facts);
  if (facts.onednn && !facts.transposed) {  // jit_*_conv_kernel: planes and rows in the padding are left out, columns are not
    const auto along = [&](std::string_view name, size_t from_end, int64_t otherwise) {
      const Dims values = ints_argument(node, name);
      return values.empty() ? otherwise : values[values.size() - 1 - std::min(from_end, values.size() - 1)];
    };
    for (size_t d = 1; d < spatial; ++d) {
      facts.tap_share *= taps_inside(size(*x, d), size(y, d), size(*w, d), along("stride", d, 1), along("padding", d, 0), along("dilation", d, 1));
    }
    facts.flops *= facts.tap_share;
  }
  if (facts.onednn && facts.groups == 1) {
    const double block_bytes = blocks_together * facts.lanes * static_cast<double>(facts.channels * facts.kernel_h * facts.kernel_w * size_bytes(facts.dtype));
    facts.row_weight_bytes = static_cast<double>(facts.batch * facts.out_h) * facts.weight_bytes * beyond(block_bytes, l2_bytes);
  }
  if (facts.transposed && facts.onednn && !facts.channels_last) describe_way_back(l2_bytes, facts);
  else if (!facts.channels_last && !facts.inner_dense) facts.gathered_elements = static_cast<double>(x->numel());
  facts.products = facts.groups;
  facts.m = facts.batch * facts.out_h * facts.out_w;
  facts.n = facts.out_channels / facts.groups;
  facts.k = facts.channels / facts.groups * facts.kernel_h * facts.kernel_w;
  if (facts.channels_last && facts.kernel_h * facts.kernel_w > 1 && w->is_contiguous()) facts.reordered_weight_bytes = facts.weight_bytes;
  const bool pointwise = facts.kernel_h * facts.kernel_w == 1 && !facts.strided;
  facts.column_bytes = pointwise ? 0
                                 : static_cast<double>(facts.m) * static_cast<double>(facts.k) *
                                       static_cast<double>(facts.groups * size_bytes(facts.dtype));
  if (!facts.onednn && !facts.transposed && !pointwise) describe_columns(facts);
  if (!facts.onednn && !facts.transposed && tensor_argument(graph, node, {"bias"})) facts.filled_bytes = facts.output_bytes;  // slow_conv2d_forward
}

}  // namespace opgauge
