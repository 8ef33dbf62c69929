// SPDX-License-Identifier: Apache-2.0
// Interpolation onto another grid.
//
// Other ops an output element: nearest 0; (bi-, tri-)linear one product for each of the 2^n corners
// and the sums between them (3, 7, 15); cubic 31 (4 x 4 products and their sums); with antialiasing
// as many products and sums as the widened window has elements; grid sampling the same, and 2 for
// each coordinate.
#include <algorithm>
#include <cmath>

#include "graph/ops/eager.hpp"
#include "graph/ops/rows.hpp"

namespace opgauge {
namespace {

using eager::Run;
using eager::Tensor;
using eager::Tensors;

// Sizes given, or as factors of the input's.
Dims output_size_of(const Run& run, const Tensor& x, size_t spatial, bool factors_allowed) {
  if (x.rank() != static_cast<int64_t>(spatial) + 2) {
    throw run.error("found input of rank " + std::to_string(x.rank()) + ", expected " +
                    std::to_string(spatial + 2));
  }
  Dims sizes;
  if (run.call.has("output_size")) {
    sizes = run.call.ints("output_size");
    if (sizes.size() == 1) sizes.assign(spatial, sizes[0]);
    if (factors_allowed && run.call.has("scale_factors"))
      throw run.error("found both output_size and scale_factors");
  } else if (factors_allowed) {
    const auto* factors = std::get_if<std::vector<double>>(&run.call.argument("scale_factors"));
    if (!factors || factors->size() != spatial)
      throw run.error("expected a scale factor for each dimension");
    for (size_t i = 0; i < spatial; ++i) {
      const double size = static_cast<double>(x.type.sizes[i + 2]) * (*factors)[i];
      if (!(size >= 0 && size < 1e15)) throw run.error("found a scale factor out of range");
      sizes.push_back(static_cast<int64_t>(size));
    }
  }
  if (sizes.size() != spatial)
    throw run.error("expected a size for each of " + std::to_string(spatial) + " dimensions");
  for (size_t i = 0; i < spatial; ++i) {
    if (sizes[i] < 1 || x.type.sizes[i + 2] < 1) throw run.error("found an empty input or output");
  }
  if (x.size(1) < 1) throw run.error("found an input without channels");
  return sizes;
}

enum class Kernel { nearest, linear, cubic };

constexpr int64_t taps_of(Kernel kernel) {
  return kernel == Kernel::nearest ? 1 : kernel == Kernel::linear ? 2 : 4;
}

template <size_t spatial, Kernel kernel, bool vec>
Tensors resample(Run& run) {
  const Tensor x = run.operand(vec ? "input" : "self");
  const Dims size = output_size_of(run, x, spatial, vec);
  Dims sizes = x.type.sizes;
  std::copy(size.begin(), size.end(), sizes.begin() + 2);
  const Tensor y = run.empty(with_format(x.dtype(), sizes, suggested_format(x.type)));
  if (kernel != Kernel::nearest) {
    int64_t taps = 1;
    for (size_t i = 0; i < spatial; ++i) taps *= taps_of(kernel);
    run.work.other_ops += product({2 * taps - 1, y.numel()});
  }
  if (spatial == 2 && kernel != Kernel::cubic) {  // on channels-last copies
    const Tensor input = run.contiguous(x, MemoryFormat::channels_last);
    const bool direct = has_format(y.type, MemoryFormat::channels_last);
    const Tensor turned =
        direct ? y : run.empty(with_format(y.dtype(), sizes, MemoryFormat::channels_last));
    run.read(input);
    run.write(turned);
    if (!direct) run.copy(y, turned);
    return {y};
  }
  // An index and a weight for every output position of a dimension and every tap.
  Tensors tables;
  for (const int64_t length : size) {
    for (int64_t tap = 0; tap < taps_of(kernel); ++tap) {
      tables.push_back(run.empty(Dtype::i64, {length}));
      tables.push_back(run.empty(x.dtype(), {length}));
    }
  }
  run.read(x);
  run.write(y);
  return {y};
}

// Antialiased: one pass for each dimension, the last one first.
template <Kernel kernel, bool vec>
Tensors resample_antialiased(Run& run) {
  const Tensor x = run.operand(vec ? "input" : "self");
  if (x.dtype() != Dtype::f32 && x.dtype() != Dtype::f64 && x.dtype() != Dtype::u8) {
    throw run.error("found input of dtype " + std::string(name_of(x.dtype())) +
                    ", which LibTorch does not support here");
  }
  const Dims size = output_size_of(run, x, 2, vec);
  const MemoryFormat format = suggested_format(x.type);
  const Tensor y =
      run.empty(with_format(x.dtype(), {x.size(0), x.size(1), size[0], size[1]}, format));
  const auto pass = [&](const Tensor& from, const Tensor& to, int64_t in, int64_t out) {
    const double scale = std::max(1.0, static_cast<double>(in) / static_cast<double>(out));
    const int64_t taps =
        2 * static_cast<int64_t>(std::ceil(static_cast<double>(taps_of(kernel)) / 2 * scale)) + 1;
    const Tensor tables = run.empty(Dtype::i64, {4, out}),
                 weights = run.empty(x.dtype(), {out, taps});
    run.read(from);
    run.write(to);
    run.work.other_ops += product({2 * taps - 1, to.numel()});
  };
  const Tensor wide =
      run.empty(with_format(x.dtype(), {x.size(0), x.size(1), x.size(2), size[1]}, format));
  pass(x, wide, x.size(3), size[1]);
  pass(wide, y, x.size(2), size[0]);
  return {y};
}

template <size_t spatial>
Tensors grid_sample(Run& run) {
  const Tensor x = run.operand("input"), grid = run.operand("grid");
  const bool fits = x.rank() == grid.rank() && (x.rank() == 4 || x.rank() == 5) &&
                    (spatial == 0 || x.rank() == static_cast<int64_t>(spatial) + 2) &&
                    x.size(0) == grid.size(0) && grid.size(-1) == x.rank() - 2;
  if (!fits) throw run.error("input and grid do not fit");
  if (x.dtype() != grid.dtype()) throw run.error("input and grid have different dtypes");
  const int64_t mode = run.call.integer("interpolation_mode");
  if (mode < 0 || mode > 2)
    throw run.error("found interpolation_mode " + std::to_string(mode) + ", expected 0 to 2");
  Dims sizes{x.size(0), x.size(1)};
  for (int64_t i = 1; i + 1 < grid.rank(); ++i) sizes.push_back(grid.size(i));
  const Tensor y = run.empty(x.dtype(), sizes);
  run.read(x);
  run.read(grid);
  run.write(y);
  const int64_t taps = mode == 1 ? 1 : mode == 2 ? 16 : int64_t{1} << (x.rank() - 2);
  run.work.other_ops += product({mode == 1 ? 0 : 2 * taps - 1, y.numel()}) + 2 * grid.numel();
  return {y};
}

constexpr OpFamily family = OpFamily::resample;
const OpRow rows[] = {
    eager::row<resample<1, Kernel::nearest, false>>(
        "aten::upsample_nearest1d(Tensor self, SymInt[1] output_size, float? scales=None) -> "
        "Tensor",
        family),
    eager::row<resample<1, Kernel::nearest, true>>(
        "aten::upsample_nearest1d.vec(Tensor input, SymInt[]? output_size, float[]? scale_factors) "
        "-> Tensor",
        family),
    eager::row<resample<2, Kernel::nearest, false>>(
        "aten::upsample_nearest2d(Tensor self, SymInt[2] output_size, float? scales_h=None, float? "
        "scales_w=None) -> Tensor",
        family),
    eager::row<resample<2, Kernel::nearest, true>>(
        "aten::upsample_nearest2d.vec(Tensor input, SymInt[]? output_size, float[]? scale_factors) "
        "-> Tensor",
        family),
    eager::row<resample<3, Kernel::nearest, false>>(
        "aten::upsample_nearest3d(Tensor self, SymInt[3] output_size, float? scales_d=None, float? "
        "scales_h=None, float? scales_w=None) -> Tensor",
        family),
    eager::row<resample<3, Kernel::nearest, true>>(
        "aten::upsample_nearest3d.vec(Tensor input, SymInt[]? output_size, float[]? scale_factors) "
        "-> Tensor",
        family),
    eager::row<resample<1, Kernel::nearest, false>>(
        "aten::_upsample_nearest_exact1d(Tensor self, SymInt[1] output_size, float? scales=None) "
        "-> Tensor",
        family),
    eager::row<resample<1, Kernel::nearest, true>>(
        "aten::_upsample_nearest_exact1d.vec(Tensor input, SymInt[]? output_size, float[]? "
        "scale_factors) -> Tensor",
        family),
    eager::row<resample<2, Kernel::nearest, false>>(
        "aten::_upsample_nearest_exact2d(Tensor self, SymInt[2] output_size, float? scales_h=None, "
        "float? scales_w=None) -> Tensor",
        family),
    eager::row<resample<2, Kernel::nearest, true>>(
        "aten::_upsample_nearest_exact2d.vec(Tensor input, SymInt[]? output_size, float[]? "
        "scale_factors) -> Tensor",
        family),
    eager::row<resample<3, Kernel::nearest, false>>(
        "aten::_upsample_nearest_exact3d(Tensor self, SymInt[3] output_size, float? scales_d=None, "
        "float? scales_h=None, float? scales_w=None) -> Tensor",
        family),
    eager::row<resample<3, Kernel::nearest, true>>(
        "aten::_upsample_nearest_exact3d.vec(Tensor input, SymInt[]? output_size, float[]? "
        "scale_factors) -> Tensor",
        family),
    eager::row<resample<1, Kernel::linear, false>>(
        "aten::upsample_linear1d(Tensor self, SymInt[1] output_size, bool align_corners, float? "
        "scales=None) -> Tensor",
        family),
    eager::row<resample<1, Kernel::linear, true>>(
        "aten::upsample_linear1d.vec(Tensor input, SymInt[]? output_size, bool align_corners, "
        "float[]? scale_factors) -> Tensor",
        family),
    eager::row<resample<2, Kernel::linear, false>>(
        "aten::upsample_bilinear2d(Tensor self, SymInt[2] output_size, bool align_corners, float? "
        "scales_h=None, float? scales_w=None) -> Tensor",
        family),
    eager::row<resample<2, Kernel::linear, true>>(
        "aten::upsample_bilinear2d.vec(Tensor input, SymInt[]? output_size, bool align_corners, "
        "float[]? scale_factors) -> Tensor",
        family),
    eager::row<resample<2, Kernel::cubic, false>>(
        "aten::upsample_bicubic2d(Tensor self, SymInt[2] output_size, bool align_corners, float? "
        "scales_h=None, float? scales_w=None) -> Tensor",
        family),
    eager::row<resample<2, Kernel::cubic, true>>(
        "aten::upsample_bicubic2d.vec(Tensor input, SymInt[]? output_size, bool align_corners, "
        "float[]? scale_factors) -> Tensor",
        family),
    eager::row<resample<3, Kernel::linear, false>>(
        "aten::upsample_trilinear3d(Tensor self, SymInt[3] output_size, bool align_corners, float? "
        "scales_d=None, float? scales_h=None, float? scales_w=None) -> Tensor",
        family),
    eager::row<resample<3, Kernel::linear, true>>(
        "aten::upsample_trilinear3d.vec(Tensor input, SymInt[]? output_size, bool align_corners, "
        "float[]? scale_factors) -> Tensor",
        family),
    eager::row<resample_antialiased<Kernel::linear, false>>(
        "aten::_upsample_bilinear2d_aa(Tensor self, SymInt[2] output_size, bool align_corners, "
        "float? scales_h=None, float? scales_w=None) -> Tensor",
        family),
    eager::row<resample_antialiased<Kernel::linear, true>>(
        "aten::_upsample_bilinear2d_aa.vec(Tensor input, SymInt[]? output_size, bool "
        "align_corners, float[]? scale_factors) -> Tensor",
        family),
    eager::row<resample_antialiased<Kernel::cubic, false>>(
        "aten::_upsample_bicubic2d_aa(Tensor self, SymInt[2] output_size, bool align_corners, "
        "float? scales_h=None, float? scales_w=None) -> Tensor",
        family),
    eager::row<resample_antialiased<Kernel::cubic, true>>(
        "aten::_upsample_bicubic2d_aa.vec(Tensor input, SymInt[]? output_size, bool align_corners, "
        "float[]? scale_factors) -> Tensor",
        family),
    eager::row<grid_sample<0>>(
        "aten::grid_sampler(Tensor input, Tensor grid, int interpolation_mode, int padding_mode, "
        "bool align_corners) -> Tensor",
        family),
    eager::row<grid_sample<2>>(
        "aten::grid_sampler_2d(Tensor input, Tensor grid, int interpolation_mode, int "
        "padding_mode, bool align_corners) -> Tensor",
        family),
    eager::row<grid_sample<3>>(
        "aten::grid_sampler_3d(Tensor input, Tensor grid, int interpolation_mode, int "
        "padding_mode, bool align_corners) -> Tensor",
        family),
};

}  // namespace

std::span<const OpRow> resample_rows() { return rows; }

}  // namespace opgauge
