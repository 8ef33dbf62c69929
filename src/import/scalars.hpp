// SPDX-License-Identifier: Apache-2.0
// Numbers that an exported program computes beside its tensors (sizes, scale factors, conditions),
// and the functions on them. One table serves both places where they occur: expressions of sizes
// (`FloorDiv(Symbol('s77'), Integer(2))`) and nodes (`_operator.floordiv`). Python's rules: floor
// division, the sign of % from the right, bool is 0 or 1.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>

namespace opgauge {

using Scalar = std::variant<int64_t, double, bool>;

std::string print_scalar(const Scalar& value);

bool is_scalar_function(std::string_view name);
// Throws Error for a wrong number of operands, a division by zero, a result outside 64 bits or not
// a number.
Scalar apply_scalar_function(std::string_view name, std::span<const Scalar> operands);

double to_double(const Scalar& value);
bool to_condition(const Scalar& value);
// A whole number; 8.0 counts as one. Throws Error for 8.5, infinity and what does not fit.
int64_t to_whole(const Scalar& value);

}  // namespace opgauge
