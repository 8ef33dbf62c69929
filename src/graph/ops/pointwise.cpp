// SPDX-License-Identifier: Apache-2.0
// One output element from one element of each operand.
#include "graph/ops/rows.hpp"

namespace opgauge {
namespace {

// A unary op keeps dense strides and makes others contiguous.
std::vector<Result> infer_unary(const Call& call) {
  const TensorType& x = call.tensor("self");
  TensorType out = x;
  out.offset = 0;
  if (!x.is_dense()) out.strides = contiguous_strides(x.sizes);
  return {fresh(std::move(out))};
}

template <int ops_per_element>
Work work_unary(const Call& call) {
  const TensorType& x = call.tensor("self");
  return {0, ops_per_element * x.numel(), x.bytes(), call.output().bytes()};
}

const OpRow rows[] = {
    {"aten::relu(Tensor self) -> Tensor", OpFamily::pointwise, infer_unary, work_unary<1>},
};

}  // namespace

std::span<const OpRow> pointwise_rows() { return rows; }

}  // namespace opgauge
