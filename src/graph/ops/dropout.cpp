// SPDX-License-Identifier: Apache-2.0
// Dropout in its forms. At inference nothing happens: the result is the input. In training a mask
// is drawn and applied. Other ops in training: 1 an element (the product with the mask), 2 with an
// added constant (alpha dropout).
#include <algorithm>

#include "graph/ops/eager.hpp"
#include "graph/ops/rows.hpp"

namespace opgauge {
namespace {

using eager::Run;
using eager::Tensor;
using eager::Tensors;

enum class Mask { element, feature };

template <Mask mask, bool alpha, bool in_place>
Tensors dropout(Run& run) {
  const Tensor x = run.operand(in_place ? "self" : "input");
  const double p = run.call.number("p");
  if (!(p >= 0 && p <= 1)) throw run.error("found p " + std::to_string(p) + ", expected 0 to 1");
  if (p == 0 || !run.call.flag("train") || x.numel() == 0) return {x};
  if (!is_floating(x.dtype()))
    throw run.error("found input of dtype " + std::string(name_of(x.dtype())));
  if (mask == Mask::feature && x.rank() < 2) throw run.error("expected input of rank 2 or more");
  const auto product_with = [&](const Tensor& noise) -> Tensor {
    if (!in_place) return run.pointwise({x, noise}, 1);
    run.in_place(x, {noise}, 1);
    return x;
  };
  if (p == 1) return {product_with(run.empty(x.dtype(), {}))};
  Dims sizes = x.type.sizes;
  if (mask == Mask::feature) std::fill(sizes.begin() + 2, sizes.end(), 1);
  const Tensor noise =
      run.empty(mask == Mask::feature ? TensorType(x.dtype(), sizes)
                                      : like(x.type, x.dtype(), MemoryFormat::preserve));
  run.fill(noise);
  if (!alpha) {
    run.in_place_number(noise, 1);
    return {product_with(noise)};
  }
  const Tensor shift = run.pointwise_number(noise, 1);
  run.in_place_number(shift, 1);
  run.in_place_number(shift, 1);
  run.in_place_number(noise, 1);
  const Tensor y = product_with(noise);
  run.in_place(y, {shift}, 1);
  return {y};
}

// The product, and the mask as bool.
Tensors native_dropout(Run& run) {
  const Tensor x = run.operand("input");
  const double p = run.call.number("p");
  if (!(p >= 0 && p <= 1)) throw run.error("found p " + std::to_string(p) + ", expected 0 to 1");
  if (!is_floating(x.dtype()))
    throw run.error("found input of dtype " + std::string(name_of(x.dtype())));
  const Tensor mask = run.empty(like(x.type, Dtype::boolean, MemoryFormat::preserve));
  run.fill(mask);
  if (run.call.has("train") && !run.call.flag("train")) return {run.clone(x), mask};
  const Tensor y = run.pointwise({x, mask}, 1);
  run.in_place_number(y, 1);
  return {y, mask};
}

constexpr OpFamily family = OpFamily::pointwise;
const OpRow rows[] = {
    eager::row<dropout<Mask::element, false, false>>(
        "aten::dropout(Tensor input, float p, bool train) -> Tensor", family),
    eager::row<dropout<Mask::element, false, true>>(
        "aten::dropout_(Tensor(a!) self, float p, bool train) -> Tensor(a!)", family),
    eager::row<dropout<Mask::feature, false, false>>(
        "aten::feature_dropout(Tensor input, float p, bool train) -> Tensor", family),
    eager::row<dropout<Mask::feature, false, true>>(
        "aten::feature_dropout_(Tensor(a!) self, float p, bool train) -> Tensor(a!)", family),
    eager::row<dropout<Mask::element, true, false>>(
        "aten::alpha_dropout(Tensor input, float p, bool train) -> Tensor", family),
    eager::row<dropout<Mask::element, true, true>>(
        "aten::alpha_dropout_(Tensor(a!) self, float p, bool train) -> Tensor(a!)", family),
    eager::row<dropout<Mask::feature, true, false>>(
        "aten::feature_alpha_dropout(Tensor input, float p, bool train) -> Tensor", family),
    eager::row<dropout<Mask::feature, true, true>>(
        "aten::feature_alpha_dropout_(Tensor(a!) self, float p, bool train) -> Tensor(a!)", family),
    eager::row<native_dropout>(
        "aten::native_dropout(Tensor input, float p, bool? train) -> (Tensor, Tensor)", family),
};

}  // namespace

std::span<const OpRow> dropout_rows() { return rows; }

}  // namespace opgauge
