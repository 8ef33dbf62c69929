// SPDX-License-Identifier: Apache-2.0
// Convolutions: which layouts oneDNN 3.12 takes on AVX-512, and the bytes that follow. Its channels
// stand in blocks of 16 (a small input of under 16 channels is read as it is).
#include <algorithm>

#include "graph/ops/onednn.hpp"

namespace opgauge::onednn {
namespace {

constexpr int64_t block = 16, sum_bytes = 4;
constexpr int64_t slack_bytes = 128;  // of every piece of private memory
constexpr int64_t batch_table_bytes = 8216;

int64_t round_up(int64_t a, int64_t b) { return (a + b - 1) / b * b; }
int64_t positions(const Dims& sizes, std::ptrdiff_t first = 2) {
  return product(Dims(sizes.begin() + first, sizes.end()));
}
bool any_above(const Dims& dims, int64_t limit) {
  return std::any_of(dims.begin(), dims.end(), [&](int64_t one) { return one > limit; });
}

// What the rules below look at.
struct Facts {
  explicit Facts(const ConvolutionShape& s)
      : batch(s.input[0]),
        inputs(s.input[1]),
        outputs(s.output[1]),
        group_inputs(inputs / s.groups),
        group_outputs(outputs / s.groups),
        kernel(positions(s.weight)),
        in(positions(s.input)),
        out(positions(s.output)),
        element(size_bytes(s.dtype)),
        half(s.dtype == Dtype::bf16),
        strided(any_above(s.stride, 1)),
        padded(any_above(s.padding, 0)),
        depthwise(s.groups > 1 && s.groups == inputs && outputs == inputs) {}
  int64_t batch, inputs, outputs, group_inputs, group_outputs, kernel, in, out, element;
  bool half, strided, padded, depthwise;
  bool pointwise() const { return kernel == 1; }
};

// A matrix product over unfolded windows, in the plain layout: one image and group at a time, in
// 3-d one slice.
ConvolutionMemory by_matrix_product(const ConvolutionShape& s, const Facts& f) {
  ConvolutionMemory memory;
  memory.output = f.batch * f.outputs * f.out * f.element;
  const int64_t unfolded =
      s.transposed ? f.in : positions(s.output, static_cast<std::ptrdiff_t>(s.output.size()) - 2);
  const int64_t channels = s.transposed ? f.group_outputs : f.group_inputs;
  if (s.transposed) memory.private_bytes += slack_bytes;
  if (f.half)
    memory.private_bytes += slack_bytes + round_up(f.group_outputs * unfolded * sum_bytes, 64);
  if (!f.pointwise() || f.padded)
    memory.private_bytes += slack_bytes + channels * f.kernel * unfolded * f.element;
  if (f.half && s.bias) memory.private_bytes += slack_bytes + f.outputs * sum_bytes;
  return memory;
}

// Strided transposed convolutions and depthwise ones in 3-d work on channels-last copies; the
// result is turned back.
ConvolutionMemory by_channels_last_copies(const ConvolutionShape& s, const Facts& f) {
  ConvolutionMemory memory;
  memory.input = f.inputs == 1 ? 0 : f.batch * f.inputs * f.in * f.element;
  memory.output = f.batch * f.outputs * f.out * f.element;
  memory.output_is_turned = f.outputs > 1;
  if (f.depthwise && !s.transposed) {
    memory.weight = round_up(f.inputs, block) * f.kernel * f.element;
    return memory;
  }
  memory.weight = f.inputs * round_up(f.group_outputs, block) * f.kernel * f.element;
  if (f.half) memory.weight = round_up(memory.weight, 2 * block * block);
  memory.private_bytes =
      f.inputs * f.in * f.element + 4 * batch_table_bytes;  // near: the blocks of one image
  return memory;
}

}  // namespace

ConvolutionMemory convolution_memory(const ConvolutionShape& s) {
  const Facts f(s);
  const bool grouped_blocks = f.group_inputs % 4 == 0 && f.group_outputs % 4 == 0;
  if (s.transposed && f.strided && (f.half || s.groups == 1) && !(s.groups > 1 && grouped_blocks)) {
    return by_channels_last_copies(s, f);
  }
  if (f.depthwise && !s.transposed && s.stride.size() == 3) return by_channels_last_copies(s, f);
  if (f.pointwise() && f.padded && (f.half || s.groups > 1)) return by_matrix_product(s, f);
  if (s.groups > 1 && !f.depthwise && !grouped_blocks) return by_matrix_product(s, f);

  ConvolutionMemory memory;
  int64_t inputs = f.inputs, outputs = f.outputs;
  if (s.groups == 1) {
    inputs = round_up(inputs, block);
    outputs = round_up(outputs, block);
    memory.weight = outputs * inputs * f.kernel * f.element;
    if (f.inputs < block && !f.pointwise() && !s.transposed) {  // the plain layout is read as it is
      memory.weight = outputs * (f.half ? round_up(f.inputs, 2) : f.inputs) * f.kernel * f.element;
      inputs = 0;
    }
    const bool flat = f.pointwise() && !(f.strided && s.stride.size() == 3);
    if (flat && f.strided) memory.private_bytes += slack_bytes + inputs * f.out * f.element;
    if (flat && f.half) memory.private_bytes += slack_bytes + outputs * f.out * sum_bytes;
    if (f.pointwise() && s.transposed) memory.private_bytes += slack_bytes;
    if (s.transposed && s.bias)
      memory.private_bytes += slack_bytes + f.batch * outputs * f.out * sum_bytes;
  } else if (f.depthwise) {
    inputs = outputs = round_up(inputs, block);
    memory.weight = inputs * f.kernel * f.element;
  } else {  // blocks of 16, 8 or 4 channels
    memory.weight = f.outputs * f.group_inputs * f.kernel * f.element;
    if (s.transposed) memory.weight = f.inputs * f.group_outputs * f.kernel * f.element;
  }
  memory.input = f.batch * inputs * f.in * f.element;
  memory.output = f.batch * outputs * f.out * f.element;
  if (s.bias && outputs != f.outputs && !s.transposed)
    memory.private_bytes += slack_bytes + outputs * f.element;
  return memory;
}

ConvolutionMemory channels_last_convolution_memory(const ConvolutionShape& s) {
  const int64_t element = size_bytes(s.dtype);
  const bool half = s.dtype == Dtype::bf16;
  const int64_t kernel = product(Dims(s.weight.begin() + 2, s.weight.end()));
  const int64_t inputs = s.input[1] / s.groups, outputs = s.output[1] / s.groups;
  ConvolutionMemory memory;
  if (s.groups == 1) {
    // Output channels stand in blocks of up to 64, above that of whichever of 64, 48 and 32 pads
    // least.
    int64_t padded = round_up(outputs, block);
    if (outputs > 64)
      padded = std::min({round_up(outputs, 64), round_up(outputs, 48), round_up(outputs, 32)});
    memory.weight = padded * (half ? round_up(inputs, 2) : inputs) * kernel * element;
    memory.private_bytes = batch_table_bytes;
  } else if (inputs == 1 && outputs == 1) {
    memory.weight = round_up(s.groups, block) * kernel * element;
  } else if ((inputs == outputs && inputs % 4 == 0) ||
             (inputs % block == 0 && outputs % block == 0)) {
    memory.weight = s.output[1] * inputs * kernel * element;
  } else if (half && inputs <= 4) {
    memory.weight = s.groups * round_up(outputs, block) * round_up(inputs, 2) * kernel * element;
    memory.private_bytes = batch_table_bytes;
  } else {
    memory.weight =
        s.groups * round_up(outputs, block) * round_up(inputs, block) * kernel * element;
  }
  return memory;
}

}  // namespace opgauge::onednn
