// SPDX-License-Identifier: Apache-2.0
// Softmax and its logarithm. Other ops: 5 an element (maximum, difference, exponential, sum,
// quotient or difference).
#include "graph/ops/eager.hpp"
#include "graph/ops/rows.hpp"

namespace opgauge {
namespace {

using eager::Run;
using eager::Tensor;
using eager::Tensors;

Tensor along(Run& run, const Tensor& x, int64_t dim) {
  if (!is_floating(x.dtype()))
    throw run.error("found input of dtype " + std::string(name_of(x.dtype())));
  wrap_dim(run.call, dim, x.rank());
  const Tensor input = run.contiguous(x);
  const Tensor y = run.empty(x.dtype(), x.type.sizes);
  run.read(input);
  run.write(y);
  run.work.other_ops += 5 * x.numel();
  return y;
}

Tensors softmax_converted(Run& run) {
  const Tensor x = run.operand("self");
  const std::optional<Dtype> dtype = run.call.dtype("dtype");
  return {along(run, dtype ? run.to(x, *dtype) : x, run.call.integer("dim"))};
}
Tensors softmax(Run& run) {
  if (run.call.flag("half_to_float")) throw run.error("half_to_float is for CUDA only");
  return {along(run, run.operand("self"), run.call.integer("dim"))};
}

constexpr OpFamily family = OpFamily::softmax;
const OpRow rows[] = {
    eager::row<softmax_converted>(
        "aten::softmax.int(Tensor self, int dim, ScalarType? dtype=None) -> Tensor", family),
    eager::row<softmax_converted>(
        "aten::log_softmax.int(Tensor self, int dim, ScalarType? dtype=None) -> Tensor", family),
    eager::row<softmax>("aten::_softmax(Tensor self, int dim, bool half_to_float) -> Tensor",
                        family),
    eager::row<softmax>("aten::_log_softmax(Tensor self, int dim, bool half_to_float) -> Tensor",
                        family),
};

}  // namespace

std::span<const OpRow> softmax_rows() { return rows; }

}  // namespace opgauge
