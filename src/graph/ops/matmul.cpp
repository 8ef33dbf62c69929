// SPDX-License-Identifier: Apache-2.0
// Matrix products.
#include "graph/ops/products.hpp"
#include "graph/ops/rows.hpp"

namespace opgauge {
namespace {

using eager::Run;
using eager::Tensors;

Tensors linear(Run& run) {
  return {eager::linear(run, run.operand("input"), run.operand("weight"), run.operand("bias"))};
}
Tensors matmul(Run& run) { return {eager::matmul(run, run.operand("self"), run.operand("other"))}; }
Tensors mm(Run& run) { return {eager::mm(run, run.operand("self"), run.operand("mat2"))}; }
Tensors bmm(Run& run) { return {eager::bmm(run, run.operand("self"), run.operand("mat2"))}; }
Tensors addmm(Run& run) {
  return {eager::addmm(run, run.operand("self"), run.operand("mat1"), run.operand("mat2"),
                       run.call.number("beta"))};
}
Tensors baddbmm(Run& run) {
  return {eager::baddbmm(run, run.operand("self"), run.operand("batch1"), run.operand("batch2"),
                         run.call.number("beta"))};
}
Tensors mv(Run& run) { return {eager::mv(run, run.operand("self"), run.operand("vec"))}; }
Tensors addmv(Run& run) {
  return {eager::addmv(run, run.operand("self"), run.operand("mat"), run.operand("vec"),
                       run.call.number("beta"))};
}
Tensors dot(Run& run) { return {eager::dot(run, run.operand("self"), run.operand("tensor"))}; }
Tensors outer(Run& run) {
  const eager::Tensor a = run.operand("self"), b = run.operand("vec2");
  if (a.rank() != 1 || b.rank() != 1) throw run.error("expected two vectors");
  return {run.pointwise({run.reshape(a, {a.size(0), 1}), b}, 1)};
}

const OpRow rows[] = {
    eager::row<linear>("aten::linear(Tensor input, Tensor weight, Tensor? bias=None) -> Tensor",
                       OpFamily::matmul),
    eager::row<matmul>("aten::matmul(Tensor self, Tensor other) -> Tensor", OpFamily::matmul),
    eager::row<mm>("aten::mm(Tensor self, Tensor mat2) -> Tensor", OpFamily::matmul),
    eager::row<bmm>("aten::bmm(Tensor self, Tensor mat2) -> Tensor", OpFamily::matmul),
    eager::row<addmm>("aten::addmm(Tensor self, Tensor mat1, Tensor mat2, *, Scalar beta=1, Scalar "
                      "alpha=1) -> Tensor",
                      OpFamily::matmul),
    eager::row<baddbmm>("aten::baddbmm(Tensor self, Tensor batch1, Tensor batch2, *, Scalar "
                        "beta=1, Scalar alpha=1) -> Tensor",
                        OpFamily::matmul),
    eager::row<mv>("aten::mv(Tensor self, Tensor vec) -> Tensor", OpFamily::matmul),
    eager::row<addmv>("aten::addmv(Tensor self, Tensor mat, Tensor vec, *, Scalar beta=1, Scalar "
                      "alpha=1) -> Tensor",
                      OpFamily::matmul),
    eager::row<dot>("aten::dot(Tensor self, Tensor tensor) -> Tensor", OpFamily::matmul),
    eager::row<outer>("aten::outer(Tensor self, Tensor vec2) -> Tensor", OpFamily::matmul),
};

}  // namespace

std::span<const OpRow> matmul_rows() { return rows; }

}  // namespace opgauge
