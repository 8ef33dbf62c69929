// SPDX-License-Identifier: Apache-2.0
// Complex numbers, as far as models use them for rotations: made from and taken apart into real
// tensors.
#include "graph/ops/elementwise.hpp"
#include "graph/ops/rows.hpp"
#include "graph/ops/strides.hpp"

namespace opgauge {
namespace {

// aten::complex from parts, aten::polar from length and angle.
Iteration iterate_parts(const Call& call, const char* first, const char* second) {
  const TensorType &a = call.tensor(first), &b = call.tensor(second);
  if (a.dtype != Dtype::f32 || b.dtype != Dtype::f32)
    throw call.error("expected two tensors of dtype f32");
  const Operand both[] = {{a}, {b}};
  Iteration it = iterate(call, both, Promotion::strict);
  it.output.dtype = Dtype::c64;
  it.write_bytes = it.output.bytes();
  return it;
}
std::vector<Result> infer_complex(const Call& call) {
  return {fresh(iterate_parts(call, "real", "imag").output)};
}
Work work_complex(const Call& call) {
  const Iteration it = iterate_parts(call, "real", "imag");
  return {0, 0, it.read_bytes, it.write_bytes};
}
std::vector<Result> infer_polar(const Call& call) {
  return {fresh(iterate_parts(call, "abs", "angle").output)};
}
Work work_polar(const Call& call) {
  const Iteration it = iterate_parts(call, "abs", "angle");
  return {0, 4 * it.output.numel(), it.read_bytes, it.write_bytes};
}

// Views of one part; a real tensor is its own real part.
template <int part>
std::vector<Result> infer_part(const Call& call) {
  TensorType x = call.tensor("self");
  if (x.dtype == Dtype::c64) {
    x.dtype = Dtype::f32;
    for (int64_t& stride : x.strides) stride *= 2;
    x.offset = 2 * x.offset + part;
  } else if (part == 1) {
    throw call.error("expected a complex tensor");
  }
  return {{std::move(x), call.value("self")}};
}
Work no_work(const Call&) { return {}; }

// aten::abs: of complex numbers it is real, and computed as complex numbers first.
std::vector<Result> infer_abs(const Call& call) {
  const TensorType& x = call.tensor("self");
  if (x.dtype != Dtype::c64) return infer_elementwise<Promotion::common>(call);
  return {fresh(like(x, Dtype::f32, MemoryFormat::preserve))};
}
Work work_abs(const Call& call) {
  const TensorType& x = call.tensor("self");
  if (x.dtype != Dtype::c64) return work_elementwise<Promotion::common, 1>(call);
  return {0, 4 * x.numel(), touched_bytes(x) + x.bytes(), x.bytes() + call.output().bytes()};
}
int64_t scratch_abs(const Call& call) {
  const TensorType& x = call.tensor("self");
  return x.dtype == Dtype::c64 ? x.bytes() : 0;
}

const OpRow rows[] = {
    {"aten::complex(Tensor real, Tensor imag) -> Tensor", OpFamily::pointwise, infer_complex,
     work_complex},
    {"aten::polar(Tensor abs, Tensor angle) -> Tensor", OpFamily::pointwise, infer_polar,
     work_polar},
    {"aten::real(Tensor(a) self) -> Tensor(a)", OpFamily::view, infer_part<0>, no_work},
    {"aten::imag(Tensor(a) self) -> Tensor(a)", OpFamily::view, infer_part<1>, no_work},
    {"aten::abs(Tensor self) -> Tensor", OpFamily::pointwise, infer_abs, work_abs, scratch_abs},
    {"aten::absolute(Tensor self) -> Tensor", OpFamily::pointwise, infer_abs, work_abs,
     scratch_abs},
};

}  // namespace

std::span<const OpRow> complex_rows() { return rows; }

}  // namespace opgauge
