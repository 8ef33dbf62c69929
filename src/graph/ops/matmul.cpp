// SPDX-License-Identifier: Apache-2.0
// Matrix products.
#include "graph/ops/rows.hpp"

namespace opgauge {
namespace {

std::vector<Result> infer_linear(const Call& call) {
  const TensorType& x = call.tensor("input");
  const TensorType& w = call.tensor("weight");
  if (x.rank() < 1 || w.rank() != 2) throw call.error("expected input of rank >= 1 and weight of rank 2");
  if (x.sizes.back() != w.sizes[1]) {
    throw call.error("input has " + std::to_string(x.sizes.back()) + " features, weight expects " +
                     std::to_string(w.sizes[1]));
  }
  if (x.dtype != w.dtype) throw call.error("input and weight have different dtypes");
  Dims sizes = x.sizes;
  sizes.back() = w.sizes[0];
  return {fresh(x.dtype, std::move(sizes))};
}

Work work_linear(const Call& call) {
  const TensorType& x = call.tensor("input");
  const TensorType& w = call.tensor("weight");
  const TensorType& y = call.output();
  Work work;
  work.macs = y.numel() * w.sizes[1];
  work.read_bytes = x.bytes() + w.bytes();
  work.write_bytes = y.bytes();
  if (const TensorType* bias = call.optional_tensor("bias")) {
    work.other_ops = y.numel();
    work.read_bytes += bias->bytes();
  }
  return work;
}

const OpRow rows[] = {
    {"aten::linear(Tensor input, Tensor weight, Tensor? bias=None) -> Tensor", OpFamily::matmul,
     infer_linear, work_linear},
};

}  // namespace

std::span<const OpRow> matmul_rows() { return rows; }

}  // namespace opgauge
