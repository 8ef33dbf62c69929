// SPDX-License-Identifier: Apache-2.0
// The rule of elementwise rows, so that a row is one line:
//
//   elementwise<Promotion::floating, 1>("aten::exp(Tensor self) -> Tensor")
//
// Operands are all tensor arguments and the numbers called `self` or `other` (ATen wraps those into
// 0-d tensors of their own). A written argument makes the call in place. The second template
// argument is the number of arithmetic operations per output element: each arithmetic operator,
// comparison and elementary function of the definition is one; choosing between values, negating a
// condition and casting are none.
#pragma once

#include "graph/ops/iterator.hpp"

namespace opgauge {

struct Elementwise {
  std::vector<Operand> operands;
  ValueId written = no_value;
  int64_t number_bytes = 0;  // what wrapping the numbers allocates
};
Elementwise elementwise_operands(const Call& call);

// Results and bytes of one iteration over `operands`.
Iteration elementwise_iteration(const Call& call, Promotion promotion);

template <Promotion promotion>
std::vector<Result> infer_elementwise(const Call& call) {
  return {{elementwise_iteration(call, promotion).output, elementwise_operands(call).written}};
}
template <Promotion promotion, int operations>
Work work_elementwise(const Call& call) {
  const Iteration it = elementwise_iteration(call, promotion);
  return {0, operations * it.output.numel(), it.read_bytes, it.write_bytes};
}
template <Promotion promotion>
int64_t scratch_elementwise(const Call& call) {
  return elementwise_iteration(call, promotion).cast_bytes() +
         elementwise_operands(call).number_bytes;
}

template <Promotion promotion, int operations>
constexpr OpRow elementwise(std::string_view schema) {
  return {schema, OpFamily::pointwise, infer_elementwise<promotion>,
          work_elementwise<promotion, operations>, scratch_elementwise<promotion>};
}

}  // namespace opgauge
