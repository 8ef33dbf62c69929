// SPDX-License-Identifier: Apache-2.0
// Convolutions: batched or not, padded by numbers or by name, transposed.
#include "graph/ops/convolution.hpp"

#include <algorithm>

#include "graph/ops/rows.hpp"

namespace opgauge {
namespace {

using eager::Run;
using eager::Tensor;
using eager::Tensors;
using eager::Window;

Window window_of(const Run& run) {
  Window window;
  window.stride = run.call.ints("stride");
  window.dilation = run.call.ints("dilation");
  window.groups = run.call.integer("groups");
  return window;
}

// Runs on a batch of one where the input has no batch dimension.
template <int spatial, class Convolve>
Tensors batched(Run& run, const Convolve& convolve) {
  Tensor x = run.operand("input");
  const bool single = x.rank() == spatial + 1;
  if (!single && x.rank() != spatial + 2) {
    throw run.error("found input of rank " + std::to_string(x.rank()) + ", expected " +
                    std::to_string(spatial + 1) + " or " + std::to_string(spatial + 2));
  }
  if (single) x = run.unsqueeze(x, 0);
  const Tensor y = convolve(x);
  return {single ? run.squeeze(y, 0) : y};
}

template <int spatial>
Tensors conv(Run& run) {
  return batched<spatial>(run, [&](const Tensor& x) {
    Window window = window_of(run);
    window.padding = run.call.ints("padding");
    return eager::convolution(run, x, run.operand("weight"), run.operand("bias"), window);
  });
}

template <int spatial>
Tensors conv_transpose(Run& run) {
  return batched<spatial>(run, [&](const Tensor& x) {
    Window window = window_of(run);
    window.padding = run.call.ints("padding");
    window.output_padding = run.call.ints("output_padding");
    window.transposed = true;
    return eager::convolution(run, x, run.operand("weight"), run.operand("bias"), window);
  });
}

// padding="valid" or "same"; "same" pads one side more where the total is odd, by a copy of the
// input.
template <int spatial>
Tensors conv_named_padding(Run& run) {
  const std::string& name = run.call.text("padding");
  if (name != "valid" && name != "same")
    throw run.error("found padding \"" + name + "\", expected same or valid");
  return batched<spatial>(run, [&](Tensor x) {
    Window window = window_of(run);
    const Tensor w = run.operand("weight");
    if (name == "same") {
      if (w.rank() != spatial + 2)
        throw run.error("expected weight of rank " + std::to_string(spatial + 2));
      Dims sizes = x.type.sizes;
      bool uneven = false;
      for (size_t i = 0; i < static_cast<size_t>(spatial); ++i) {
        const auto at = [&](const Dims& dims) {
          return dims.empty() ? 1 : dims[std::min(i, dims.size() - 1)];
        };
        if (at(window.stride) != 1)
          throw run.error("padding=\"same\" is not for strided convolutions");
        const int64_t total = at(window.dilation) * (w.type.sizes[i + 2] - 1);
        if (total < 0) throw run.error("kernel has no elements");
        window.padding.push_back(total / 2);
        if (total % 2 != 0) {
          uneven = true;
          sizes[i + 2] += 1;
        }
      }
      if (uneven) {
        Tensor padded = run.empty(with_format(x.dtype(), sizes, suggested_format(x.type)));
        run.fill(padded);
        run.read(x);
        run.work.write_bytes += x.bytes();
        x = padded;
      }
    }
    return eager::convolution(run, x, w, run.operand("bias"), window);
  });
}

Tensors convolution(Run& run) {
  Window window = window_of(run);
  window.padding = run.call.ints("padding");
  window.output_padding = run.call.ints("output_padding");
  window.transposed = run.call.flag("transposed");
  return {eager::convolution(run, run.operand("input"), run.operand("weight"), run.operand("bias"),
                             window)};
}

constexpr OpFamily family = OpFamily::convolution;
const OpRow rows[] = {
    eager::row<conv<1>>("aten::conv1d(Tensor input, Tensor weight, Tensor? bias=None, SymInt[1] "
                        "stride=[1], SymInt[1] "
                        "padding=[0], SymInt[1] dilation=[1], SymInt groups=1) -> Tensor",
                        family),
    eager::row<conv<2>>(
        "aten::conv2d(Tensor input, Tensor weight, Tensor? bias=None, SymInt[2] stride=[1, 1], "
        "SymInt[2] padding=[0, 0], SymInt[2] dilation=[1, 1], SymInt groups=1) -> Tensor",
        family),
    eager::row<conv<3>>(
        "aten::conv3d(Tensor input, Tensor weight, Tensor? bias=None, SymInt[3] stride=[1, 1, 1], "
        "SymInt[3] padding=[0, 0, 0], SymInt[3] dilation=[1, 1, 1], SymInt groups=1) -> Tensor",
        family),
    eager::row<conv_named_padding<1>>(
        "aten::conv1d.padding(Tensor input, Tensor weight, Tensor? bias=None, SymInt[1] "
        "stride=[1], str "
        "padding=\"valid\", SymInt[1] dilation=[1], SymInt groups=1) -> Tensor",
        family),
    eager::row<conv_named_padding<2>>(
        "aten::conv2d.padding(Tensor input, Tensor weight, Tensor? bias=None, SymInt[2] stride=[1, "
        "1], str "
        "padding=\"valid\", SymInt[2] dilation=[1, 1], SymInt groups=1) -> Tensor",
        family),
    eager::row<conv_named_padding<3>>(
        "aten::conv3d.padding(Tensor input, Tensor weight, Tensor? bias=None, SymInt[3] stride=[1, "
        "1, 1], str "
        "padding=\"valid\", SymInt[3] dilation=[1, 1, 1], SymInt groups=1) -> Tensor",
        family),
    eager::row<conv_transpose<1>>("aten::conv_transpose1d(Tensor input, Tensor weight, Tensor? "
                                  "bias=None, SymInt[1] stride=[1], SymInt[1] "
                                  "padding=[0], SymInt[1] output_padding=[0], SymInt groups=1, "
                                  "SymInt[1] dilation=[1]) -> Tensor",
                                  family),
    eager::row<conv_transpose<2>>("aten::conv_transpose2d.input(Tensor input, Tensor weight, "
                                  "Tensor? bias=None, SymInt[2] stride=[1, 1], "
                                  "SymInt[2] padding=[0, 0], SymInt[2] output_padding=[0, 0], "
                                  "SymInt groups=1, SymInt[2] dilation=[1, 1]) -> "
                                  "Tensor",
                                  family),
    eager::row<conv_transpose<3>>("aten::conv_transpose3d.input(Tensor input, Tensor weight, "
                                  "Tensor? bias=None, SymInt[3] stride=[1, 1, 1], "
                                  "SymInt[3] padding=[0, 0, 0], SymInt[3] output_padding=[0, 0, "
                                  "0], SymInt groups=1, SymInt[3] dilation=[1, 1, "
                                  "1]) -> Tensor",
                                  family),
    eager::row<convolution>(
        "aten::convolution(Tensor input, Tensor weight, Tensor? bias, SymInt[] stride, SymInt[] "
        "padding, SymInt[] "
        "dilation, bool transposed, SymInt[] output_padding, SymInt groups) -> Tensor",
        family),
    eager::row<convolution>("aten::_convolution(Tensor input, Tensor weight, Tensor? bias, "
                            "SymInt[] stride, SymInt[] padding, SymInt[] "
                            "dilation, bool transposed, SymInt[] output_padding, SymInt groups, "
                            "bool benchmark, bool deterministic, bool "
                            "cudnn_enabled, bool allow_tf32) -> Tensor",
                            family),
};

}  // namespace

std::span<const OpRow> convolution_rows() { return rows; }

}  // namespace opgauge
