// SPDX-License-Identifier: Apache-2.0
// Borders around the last dimensions: constant, reflected, replicated, circular. No arithmetic.
#include <algorithm>

#include "graph/ops/eager.hpp"
#include "graph/ops/rows.hpp"

namespace opgauge {
namespace {

using eager::Run;
using eager::Tensor;
using eager::Tensors;

// Sizes after padding; `pad` holds left and right of the last dimension first.
Dims padded_sizes(const Run& run, const Tensor& x, const Dims& pad) {
  if (pad.size() % 2 != 0 || pad.size() / 2 > x.type.sizes.size()) {
    throw run.error("found " + std::to_string(pad.size()) + " paddings for an input of rank " +
                    std::to_string(x.rank()));
  }
  Dims sizes = x.type.sizes;
  for (size_t i = 0; i < pad.size() / 2; ++i) {
    int64_t& size = sizes[sizes.size() - 1 - i];
    for (const int64_t side : {pad[2 * i], pad[2 * i + 1]}) {
      if (side < -(int64_t{1} << 40) || side > (int64_t{1} << 40)) {
        throw run.error("found a padding out of range");
      }
    }
    size += pad[2 * i] + pad[2 * i + 1];
    if (size < 0) throw run.error("negative padding is larger than the input");
  }
  product(sizes);
  return sizes;
}

// The part of a tensor that is left when positive paddings are taken off (or negative ones
// applied).
Tensor inside(const Run& run, Tensor x, const Dims& pad, int sign) {
  for (size_t i = 0; i < pad.size() / 2; ++i) {
    const int64_t dim = x.rank() - 1 - static_cast<int64_t>(i);
    const int64_t left = std::max<int64_t>(0, sign * pad[2 * i]),
                  right = std::max<int64_t>(0, sign * pad[2 * i + 1]);
    if (left + right > x.size(dim)) throw run.error("negative padding is larger than the input");
    x = run.narrow(x, dim, left, x.size(dim) - left - right);
  }
  return x;
}

Tensor constant(Run& run, const Tensor& x, const Dims& pad) {
  const Dims sizes = padded_sizes(run, x, pad);
  const Tensor cropped = inside(run, x, pad, -1);
  if (std::all_of(pad.begin(), pad.end(), [](int64_t one) { return one <= 0; }))
    return run.clone(cropped);
  const Tensor y = run.empty(with_format(x.dtype(), sizes, suggested_format(x.type)));
  run.fill(y);
  run.copy(inside(run, y, pad, 1), cropped);
  return y;
}

enum class Border { reflect, replicate };

template <size_t spatial>
Tensor bordered(Run& run, const Tensor& x, const Dims& pad, Border border) {
  const int64_t rank = x.rank(), least = static_cast<int64_t>(spatial) + 1;
  if (pad.size() != 2 * spatial || (rank != least && rank != least + 1)) {
    throw run.error("found " + std::to_string(pad.size()) + " paddings for an input of rank " +
                    std::to_string(rank));
  }
  const Dims sizes = padded_sizes(run, x, pad);
  for (size_t i = 0; i < spatial; ++i) {
    const int64_t size = x.size(-1 - static_cast<int64_t>(i));
    const bool too_wide = border == Border::reflect && std::max(pad[2 * i], pad[2 * i + 1]) >= size;
    if (too_wide || size < 1 || sizes[sizes.size() - 1 - i] < 1)
      throw run.error("padding does not fit the input");
  }
  const MemoryFormat format = suggested_format(x.type);
  const Tensor input = run.contiguous(x, format);
  const Tensor y = run.empty(with_format(x.dtype(), sizes, format));
  run.read(input);
  run.write(y);
  return y;
}

Tensor circular(Run& run, const Tensor& x, const Dims& pad) {
  const Dims sizes = padded_sizes(run, x, pad);
  const Tensor y = run.empty(x.dtype(), sizes);
  run.copy(y, x);
  return y;
}

Tensor by_mode(Run& run, const Tensor& x, const Dims& pad, const std::string& mode) {
  if (mode == "constant") return constant(run, x, pad);
  if (mode == "circular") return circular(run, x, pad);
  if (mode != "reflect" && mode != "replicate") {
    throw run.error("found mode \"" + mode +
                    "\", expected constant, reflect, replicate or circular");
  }
  const Border border = mode == "reflect" ? Border::reflect : Border::replicate;
  switch (pad.size()) {
    case 2:
      return bordered<1>(run, x, pad, border);
    case 4:
      return bordered<2>(run, x, pad, border);
    case 6:
      return bordered<3>(run, x, pad, border);
    default:
      throw run.error("found " + std::to_string(pad.size()) + " paddings, expected 2, 4 or 6");
  }
}

Tensors constant_pad(Run& run) {
  return {constant(run, run.operand("self"), run.call.ints("pad"))};
}
Tensors pad(Run& run) {
  return {by_mode(run, run.operand("self"), run.call.ints("pad"), run.call.text("mode"))};
}
Tensors pad_enum(Run& run) {
  const char* modes[] = {"reflect", "replicate", "circular", "constant"};
  const int64_t mode = run.call.integer("mode");
  if (mode < 0 || mode > 3)
    throw run.error("found mode " + std::to_string(mode) + ", expected 0 to 3");
  return {by_mode(run, run.operand("self"), run.call.ints("pad"), modes[mode])};
}
Tensors circular_pad(Run& run) {
  return {circular(run, run.operand("self"), run.call.ints("pad"))};
}
template <size_t spatial, Border border>
Tensors border_pad(Run& run) {
  return {bordered<spatial>(run, run.operand("self"), run.call.ints("padding"), border)};
}

constexpr OpFamily family = OpFamily::copy;
const OpRow rows[] = {
    eager::row<constant_pad>(
        "aten::constant_pad_nd(Tensor self, SymInt[] pad, Scalar value=0) -> Tensor", family),
    eager::row<pad>(
        "aten::pad(Tensor self, SymInt[] pad, str mode=\"constant\", float? value=None) -> Tensor",
        family),
    eager::row<pad_enum>(
        "aten::_pad_enum(Tensor self, SymInt[] pad, int mode, float? value=None) -> Tensor",
        family),
    eager::row<circular_pad>("aten::_pad_circular(Tensor self, SymInt[] pad) -> Tensor", family),
    eager::row<border_pad<1, Border::reflect>>(
        "aten::reflection_pad1d(Tensor self, SymInt[2] padding) -> Tensor", family),
    eager::row<border_pad<1, Border::replicate>>(
        "aten::replication_pad1d(Tensor self, SymInt[2] padding) -> Tensor", family),
    eager::row<border_pad<2, Border::reflect>>(
        "aten::reflection_pad2d(Tensor self, SymInt[4] padding) -> Tensor", family),
    eager::row<border_pad<2, Border::replicate>>(
        "aten::replication_pad2d(Tensor self, SymInt[4] padding) -> Tensor", family),
    eager::row<border_pad<3, Border::reflect>>(
        "aten::reflection_pad3d(Tensor self, SymInt[6] padding) -> Tensor", family),
    eager::row<border_pad<3, Border::replicate>>(
        "aten::replication_pad3d(Tensor self, SymInt[6] padding) -> Tensor", family),
};

}  // namespace

std::span<const OpRow> pad_rows() { return rows; }

}  // namespace opgauge
