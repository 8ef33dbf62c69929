// SPDX-License-Identifier: Apache-2.0
// Maximum and average over windows.
//
// Other ops: one comparison or addition for each element of a window inside the input, and a
// division for averages.
#include <algorithm>
#include <numeric>

#include "graph/ops/eager.hpp"
#include "graph/ops/rows.hpp"

namespace opgauge {
namespace {

using eager::Run;
using eager::Tensor;
using eager::Tensors;

struct Windows {
  Dims kernel, stride, padding, dilation;
  bool ceil_mode = false;
};

Dims widened(const Run& run, std::string_view name, const Dims& given, size_t count,
             int64_t least) {
  Dims dims = given;
  if (dims.size() == 1) dims.assign(count, dims[0]);
  if (dims.size() != count) {
    throw run.error("found " + std::to_string(dims.size()) + " numbers of " + std::string(name) +
                    ", expected 1 or " + std::to_string(count));
  }
  for (const int64_t one : dims) {
    if (one < least || one > (int64_t{1} << 31))
      throw run.error("found " + std::string(name) + " " + std::to_string(one));
  }
  return dims;
}

Windows windows_of(const Run& run, size_t spatial, bool dilated) {
  Windows w;
  w.kernel = widened(run, "kernel_size", run.call.ints("kernel_size"), spatial, 1);
  const Dims& stride = run.call.ints("stride");
  w.stride = stride.empty() ? w.kernel : widened(run, "stride", stride, spatial, 1);
  w.padding = widened(run, "padding", run.call.ints("padding"), spatial, 0);
  w.dilation =
      dilated ? widened(run, "dilation", run.call.ints("dilation"), spatial, 1) : Dims(spatial, 1);
  w.ceil_mode = run.call.flag("ceil_mode");
  for (size_t i = 0; i < spatial; ++i) {
    if (w.padding[i] > ((w.kernel[i] - 1) * w.dilation[i] + 1) / 2) {
      throw run.error("found padding " + std::to_string(w.padding[i]) +
                      ", expected at most half the kernel");
    }
  }
  return w;
}

void check_rank(const Run& run, const Tensor& x, size_t spatial) {
  const int64_t least = static_cast<int64_t>(spatial) + 1;
  if (x.rank() != least && x.rank() != least + 1) {
    throw run.error("found input of rank " + std::to_string(x.rank()) + ", expected " +
                    std::to_string(least) + " or " + std::to_string(least + 1));
  }
  for (size_t i = x.rank() == least ? 0 : 1; i < x.type.sizes.size(); ++i) {
    if (x.type.sizes[i] == 0)
      throw run.error("found an input with an empty dimension other than the batch");
  }
}

// Sizes of the output, and how many window elements lie inside the input over all outputs of a
// channel.
struct Pooled {
  Dims sizes;
  int64_t visits = 1;
};
Pooled pooled(const Run& run, const Tensor& x, const Windows& w) {
  const size_t spatial = w.kernel.size(), first = x.type.sizes.size() - spatial;
  Pooled result{x.type.sizes, 1};
  for (size_t i = 0; i < spatial; ++i) {
    const int64_t in = x.type.sizes[first + i], reach = w.dilation[i] * (w.kernel[i] - 1) + 1;
    const int64_t room = in + 2 * w.padding[i] - reach + (w.ceil_mode ? w.stride[i] - 1 : 0);
    int64_t out = room < 0 ? 0 : room / w.stride[i] + 1;
    // The last window must start inside the input or its left padding.
    if (w.ceil_mode && (out - 1) * w.stride[i] >= in + w.padding[i]) --out;
    if (out < 1) throw run.error("the window is larger than the padded input");
    if (out > (int64_t{1} << 20)) throw run.error("found more than 2^20 windows in a row");
    result.sizes[first + i] = out;
    if (out > (int64_t{1} << 24)) throw run.error("found more than 2^24 windows along a dimension");
    int64_t inside = 0;
    for (int64_t o = 0; o < out; ++o) {
      const int64_t start = o * w.stride[i] - w.padding[i];
      const int64_t before = start < 0 ? (-start + w.dilation[i] - 1) / w.dilation[i] : 0;
      const int64_t after =
          std::min(w.kernel[i], start >= in ? 0 : (in - start + w.dilation[i] - 1) / w.dilation[i]);
      inside += std::max<int64_t>(0, after - before);
    }
    result.visits = product({result.visits, inside});
  }
  return result;
}

int64_t channels_of(const Tensor& x, size_t spatial) {
  return product(
      Dims(x.type.sizes.begin(), x.type.sizes.end() - static_cast<std::ptrdiff_t>(spatial)));
}

// Values and indices, both in the layout that the input's strides suggest.
Tensors max_with_indices(Run& run, const Tensor& x, const Windows& w) {
  const size_t spatial = w.kernel.size();
  check_rank(run, x, spatial);
  const Pooled to = pooled(run, x, w);
  const MemoryFormat format = suggested_format(x.type);
  const Tensor input = run.contiguous(x, format);
  const Tensor y = run.empty(with_format(x.dtype(), to.sizes, format));
  const Tensor indices = run.empty(with_format(Dtype::i64, to.sizes, format));
  run.read(input);
  run.write(y);
  run.write(indices);
  run.work.other_ops += product({channels_of(x, spatial), to.visits});
  return {y, indices};
}

// One-dimensional pools run as two-dimensional ones on a height of 1.
Windows as_flat_image(Windows w) {
  w.kernel.insert(w.kernel.begin(), 1);
  w.stride.insert(w.stride.begin(), 1);
  w.padding.insert(w.padding.begin(), 0);
  w.dilation.insert(w.dilation.begin(), 1);
  return w;
}
Tensors without_height(const Run& run, Tensors flat) {
  for (Tensor& one : flat) one = run.squeeze(one, -2);
  return flat;
}

Tensors max_pool1d_with_indices(Run& run) {
  const Tensor x = run.operand("self");
  const Windows w = windows_of(run, 1, true);
  check_rank(run, x, 1);
  return without_height(run, max_with_indices(run, run.unsqueeze(x, -2), as_flat_image(w)));
}
template <size_t spatial>
Tensors max_pool_with_indices(Run& run) {
  return max_with_indices(run, run.operand("self"), windows_of(run, spatial, true));
}
template <size_t spatial>
Tensors max_pool(Run& run) {
  return {max_with_indices(run, run.operand("self"), windows_of(run, spatial, true))[0]};
}

Tensors max_pool1d(Run& run) {
  const Tensor x = run.operand("self");
  const Windows w = windows_of(run, 1, true);
  check_rank(run, x, 1);
  const Pooled to = pooled(run, x, w);
  const Tensor y = run.empty(x.dtype(), to.sizes);
  const Tensor input = run.contiguous(x);
  run.read(input);
  run.write(y);
  run.work.other_ops += product({channels_of(x, 1), to.visits});
  return {y};
}

Tensor average(Run& run, const Tensor& x, const Windows& w) {
  const size_t spatial = w.kernel.size();
  check_rank(run, x, spatial);
  const Pooled to = pooled(run, x, w);
  const MemoryFormat format = suggested_format(x.type);
  const Tensor y = run.empty(with_format(x.dtype(), to.sizes, format));
  const Tensor input = run.contiguous(x, format);
  run.read(input);
  run.write(y);
  run.work.other_ops += product({channels_of(x, spatial), to.visits}) + y.numel();
  return y;
}
Tensors avg_pool2d(Run& run) {
  return {average(run, run.operand("self"), windows_of(run, 2, false))};
}
Tensors avg_pool1d(Run& run) {
  const Windows w = windows_of(run, 1, false);
  const Tensor x = run.operand("self");
  check_rank(run, x, 1);
  return without_height(run, {average(run, run.unsqueeze(x, -2), as_flat_image(w))});
}
Tensors avg_pool3d(Run& run) {
  const Tensor x = run.operand("self");
  const Windows w = windows_of(run, 3, false);
  check_rank(run, x, 3);
  if (x.dtype() == Dtype::bf16 || x.dtype() == Dtype::f16) {
    throw run.error("found input of dtype " + std::string(name_of(x.dtype())) +
                    ", which LibTorch does not support here");
  }
  const Pooled to = pooled(run, x, w);
  const Tensor y = run.empty(x.dtype(), to.sizes);
  const Tensor input = run.contiguous(x);
  run.read(input);
  run.write(y);
  run.work.other_ops += product({channels_of(x, 3), to.visits}) + y.numel();
  return {y};
}

// Windows that cover the input evenly: from floor(i in / out) to ceil((i + 1) in / out).
struct Adaptive {
  Dims sizes;
  int64_t visits = 1;
};
Adaptive adaptive(const Run& run, const Tensor& x, const Dims& output_size) {
  const size_t spatial = output_size.size();
  check_rank(run, x, spatial);
  Adaptive result{x.type.sizes, 1};
  const size_t first = x.type.sizes.size() - spatial;
  for (size_t i = 0; i < spatial; ++i) {
    const int64_t in = x.type.sizes[first + i], out = output_size[i];
    result.sizes[first + i] = out;
    product(result.sizes);
    // Two neighbouring windows overlap by one element unless their boundary is whole: out - gcd(in,
    // out) times.
    result.visits = product({result.visits, out == 0 ? 0 : in + out - std::gcd(in, out)});
  }
  return result;
}

// The 2-d kernels keep channels-last; the 3-d ones step through any strides and write row-major.
Tensor adaptive_output(Run& run, const Tensor& x, Dtype dtype, const Adaptive& to, size_t spatial) {
  return run.empty(with_format(dtype, to.sizes,
                               spatial == 2 ? suggested_format(x.type) : MemoryFormat::contiguous));
}
Tensor adaptive_input(Run& run, const Tensor& x, size_t spatial) {
  return spatial == 2 ? run.contiguous(x, suggested_format(x.type)) : x;
}

Tensor adaptive_average(Run& run, const Tensor& x, const Dims& output_size) {
  const size_t spatial = output_size.size();
  const Adaptive to = adaptive(run, x, output_size);
  const Tensor y = adaptive_output(run, x, x.dtype(), to, spatial);
  const Tensor input = adaptive_input(run, x, spatial);
  run.read(input);
  run.write(y);
  run.work.other_ops += product({channels_of(x, spatial), to.visits}) + y.numel();
  return y;
}

// One window over everything is a mean, for half precision through an f32 copy.
Tensor global_average(Run& run, const Tensor& x, size_t spatial) {
  check_rank(run, x, spatial);
  Dims sizes = x.type.sizes;
  std::fill(sizes.end() - static_cast<std::ptrdiff_t>(spatial), sizes.end(), 1);
  const bool half = x.dtype() == Dtype::bf16 || x.dtype() == Dtype::f16;
  const Tensor y = run.empty(x.dtype(), sizes);
  {
    const Tensor sums = half ? run.empty(Dtype::f32, sizes) : y;
    if (half) {
      const Tensor wide = run.to(x, Dtype::f32);
      run.read(wide);
    } else {
      run.read(x);
    }
    run.write(sums);
    run.work.other_ops += x.numel();
    run.in_place_number(sums, 1);
    if (half) run.copy(y, sums);
  }
  const MemoryFormat format = suggested_format(x.type);
  return run.view(y, with_format(x.dtype(), sizes, format));
}

Dims output_size_of(const Run& run, size_t spatial) {
  return widened(run, "output_size", run.call.ints("output_size"), spatial, 0);
}
bool is_global(const Dims& output_size) {
  return std::all_of(output_size.begin(), output_size.end(), [](int64_t one) { return one == 1; });
}

template <size_t spatial>
Tensors adaptive_avg_pool(Run& run) {
  const Tensor x = run.operand("self");
  const Dims size = output_size_of(run, spatial);
  return {is_global(size) ? global_average(run, x, spatial) : adaptive_average(run, x, size)};
}
Tensors adaptive_avg_pool1d(Run& run) {
  const Tensor x = run.operand("self");
  check_rank(run, x, 1);
  const Dims size{1, output_size_of(run, 1)[0]};
  const Tensor flat = run.unsqueeze(x, -2);
  return without_height(
      run, {is_global(size) ? global_average(run, flat, 2) : adaptive_average(run, flat, size)});
}
template <size_t spatial>
Tensors adaptive_avg_pool_kernel(Run& run) {
  return {adaptive_average(run, run.operand("self"), output_size_of(run, spatial))};
}

Tensors adaptive_max(Run& run, const Tensor& x, const Dims& output_size) {
  const size_t spatial = output_size.size();
  const Adaptive to = adaptive(run, x, output_size);
  const Tensor y = adaptive_output(run, x, x.dtype(), to, spatial);
  const Tensor indices = adaptive_output(run, x, Dtype::i64, to, spatial);
  const Tensor input = adaptive_input(run, x, spatial);
  run.read(input);
  run.write(y);
  run.write(indices);
  run.work.other_ops += product({channels_of(x, spatial), to.visits});
  return {y, indices};
}
template <size_t spatial>
Tensors adaptive_max_pool(Run& run) {
  return adaptive_max(run, run.operand("self"), output_size_of(run, spatial));
}
Tensors adaptive_max_pool1d(Run& run) {
  const Tensor x = run.operand("self");
  check_rank(run, x, 1);
  return without_height(run,
                        adaptive_max(run, run.unsqueeze(x, -2), {1, output_size_of(run, 1)[0]}));
}

constexpr OpFamily family = OpFamily::pool;
const OpRow rows[] = {
    eager::row<max_pool1d>(
        "aten::max_pool1d(Tensor self, int[1] kernel_size, int[1] stride=[], int[1] padding=[0], "
        "int[1] dilation=[1], bool ceil_mode=False) -> Tensor",
        family),
    eager::row<max_pool<2>>("aten::max_pool2d(Tensor self, int[2] kernel_size, int[2] stride=[], "
                            "int[2] padding=0, int[2] dilation=1, bool ceil_mode=False) -> Tensor",
                            family),
    eager::row<max_pool<3>>("aten::max_pool3d(Tensor self, int[3] kernel_size, int[3] stride=[], "
                            "int[3] padding=0, int[3] dilation=1, bool ceil_mode=False) -> Tensor",
                            family),
    eager::row<max_pool1d_with_indices>(
        "aten::max_pool1d_with_indices(Tensor self, int[1] kernel_size, int[1] stride=[], int[1] "
        "padding=[0], int[1] dilation=[1], bool ceil_mode=False) -> (Tensor, Tensor)",
        family),
    eager::row<max_pool_with_indices<2>>(
        "aten::max_pool2d_with_indices(Tensor self, int[2] kernel_size, int[2] stride=[], int[2] "
        "padding=0, int[2] dilation=1, bool ceil_mode=False) -> (Tensor, Tensor)",
        family),
    eager::row<max_pool_with_indices<3>>(
        "aten::max_pool3d_with_indices(Tensor self, int[3] kernel_size, int[3] stride=[], int[3] "
        "padding=0, int[3] dilation=1, bool ceil_mode=False) -> (Tensor, Tensor)",
        family),
    eager::row<avg_pool1d>(
        "aten::avg_pool1d(Tensor self, int[1] kernel_size, int[1] stride=[], int[1] padding=[0], "
        "bool ceil_mode=False, bool count_include_pad=True) -> Tensor",
        family),
    eager::row<avg_pool2d>(
        "aten::avg_pool2d(Tensor self, int[2] kernel_size, int[2] stride=[], int[2] padding=0, "
        "bool ceil_mode=False, bool count_include_pad=True, int? divisor_override=None) -> Tensor",
        family),
    eager::row<avg_pool3d>(
        "aten::avg_pool3d(Tensor self, int[3] kernel_size, int[3] stride=[], int[3] padding=0, "
        "bool ceil_mode=False, bool count_include_pad=True, int? divisor_override=None) -> Tensor",
        family),
    eager::row<adaptive_avg_pool1d>(
        "aten::adaptive_avg_pool1d(Tensor self, int[1] output_size) -> Tensor", family),
    eager::row<adaptive_avg_pool<2>>(
        "aten::adaptive_avg_pool2d(Tensor self, SymInt[2] output_size) -> Tensor", family),
    eager::row<adaptive_avg_pool<3>>(
        "aten::adaptive_avg_pool3d(Tensor self, SymInt[3] output_size) -> Tensor", family),
    eager::row<adaptive_avg_pool_kernel<2>>(
        "aten::_adaptive_avg_pool2d(Tensor self, SymInt[2] output_size) -> Tensor", family),
    eager::row<adaptive_avg_pool_kernel<3>>(
        "aten::_adaptive_avg_pool3d(Tensor self, SymInt[3] output_size) -> Tensor", family),
    eager::row<adaptive_max_pool1d>(
        "aten::adaptive_max_pool1d(Tensor self, int[1] output_size) -> (Tensor, Tensor)", family),
    eager::row<adaptive_max_pool<2>>(
        "aten::adaptive_max_pool2d(Tensor self, int[2] output_size) -> (Tensor, Tensor)", family),
    eager::row<adaptive_max_pool<3>>(
        "aten::adaptive_max_pool3d(Tensor self, int[3] output_size) -> (Tensor, Tensor)", family),
};

}  // namespace

std::span<const OpRow> pool_rows() { return rows; }

}  // namespace opgauge
