// SPDX-License-Identifier: Apache-2.0
// What ATen's TensorIterator does with the operands of an elementwise kernel: the common shape and
// dtype, the strides of a fresh output, and the copies it makes of operands that have another
// dtype.
//
//   f32[8,1]{1,8} + bf16[8]   ->   f32[8,8], and a temporary f32[8]
#pragma once

#include <optional>
#include <span>

#include "graph/op_table.hpp"

namespace opgauge {

// c10::promoteTypes.
Dtype promote(Dtype a, Dtype b);

struct Operand {
  TensorType type;
  bool number = false;  // a Python number: a 0-d tensor that does not raise the dtype of tensors of
                        // its category
};
// A number as ATen wraps it: bool, i64 or f64.
Operand number_operand(const Argument& number);
// at::result_type: tensors with dimensions before 0-d tensors before numbers.
Dtype result_dtype(std::span<const Operand> operands);

enum class Promotion : uint8_t {
  common,        // the operands' common dtype
  floating,      // the same, but f32 where that is integral
  boolean,       // computed in the common dtype, the result is bool
  boolean_each,  // every operand in its own dtype, the result is bool
  strict,        // all operands have one dtype already
};

struct Iteration {
  TensorType output;
  Dtype common = Dtype::f32;              // what the kernel computes in
  std::vector<TensorType> casts;          // temporaries of inputs
  std::optional<TensorType> output_cast;  // temporary of an output written in place
  int64_t read_bytes = 0, write_bytes = 0;
  int64_t cast_bytes() const;
};

// `in_place`: the tensor that is the output (and is among the operands if the kernel reads it).
Iteration iterate(const Call& call, std::span<const Operand> operands, Promotion promotion,
                  const TensorType* in_place = nullptr);

// Strides of a fresh output over operands that broadcast to `shape`.
Dims iteration_strides(const Dims& shape, const std::vector<TensorType>& operands);

// The loops of a kernel over `operands`, of which the first is its output: dimensions in the order of iteration, made one where all
// operands allow it (TensorIteratorBase::reorder_dimensions, coalesce_dimensions).
struct InnerLoop {
  int64_t elements = 1;    // one loop takes
  bool vectorized = true;  // neighbours in every operand, or one element that stays in one of them (cpu/Loops.h, VectorizedLoop2d)
};
InnerLoop inner_loop(const Dims& shape, const std::vector<TensorType>& operands);

// Bytes of the distinct elements behind a tensor: an expanded dimension counts once.
int64_t touched_bytes(const TensorType& type);

}  // namespace opgauge
