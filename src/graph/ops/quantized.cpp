// SPDX-License-Identifier: Apache-2.0
// oneDNN's int8 layers on plain u8 and s8 tensors: weights are packed once (Graph::preparation),
// activations are u8 with one scale and zero point, weights s8 with one scale an output channel.
#include <algorithm>

#include "graph/ops/rows.hpp"

namespace opgauge {
namespace {

int64_t rounded_up(int64_t size, int64_t block) {
  return product({(size + block - 1) / block, block});
}

const TensorType& whole_number_operand(const Call& call, std::string_view name, Dtype dtype) {
  const TensorType& x = call.tensor(name);
  if (x.dtype == dtype || x.dtype == Dtype::i8) return x;
  throw call.error(std::string(name) + " is " + std::string(name_of(x.dtype)) + ", expected " +
                   std::string(name_of(dtype)));
}

// The packed weight is opaque; LibTorch shows it as [in, out]. oneDNN's blocks for AVX-512 VNNI
// hold 64 outputs by 64 inputs, with an i32 sum an output beside them.
std::vector<Result> infer_linear_prepack(const Call& call) {
  const TensorType& w = whole_number_operand(call, "weight", Dtype::i8);
  if (w.rank() != 2) throw call.error("expected a weight of rank 2");
  Result packed = fresh(w.dtype, {w.sizes[1], w.sizes[0]});
  packed.storage_bytes = product({rounded_up(w.sizes[0], 64), rounded_up(w.sizes[1], 64) + 4});
  return {packed};
}

// Blocks of 16 outputs by 4 inputs, of 16 groups where every channel is its own; the sums only if
// there is a zero point.
int64_t convolution_outputs(const Call& call) {
  return rounded_up(call.tensor("weight").sizes[0], 16);
}
std::vector<Result> infer_convolution_prepack(const Call& call) {
  const TensorType& w = whole_number_operand(call, "weight", Dtype::i8);
  if (w.rank() != 4) throw call.error("expected a weight of rank 4");
  const int64_t inputs = w.sizes[1] == 1 ? 1 : rounded_up(w.sizes[1], 4);
  Result packed = fresh(w.dtype, w.sizes);
  packed.storage_bytes = product({convolution_outputs(call), inputs, w.sizes[2], w.sizes[3]}) +
                         (call.integer("x_zp") == 0 ? 0 : product({4, convolution_outputs(call)}));
  return {packed};
}
// The plain weight and scales in oneDNN's hands, and the sums before they are put beside the
// weight.
int64_t scratch_convolution_prepack(const Call& call) {
  const TensorType& w = call.tensor("weight");
  const int64_t sums = product({16, convolution_outputs(call)}) + 128;
  return w.bytes() + product({8, w.sizes[0]}) + 128 + (call.integer("x_zp") == 0 ? 0 : sums);
}
Work work_prepack(const Call& call) {
  const int64_t bytes = call.tensor("weight").bytes();
  return {0, 0, bytes, bytes};
}

Dtype output_dtype(const Call& call) {
  const Dtype dtype = call.dtype("output_dtype").value_or(Dtype::u8);
  if (is_floating(dtype) &&
      (call.number("output_scale") != 1 || call.integer("output_zero_point") != 0)) {
    throw call.error(
        "found a scale or zero point for a result of a floating dtype, expected 1 and 0");
  }
  return dtype;
}

std::vector<Result> infer_linear(const Call& call) {
  const TensorType& x = whole_number_operand(call, "qx", Dtype::u8);
  const TensorType& w = call.tensor("qw");
  if (x.rank() < 2 || w.rank() != 2 || x.sizes.back() != w.sizes[0]) {
    throw call.error("qx has " + std::to_string(x.rank() ? x.sizes.back() : 0) +
                     " features, the packed weight expects " +
                     std::to_string(w.rank() ? w.sizes[0] : 0));
  }
  Dims sizes = x.sizes;
  sizes.back() = w.sizes[1];
  return {fresh(output_dtype(call), std::move(sizes))};
}

int64_t output_size(const Call& call, int64_t size, int64_t kernel, size_t dim) {
  const auto at = [&](std::string_view name) {
    const Dims& values = call.ints(name);
    if (values.size() != 2) throw call.error(std::string(name) + " has not two numbers");
    return values[dim];
  };
  return (size + 2 * at("padding") - at("dilation") * (kernel - 1) - 1) / at("stride") + 1;
}

std::vector<Result> infer_convolution(const Call& call) {
  const TensorType& x = whole_number_operand(call, "qx", Dtype::u8);
  const TensorType& w = call.tensor("qw");
  if (x.rank() != 4 || w.rank() != 4) throw call.error("expected qx and weight of rank 4");
  if (x.sizes[1] != w.sizes[1] * call.integer("groups")) {
    throw call.error("qx has " + std::to_string(x.sizes[1]) + " channels, the weight expects " +
                     std::to_string(w.sizes[1] * call.integer("groups")));
  }
  Dims sizes = {x.sizes[0], w.sizes[0], output_size(call, x.sizes[2], w.sizes[2], 0),
                output_size(call, x.sizes[3], w.sizes[3], 1)};
  Dims strides = channels_last_strides(sizes);
  return {fresh(TensorType(output_dtype(call), std::move(sizes), std::move(strides)))};
}

// Bias, scale and post-op apart: one other operation each per output element.
Work work_layer(const Call& call, int64_t macs_per_output) {
  const TensorType& y = call.output();
  Work work;
  work.macs = y.numel() * macs_per_output;
  work.other_ops = y.numel();
  for (const char* name : {"qx", "qw", "w_scale", "bias"}) {
    if (const TensorType* operand = call.optional_tensor(name)) work.read_bytes += operand->bytes();
  }
  if (call.has("bias")) work.other_ops += y.numel();
  const bool linear = call.node().op->schema->index("attr") < 0;
  if (call.text(linear ? "post_op_name" : "attr") != "none") work.other_ops += y.numel();
  work.write_bytes = y.bytes();
  return work;
}
Work work_linear(const Call& call) { return work_layer(call, call.tensor("qw").sizes[0]); }
Work work_convolution(const Call& call) {
  const TensorType& w = call.tensor("qw");
  return work_layer(call, w.numel() / w.sizes[0]);
}

// What LibTorch 2.13 (oneDNN 3.12) allocates through ATen for the duration of the call, as observed
// with 1 thread on a CPU with AVX-512 VNNI: four scalars for scales and zero points, and per thread
// a fixed part and the accumulators of a block of at most 256 rows and 64 columns (rows in equal
// blocks); u8 results take a copy of their scale.
int64_t scratch_linear(const Call& call) {
  const TensorType& y = call.output();
  const int64_t columns = y.sizes.back();
  const int64_t rows = columns == 0 ? 0 : y.numel() / columns;
  const int64_t blocks = std::max<int64_t>(1, (rows + 255) / 256);
  const int64_t block_rows = (rows + blocks - 1) / blocks;
  const int64_t accumulators = block_rows * std::min<int64_t>(columns, 64) * 4;
  const int64_t fixed = call.integer("x_zero_point") == 0 ? 896 : 1280;
  return 16 + fixed + accumulators +
         (y.dtype == Dtype::u8 && call.number("output_scale") != 1 ? 132 : 0);
}

// The same for convolutions: 8 KiB of accumulators, none if depthwise; windows larger than 1 x 1
// add sums where there is a zero point; u8 results of another scale 20 KiB. APPROXIMATE for 1 x 1
// windows and u8 results, whose blocks grow with the channels: 4 KiB too little for 64 input
// channels, 8 KiB for 128. An input that is not channels-last is copied.
int64_t scratch_convolution(const Call& call) {
  const TensorType& x = call.tensor("qx");
  const TensorType& w = call.tensor("qw");
  const TensorType& y = call.output();
  const bool rescaled = y.dtype == Dtype::u8 && call.number("output_scale") != 1;
  const bool sums = w.sizes[2] * w.sizes[3] > 1 && call.integer("x_zero_point") != 0;
  int64_t bytes = 16 + w.sizes[0] * 4;
  if (call.integer("groups") == 1) {
    bytes += 8216 + (sums ? 4096 + product({12, w.sizes[0]}) : 0) + (rescaled ? 20480 : 0);
  } else if (rescaled) {
    bytes += 144;
  }
  return bytes + (x.is_channels_last() ? 0 : x.bytes());
}

const OpRow rows[] = {
    {"onednn::qlinear_prepack(Tensor weight, int[]? x_shape) -> Tensor", OpFamily::quantize,
     infer_linear_prepack, work_prepack},
    {"onednn::qconv_prepack(Tensor weight, Tensor w_scales, float x_scale, int x_zp, int[] stride, "
     "int[] padding, int[] "
     "dilation, int groups, int[]? x_shape=None) -> Tensor",
     OpFamily::quantize, infer_convolution_prepack, work_prepack, scratch_convolution_prepack},
    {"onednn::qlinear_pointwise(Tensor qx, float x_scale, int x_zero_point, Tensor qw, Tensor "
     "w_scale, Tensor "
     "w_zero_point, Tensor? bias, float output_scale, int output_zero_point, ScalarType? "
     "output_dtype, str post_op_name, "
     "Scalar?[] post_op_args, str post_op_algorithm) -> Tensor",
     OpFamily::matmul, infer_linear, work_linear, scratch_linear},
    {"onednn::qconv2d_pointwise(Tensor qx, float x_scale, int x_zero_point, Tensor qw, Tensor "
     "w_scale, Tensor "
     "w_zero_point, Tensor? bias, int[] stride, int[] padding, int[] dilation, int groups, float "
     "output_scale, int "
     "output_zero_point, ScalarType? output_dtype, str attr, Scalar?[] scalars, str? algorithm) -> "
     "Tensor",
     OpFamily::convolution, infer_convolution, work_convolution, scratch_convolution},
};

}  // namespace

std::span<const OpRow> quantized_rows() { return rows; }

}  // namespace opgauge
