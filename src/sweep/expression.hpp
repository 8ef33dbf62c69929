// SPDX-License-Identifier: Apache-2.0
// Small formulas over a configuration's parameters, for constraints and text templates of sweep
// files:
//
//   in_channels % groups == 0 && kernel <= image
//   len(hidden_dims) > 1 || kind == 'wide'
//
// Whole numbers (64 bit, overflow and division by zero are errors), 'texts' (== and != only), || &&
// == != < <= > >=
// + - * / % unary - ! and parentheses, with C's precedence; len(list) and max(list).
#pragma once

#include <string>
#include <string_view>

#include "base/json.hpp"

namespace opgauge {

// Value of `text` with names looked up in the object `parameters`: a whole number or a text. Throws
// Error with the position: unknown name, wrong kind of value, malformed formula.
Json evaluate(std::string_view text, const Json& parameters);
// The same as a condition: the number is not 0.
bool holds(std::string_view text, const Json& parameters);

// Replaces each {formula} in `text`; lists of numbers are written with '-' between ("512-512").
// `{{` is a brace.
std::string fill_in(std::string_view text, const Json& parameters);

}  // namespace opgauge
