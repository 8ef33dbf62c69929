// SPDX-License-Identifier: Apache-2.0
// Windows as columns and back, and pixels or channels in another order. Only col2im adds.
#include <algorithm>

#include "graph/ops/eager.hpp"
#include "graph/ops/rows.hpp"

namespace opgauge {
namespace {

using eager::Run;
using eager::Tensor;
using eager::Tensors;

struct Windows {
  Dims kernel, dilation, padding, stride;
  // How many windows fit a dimension.
  int64_t count(const Run& run, size_t i, int64_t size) const {
    const int64_t room = size + 2 * padding[i] - dilation[i] * (kernel[i] - 1) - 1;
    if (room < 0) throw run.error("the window is larger than the padded input");
    return room / stride[i] + 1;
  }
};

Windows windows_of(const Run& run) {
  const auto two = [&](std::string_view name, int64_t least) {
    Dims dims = run.call.ints(name);
    if (dims.size() == 1) dims.assign(2, dims[0]);
    if (dims.size() != 2) throw run.error("expected two numbers of " + std::string(name));
    for (const int64_t one : dims) {
      if (one < least || one > (int64_t{1} << 31))
        throw run.error("found " + std::string(name) + " " + std::to_string(one));
    }
    return dims;
  };
  return {two("kernel_size", 1), two("dilation", 1), two("padding", 0), two("stride", 1)};
}

// A result is made as large as the input and then resized: it grows into a new allocation, or keeps
// the input's bytes.
Tensor resized(Run& run, Tensor made, Dims sizes) {
  TensorType type(made.dtype(), std::move(sizes));
  return type.bytes() <= made.bytes() ? run.view(made, std::move(type))
                                      : run.empty(std::move(type));
}

Tensors im2col(Run& run) {
  const Windows w = windows_of(run);
  const Tensor x = run.operand("self");
  if ((x.rank() != 3 && x.rank() != 4) ||
      product(x.type.sizes) / std::max<int64_t>(x.size(0), 1) == 0) {
    throw run.error("expected input of rank 3 or 4 that is not empty");
  }
  const int64_t columns = product({w.count(run, 0, x.size(-2)), w.count(run, 1, x.size(-1))});
  Dims sizes{product({x.size(-3), w.kernel[0], w.kernel[1]}), columns};
  if (x.rank() == 4) sizes.insert(sizes.begin(), x.size(0));
  Tensor made = run.empty(like(x.type, x.dtype(), MemoryFormat::preserve));
  const Tensor input = run.contiguous(x);
  const Tensor y = resized(run, std::move(made), sizes);
  run.read(input);
  run.write(y);
  return {y};
}

Tensors col2im(Run& run) {
  const Windows w = windows_of(run);
  const Tensor x = run.operand("self");
  const Dims& size = run.call.ints("output_size");
  if ((x.rank() != 2 && x.rank() != 3) || size.size() != 2)
    throw run.error("expected input of rank 2 or 3 and two sizes");
  const int64_t window = product({w.kernel[0], w.kernel[1]});
  if (x.size(-2) % window != 0 || x.numel() == 0 ||
      x.size(-1) != product({w.count(run, 0, size[0]), w.count(run, 1, size[1])})) {
    throw run.error("input does not hold the windows of this output size");
  }
  Dims sizes{x.size(-2) / window, size[0], size[1]};
  if (x.rank() == 3) sizes.insert(sizes.begin(), x.size(0));
  Tensor made = run.empty(like(x.type, x.dtype(), MemoryFormat::preserve));
  const Tensor input = run.contiguous(x);
  const Tensor y = resized(run, std::move(made), sizes);
  run.read(input);
  run.write(y);
  run.work.other_ops += x.numel();
  return {y};
}

Tensor rearranged(Run& run, const Tensor& x, Dims sizes) {
  const MemoryFormat format = suggested_format(x.type);
  const Tensor input = run.contiguous(x, format);
  const Tensor y = run.empty(with_format(x.dtype(), std::move(sizes), format));
  run.read(input);
  run.write(y);
  return y;
}

Tensors pixel_shuffle(Run& run) {
  const Tensor x = run.operand("self");
  const int64_t factor = run.call.integer("upscale_factor");
  if (x.rank() < 3 || factor < 1 || factor > (int64_t{1} << 20) ||
      x.size(-3) % (factor * factor) != 0) {
    throw run.error(
        "expected rank 3 or more and channels that the square of upscale_factor divides");
  }
  Dims sizes = x.type.sizes;
  const size_t rank = sizes.size();
  sizes[rank - 3] /= factor * factor;
  sizes[rank - 2] *= factor;
  sizes[rank - 1] *= factor;
  return {rearranged(run, x, sizes)};
}

Tensors pixel_unshuffle(Run& run) {
  const Tensor x = run.operand("self");
  const int64_t factor = run.call.integer("downscale_factor");
  if (x.rank() < 3 || factor < 1 || factor > (int64_t{1} << 20) || x.size(-2) % factor != 0 ||
      x.size(-1) % factor != 0) {
    throw run.error("expected rank 3 or more and a downscale_factor that divides height and width");
  }
  Dims sizes = x.type.sizes;
  const size_t rank = sizes.size();
  sizes[rank - 3] *= factor * factor;
  sizes[rank - 2] /= factor;
  sizes[rank - 1] /= factor;
  return {rearranged(run, x, sizes)};
}

Tensors channel_shuffle(Run& run) {
  const Tensor x = run.operand("self");
  const int64_t groups = run.call.integer("groups");
  if (x.rank() < 3 || groups < 1 || x.size(1) % groups != 0) {
    throw run.error("expected rank 3 or more and channels that the groups divide");
  }
  return {rearranged(run, x, x.type.sizes)};
}

constexpr OpFamily family = OpFamily::copy;
const OpRow rows[] = {
    eager::row<im2col>("aten::im2col(Tensor self, int[2] kernel_size, int[2] dilation, int[2] "
                       "padding, int[2] stride) -> Tensor",
                       family),
    eager::row<col2im>("aten::col2im(Tensor self, SymInt[2] output_size, int[2] kernel_size, "
                       "int[2] dilation, int[2] padding, int[2] stride) -> Tensor",
                       family),
    eager::row<pixel_shuffle>("aten::pixel_shuffle(Tensor self, int upscale_factor) -> Tensor",
                              family),
    eager::row<pixel_unshuffle>(
        "aten::pixel_unshuffle(Tensor self, int downscale_factor) -> Tensor", family),
    eager::row<channel_shuffle>("aten::channel_shuffle(Tensor self, SymInt groups) -> Tensor",
                                family),
    eager::row<channel_shuffle>(
        "aten::native_channel_shuffle(Tensor self, SymInt groups) -> Tensor", family),
};

}  // namespace

std::span<const OpRow> shuffle_rows() { return rows; }

}  // namespace opgauge
