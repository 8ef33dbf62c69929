// SPDX-License-Identifier: Apache-2.0
// Expressions of symbolic sizes, as an exported program writes them: sympy's srepr in current
// files, its infix form in older ones. They are evaluated while they are read; no tree is built.
//
//   Mul(Integer(2), FloorDiv(Symbol('s77', positive=True, integer=True), Integer(4))) (s0//4)*2 +
//   Mod(s0, 3)
#pragma once

#include <functional>
#include <string_view>
#include <vector>

#include "import/scalars.hpp"

namespace opgauge {

using SymbolValue = std::function<Scalar(std::string_view symbol)>;

// Throws Error, with the position, for text that is not such an expression, an unknown function,
// infinity or NaN, and what arithmetic refuses. Nesting deeper than 200 is refused.
Scalar evaluate_expression(std::string_view text, const SymbolValue& value_of);

// The symbols that occur, each once, in order.
std::vector<std::string_view> symbols_of(std::string_view text);

}  // namespace opgauge
