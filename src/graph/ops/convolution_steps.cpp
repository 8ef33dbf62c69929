// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "graph/ops/convolution.hpp"
#include "graph/ops/onednn.hpp"

namespace opgauge::eager {
namespace {

std::string show(const Dims& dims) {
  std::string text = "[";
  for (size_t i = 0; i < dims.size(); ++i) text += (i ? "," : "") + std::to_string(dims[i]);
  return text + "]";
}

Dims output_sizes(const Run& run, const Tensor& x, const Tensor& w, const Window& window) {
  Dims sizes{x.size(0), window.transposed ? w.size(1) * window.groups : w.size(0)};
  for (size_t i = 2; i < x.type.sizes.size(); ++i) {
    const size_t at = i - 2;
    const int64_t reach = window.dilation[at] * (w.type.sizes[i] - 1) + 1;
    const int64_t size =
        window.transposed
            ? (x.type.sizes[i] - 1) * window.stride[at] - 2 * window.padding[at] + reach +
                  window.output_padding[at]
            : (x.type.sizes[i] + 2 * window.padding[at] - reach) / window.stride[at] + 1;
    if (size < 1 || (!window.transposed && x.type.sizes[i] + 2 * window.padding[at] < reach)) {
      throw run.error("kernel " + show(w.type.sizes) + " does not fit input " + show(x.type.sizes));
    }
    sizes.push_back(size);
  }
  return sizes;
}

void check(const Run& run, const Tensor& x, const Tensor& w, const Tensor& bias,
           const Window& window) {
  if (x.dtype() != w.dtype() || (bias.defined() && bias.dtype() != x.dtype())) {
    throw run.error("input, weight and bias have different dtypes");
  }
  for (size_t i = 0; i + 2 < w.type.sizes.size(); ++i) {
    if (window.stride[i] < 1)
      throw run.error("found stride " + std::to_string(window.stride[i]) + ", expected at least 1");
    if (window.padding[i] < 0) throw run.error("found negative padding");
    if (window.dilation[i] < 1)
      throw run.error("found dilation " + std::to_string(window.dilation[i]) +
                      ", expected at least 1");
    if (window.output_padding[i] < 0) throw run.error("found negative output_padding");
  }
  if (window.groups < 1 || w.size(0) % window.groups != 0) {
    throw run.error("found " + std::to_string(window.groups) + " groups, expected a divisor of " +
                    std::to_string(w.size(0)) + " channels");
  }
  const int64_t wanted = window.transposed ? w.size(0) : w.size(1) * window.groups;
  if (x.size(1) != wanted) {
    throw run.error("input has " + std::to_string(x.size(1)) + " channels, weight expects " +
                    std::to_string(wanted));
  }
  const int64_t outputs = window.transposed ? w.size(1) * window.groups : w.size(0);
  if (bias.defined() && (bias.rank() != 1 || bias.size(0) != outputs)) {
    throw run.error("found bias " + show(bias.type.sizes) + ", expected [" +
                    std::to_string(outputs) + "]");
  }
}

bool any_above(const Dims& dims, int64_t limit) {
  return std::any_of(dims.begin(), dims.end(), [&](int64_t d) { return d > limit; });
}

// Which of LibTorch's implementations runs, at 1 thread (with more, 1x1 kernels go to oneDNN too).
bool goes_to_onednn(const Tensor& x, const Tensor& w, const Window& window) {
  if (x.dtype() == Dtype::bf16) return true;
  if (x.dtype() != Dtype::f32) return false;
  const bool windowed = any_above(window.stride, 1) || any_above(window.dilation, 1) ||
                        x.size(0) >= 16 || w.size(-1) != 1 || w.size(-2) != 1;
  const bool large = window.groups > 1 || (w.size(-1) > 3 && w.size(-2) > 3) || x.size(0) > 1 ||
                     x.size(0) * x.size(1) * x.size(2) * x.size(3) > 20480;
  return windowed && large;
}

MemoryFormat format_of(const Tensor& x, const Tensor& w) {
  const MemoryFormat first = suggested_format(x.type);
  return first != MemoryFormat::contiguous ? first : suggested_format(w.type);
}

// Through oneDNN: channels-last tensors as they are, others by way of its own blocked layout.
Tensor convolve_onednn(Run& run, const Tensor& x, const Tensor& w, const Tensor& bias,
                       const Window& window, const Dims& sizes) {
  const MemoryFormat format = format_of(x, w);
  const Tensor input = run.contiguous(x, format), weight = run.contiguous(w, format);
  const onednn::ConvolutionShape shape{.dtype = x.dtype(),
                                       .input = x.type.sizes,
                                       .weight = w.type.sizes,
                                       .output = sizes,
                                       .stride = window.stride,
                                       .padding = window.padding,
                                       .groups = window.groups,
                                       .transposed = window.transposed,
                                       .bias = bias.defined()};
  run.read(bias);
  if (format != MemoryFormat::contiguous) {
    const onednn::ConvolutionMemory memory = onednn::channels_last_convolution_memory(shape);
    const Tensor y = run.empty(with_format(x.dtype(), sizes, format));
    const Tensor own = run.scratch(memory.private_bytes);
    const Tensor packed = run.reorder(weight, memory.weight);
    run.read(input);
    run.read(packed);
    run.write(y);
    return y;
  }
  const onednn::ConvolutionMemory memory = onednn::convolution_memory(shape);
  Tensor blocked_output;
  {
    const Tensor blocked_input = run.reorder(input, memory.input);
    const Tensor blocked_weight = run.reorder(weight, memory.weight);
    blocked_output = run.scratch(memory.output);
    const Tensor own = run.scratch(memory.private_bytes);
    run.read(blocked_input);
    run.read(blocked_weight);
    run.write(blocked_output);
  }
  Tensor y = run.empty(x.dtype(), sizes);
  run.copy(y, blocked_output);
  return memory.output_is_turned ? run.clone(y, MemoryFormat::contiguous) : y;
}

// im2col and one matrix product an image.
Tensor convolve_unfolded(Run& run, const Tensor& x, const Tensor& w, const Tensor& bias,
                         const Window& window, const Dims& sizes) {
  const MemoryFormat format = x.rank() == 4 ? format_of(x, w) : MemoryFormat::contiguous;
  const Tensor input = run.contiguous(x, format), weight = run.contiguous(w, format);
  Tensor y;
  if (window.transposed) {
    const int64_t positions = product(Dims(x.type.sizes.begin() + 2, x.type.sizes.end()));
    const bool images =
        x.rank() == 4;  // all at once in 2-d; one at a time in 3-d, from a copy of the input
    Tensor columns =
        run.empty(x.dtype(), {images ? x.size(0) : 0, w.numel() / w.size(0), positions});
    Tensor copied = images ? Tensor() : run.clone(input);
    y = run.empty(with_format(x.dtype(), sizes, format));
    copied = {};
    if (!images) columns = run.empty(x.dtype(), {w.numel() / w.size(0), positions});
    const int64_t ones =
        images || !bias.defined() ? 0 : product(Dims(sizes.begin() + 2, sizes.end()));
    run.empty(x.dtype(), {ones});
    for (const Tensor& one : {input, weight, columns, bias}) run.read(one);
    run.write(columns);
    run.write(y);
    return y;
  }
  if (any_above(window.dilation, 1)) {  // one image at a time
    y = run.empty(with_format(x.dtype(), sizes, format));
    const int64_t positions = product(Dims(sizes.begin() + 2, sizes.end()));
    const Tensor columns = run.empty(x.dtype(), {w.numel() / w.size(0), positions});
    for (const Tensor* one : {&input, &weight, &bias}) run.read(*one);
    run.work.read_bytes += x.size(0) * columns.bytes();
    run.work.write_bytes += x.size(0) * columns.bytes();
    run.write(y);
    return y;
  }
  Tensor columns = input;
  const bool as_it_is = product(Dims(w.type.sizes.begin() + 2, w.type.sizes.end())) == 1 &&
                        !any_above(window.stride, 1) && !any_above(window.padding, 0);
  if (!as_it_is) {
    const int64_t positions = product(Dims(sizes.begin() + 2, sizes.end()));
    columns = run.empty(x.dtype(), {x.size(0), w.numel() / w.size(0), positions});
    run.read(input);
    run.write(columns);
  }
  y = run.empty(with_format(x.dtype(), sizes, format));
  if (bias.defined()) {
    run.read(bias);
    run.write(y);
    run.read(y);
  }
  run.read(columns);
  run.read(weight);
  run.write(y);
  return y;
}

Tensor convolve(Run& run, const Tensor& x, const Tensor& w, const Tensor& bias,
                const Window& window, const Dims& sizes) {
  if (goes_to_onednn(x, w, window)) return convolve_onednn(run, x, w, bias, window, sizes);
  if (window.groups == 1) return convolve_unfolded(run, x, w, bias, window, sizes);
  const Tensor weight = run.contiguous(w, format_of(x, w)),
               input = run.contiguous(x, format_of(x, w));
  const auto part = [&](const Tensor& whole, int64_t dim) {
    return run.narrow(whole, dim, 0, whole.size(dim) / window.groups);
  };
  Dims part_sizes = sizes;
  part_sizes[1] /= window.groups;
  Window one = window;
  one.groups = 1;
  Tensor other_parts,
      last_part;  // all groups are alike; the last one runs while the others' results are kept
  const int64_t others = window.groups - 1;
  run.repeat(window.groups, [&] {
    const TensorType type =
        with_format(x.dtype(), part_sizes, format_of(part(input, 1), part(weight, 0)));
    other_parts = run.scratch(product({others, type.storage_bytes()}));
    last_part = convolve_unfolded(run, part(input, 1), part(weight, 0),
                                  bias.defined() ? part(bias, 0) : bias, one, part_sizes);
  });
  Tensor y = run.empty(with_format(x.dtype(), sizes, suggested_format(last_part.type)));
  run.read(other_parts);
  run.read(last_part);
  run.write(y);
  return y;
}

}  // namespace

Tensor convolution(Run& run, Tensor x, Tensor w, const Tensor& bias, Window window) {
  const int64_t spatial = w.rank() - 2;
  if (spatial < 1 || spatial > 3)
    throw run.error("found weight " + show(w.type.sizes) + ", expected rank 3 to 5");
  if (x.rank() != w.rank()) {
    throw run.error("found input " + show(x.type.sizes) + " and weight " + show(w.type.sizes));
  }
  const auto widen = [&](Dims& dims, const char* name, int64_t fallback) {
    if (dims.empty()) dims.assign(static_cast<size_t>(spatial), fallback);
    if (dims.size() == 1) dims.assign(static_cast<size_t>(spatial), dims[0]);
    if (dims.size() != static_cast<size_t>(spatial)) {
      throw run.error("found " + std::to_string(dims.size()) + " numbers of " + name +
                      ", expected " + std::to_string(spatial));
    }
  };
  widen(window.stride, "stride", 1);
  widen(window.padding, "padding", 0);
  widen(window.dilation, "dilation", 1);
  widen(window.output_padding, "output_padding", 0);
  check(run, x, w, bias, window);
  if (spatial == 1) {
    x = run.unsqueeze(run.contiguous(x), 2);
    w = run.unsqueeze(w, 2);
    window.stride.insert(window.stride.begin(), 1);
    window.padding.insert(window.padding.begin(), 0);
    window.dilation.insert(window.dilation.begin(), 1);
    window.output_padding.insert(window.output_padding.begin(), 0);
  }
  const Dims sizes = output_sizes(run, x, w, window);
  Tensor y;
  if (product(x.type.sizes) == 0) {
    y = run.empty(x.dtype(), sizes);
  } else {
    y = convolve(run, x, w, bias, window, sizes);
  }
  const int64_t per_position = w.numel() / std::max<int64_t>(w.size(0), 1);
  run.work.macs += product({window.transposed ? x.numel() : y.numel(), per_position});
  if (bias.defined()) run.work.other_ops += y.numel();
  return spatial == 1 ? run.squeeze(y, 2) : y;
}

}  // namespace opgauge::eager
