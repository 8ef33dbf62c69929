// SPDX-License-Identifier: Apache-2.0
#include "import/scalars.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <unordered_map>

#include "base/error.hpp"

namespace opgauge {
namespace {

using Operands = std::span<const Scalar>;

bool is_real(const Scalar& value) { return std::holds_alternative<double>(value); }
int64_t whole_of(const Scalar& value) {  // not of a double
  if (const auto* flag = std::get_if<bool>(&value)) return *flag ? 1 : 0;
  return std::get<int64_t>(value);
}
bool any_real(Operands x) { return std::any_of(x.begin(), x.end(), is_real); }
bool all_flags(Operands x) {
  return std::all_of(x.begin(), x.end(),
                     [](const Scalar& one) { return std::holds_alternative<bool>(one); });
}

[[noreturn]] void too_large() { throw Error("", "a computed size does not fit 64 bits"); }
[[noreturn]] void division_by_zero() { throw Error("", "a computed size divides by zero"); }

int64_t checked_multiply(int64_t a, int64_t b) {
  int64_t result = 0;
  if (__builtin_mul_overflow(a, b, &result)) too_large();
  return result;
}
int64_t checked_add(int64_t a, int64_t b) {
  int64_t result = 0;
  if (__builtin_add_overflow(a, b, &result)) too_large();
  return result;
}
int64_t checked_subtract(int64_t a, int64_t b) {
  int64_t result = 0;
  if (__builtin_sub_overflow(a, b, &result)) too_large();
  return result;
}
int64_t floor_divide(int64_t a, int64_t b) {
  if (b == 0) division_by_zero();
  if (b == -1) return checked_subtract(0, a);
  const int64_t quotient = a / b;
  return quotient - ((a % b != 0 && (a < 0) != (b < 0)) ? 1 : 0);
}
int64_t floor_remainder(int64_t a, int64_t b) {
  if (b == 0) division_by_zero();
  if (b == -1) return 0;
  const int64_t rest = a % b;
  return rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest;
}

int64_t whole_from(double value) {
  if (!(std::fabs(value) < 9.2e18))
    throw Error("", "found the size " + print_scalar(value) + ", expected a whole number");
  return static_cast<int64_t>(value);
}

Scalar add(Operands x) {
  if (any_real(x)) {
    double sum = 0;
    for (const Scalar& one : x) sum += to_double(one);
    return sum;
  }
  int64_t sum = 0;
  for (const Scalar& one : x) sum = checked_add(sum, whole_of(one));
  return sum;
}
Scalar multiply(Operands x) {
  if (any_real(x)) {
    double result = 1;
    for (const Scalar& one : x) result *= to_double(one);
    return result;
  }
  int64_t result = 1;
  for (const Scalar& one : x) result = checked_multiply(result, whole_of(one));
  return result;
}
Scalar subtract(Operands x) {
  if (any_real(x)) return to_double(x[0]) - to_double(x[1]);
  return checked_subtract(whole_of(x[0]), whole_of(x[1]));
}
Scalar negate(Operands x) {
  if (is_real(x[0])) return -std::get<double>(x[0]);
  return checked_subtract(0, whole_of(x[0]));
}
Scalar absolute(Operands x) {
  if (is_real(x[0])) return std::fabs(std::get<double>(x[0]));
  const int64_t value = whole_of(x[0]);
  return value < 0 ? checked_subtract(0, value) : value;
}
Scalar same(Operands x) { return x[0]; }
Scalar floor_division(Operands x) {
  if (any_real(x)) {
    if (to_double(x[1]) == 0) division_by_zero();
    return std::floor(to_double(x[0]) / to_double(x[1]));
  }
  return floor_divide(whole_of(x[0]), whole_of(x[1]));
}
Scalar true_division(Operands x) {
  if (to_double(x[1]) == 0) division_by_zero();
  return to_double(x[0]) / to_double(x[1]);
}
Scalar remainder_of(Operands x) {
  if (any_real(x)) {
    const double a = to_double(x[0]), b = to_double(x[1]);
    if (b == 0) division_by_zero();
    return a - b * std::floor(a / b);
  }
  return floor_remainder(whole_of(x[0]), whole_of(x[1]));
}
Scalar modular_indexing(Operands x) {  // (a // b) % c
  return floor_remainder(floor_divide(to_whole(x[0]), to_whole(x[1])), to_whole(x[2]));
}
Scalar power(Operands x) {
  if (any_real(x) || whole_of(x[1]) < 0) {
    if (to_double(x[0]) == 0 && to_double(x[1]) < 0) division_by_zero();
    return std::pow(to_double(x[0]), to_double(x[1]));
  }
  int64_t base = whole_of(x[0]), exponent = whole_of(x[1]), result = 1;
  if (base == 0 || base == 1) return exponent == 0 ? int64_t{1} : base;
  if (base == -1) return exponent % 2 == 0 ? int64_t{1} : int64_t{-1};
  for (; exponent > 0; --exponent)
    result = checked_multiply(result, base);  // overflows within 63 steps
  return result;
}
Scalar float_power(Operands x) { return std::pow(to_double(x[0]), to_double(x[1])); }

int compare(const Scalar& a, const Scalar& b) {
  if (is_real(a) || is_real(b))
    return to_double(a) < to_double(b) ? -1 : to_double(a) > to_double(b) ? 1 : 0;
  return whole_of(a) < whole_of(b) ? -1 : whole_of(a) > whole_of(b) ? 1 : 0;
}
Scalar largest(Operands x) {
  return *std::max_element(x.begin(), x.end(),
                           [](const Scalar& a, const Scalar& b) { return compare(a, b) < 0; });
}
Scalar smallest(Operands x) {
  return *std::min_element(x.begin(), x.end(),
                           [](const Scalar& a, const Scalar& b) { return compare(a, b) < 0; });
}
Scalar equal(Operands x) { return compare(x[0], x[1]) == 0; }
Scalar not_equal(Operands x) { return compare(x[0], x[1]) != 0; }
Scalar less(Operands x) { return compare(x[0], x[1]) < 0; }
Scalar less_or_equal(Operands x) { return compare(x[0], x[1]) <= 0; }
Scalar greater(Operands x) { return compare(x[0], x[1]) > 0; }
Scalar greater_or_equal(Operands x) { return compare(x[0], x[1]) >= 0; }
Scalar both(Operands x) {
  if (all_flags(x)) return std::all_of(x.begin(), x.end(), to_condition);
  int64_t bits = -1;
  for (const Scalar& one : x) bits &= to_whole(one);
  return bits;
}
Scalar either(Operands x) {
  if (all_flags(x)) return std::any_of(x.begin(), x.end(), to_condition);
  int64_t bits = 0;
  for (const Scalar& one : x) bits |= to_whole(one);
  return bits;
}
Scalar negation(Operands x) { return !to_condition(x[0]); }
Scalar choose(Operands x) { return to_condition(x[0]) ? x[1] : x[2]; }

Scalar floor_whole(Operands x) {
  return is_real(x[0]) ? whole_from(std::floor(std::get<double>(x[0]))) : whole_of(x[0]);
}
Scalar ceil_whole(Operands x) {
  return is_real(x[0]) ? whole_from(std::ceil(std::get<double>(x[0]))) : whole_of(x[0]);
}
Scalar cut_whole(Operands x) {
  return is_real(x[0]) ? whole_from(std::trunc(std::get<double>(x[0]))) : whole_of(x[0]);
}
Scalar cut_real(Operands x) { return std::trunc(to_double(x[0])); }
// To the nearest, halves to even, as Python's round does.
Scalar round_whole(Operands x) {
  return is_real(x[0]) ? whole_from(std::nearbyint(std::get<double>(x[0]))) : whole_of(x[0]);
}
Scalar real_of(Operands x) { return to_double(x[0]); }
Scalar shift_left(Operands x) {
  const int64_t by = to_whole(x[1]);
  if (by < 0 || by > 62) too_large();
  return checked_multiply(to_whole(x[0]), int64_t{1} << by);
}
Scalar shift_right(Operands x) {
  const int64_t by = to_whole(x[1]);
  if (by < 0) too_large();
  return to_whole(x[0]) >> std::min<int64_t>(by, 63);
}
template <double (*function)(double)>
Scalar real_function(Operands x) {
  const double result = function(to_double(x[0]));
  if (std::isnan(result)) throw Error("", "a computed size is not a number");
  return result;
}

struct Function {
  Scalar (*call)(Operands);
  size_t at_least, at_most;
};
constexpr size_t many = SIZE_MAX;

struct NamedFunction {
  std::string_view name;
  Function function;
};

// Names as sympy prints them, then as exported nodes carry them.
const NamedFunction functions[] = {
    {"Add", {add, 1, many}},
    {"Mul", {multiply, 1, many}},
    {"Pow", {power, 2, 2}},
    {"PowByNatural", {power, 2, 2}},
    {"FloatPow", {float_power, 2, 2}},
    {"FloorDiv", {floor_division, 2, 2}},
    {"CleanDiv", {floor_division, 2, 2}},
    {"IntTrueDiv", {true_division, 2, 2}},
    {"FloatTrueDiv", {true_division, 2, 2}},
    {"Rational", {true_division, 2, 2}},
    {"Mod", {remainder_of, 2, 2}},
    {"PythonMod", {remainder_of, 2, 2}},
    {"ModularIndexing", {modular_indexing, 3, 3}},
    {"Max", {largest, 1, many}},
    {"Min", {smallest, 1, many}},
    {"Abs", {absolute, 1, 1}},
    {"floor", {floor_whole, 1, 1}},
    {"FloorToInt", {floor_whole, 1, 1}},
    {"ceiling", {ceil_whole, 1, 1}},
    {"CeilToInt", {ceil_whole, 1, 1}},
    {"TruncToInt", {cut_whole, 1, 1}},
    {"TruncToFloat", {cut_real, 1, 1}},
    {"RoundToInt", {round_whole, 1, 1}},
    {"ToFloat", {real_of, 1, 1}},
    {"Identity", {same, 1, 1}},
    {"Where", {choose, 3, 3}},
    {"LShift", {shift_left, 2, 2}},
    {"RShift", {shift_right, 2, 2}},
    {"Equality", {equal, 2, 2}},
    {"Eq", {equal, 2, 2}},
    {"Unequality", {not_equal, 2, 2}},
    {"Ne", {not_equal, 2, 2}},
    {"StrictLessThan", {less, 2, 2}},
    {"LessThan", {less_or_equal, 2, 2}},
    {"StrictGreaterThan", {greater, 2, 2}},
    {"GreaterThan", {greater_or_equal, 2, 2}},
    {"And", {both, 1, many}},
    {"Or", {either, 1, many}},
    {"Not", {negation, 1, 1}},
    {"BitwiseFn_bitwise_and", {both, 2, 2}},
    {"BitwiseFn_bitwise_or", {either, 2, 2}},
    {"OpaqueUnaryFn_sqrt", {real_function<std::sqrt>, 1, 1}},
    {"OpaqueUnaryFn_log2", {real_function<std::log2>, 1, 1}},
    {"OpaqueUnaryFn_log", {real_function<std::log>, 1, 1}},
    {"OpaqueUnaryFn_exp", {real_function<std::exp>, 1, 1}},

    {"_operator.add", {add, 2, 2}},
    {"_operator.mul", {multiply, 2, 2}},
    {"_operator.sub", {subtract, 2, 2}},
    {"_operator.neg", {negate, 1, 1}},
    {"_operator.pos", {same, 1, 1}},
    {"_operator.abs", {absolute, 1, 1}},
    {"_operator.floordiv", {floor_division, 2, 2}},
    {"_operator.truediv", {true_division, 2, 2}},
    {"_operator.mod", {remainder_of, 2, 2}},
    {"_operator.pow", {power, 2, 2}},
    {"_operator.eq", {equal, 2, 2}},
    {"_operator.ne", {not_equal, 2, 2}},
    {"_operator.lt", {less, 2, 2}},
    {"_operator.le", {less_or_equal, 2, 2}},
    {"_operator.gt", {greater, 2, 2}},
    {"_operator.ge", {greater_or_equal, 2, 2}},
    {"_operator.and_", {both, 2, 2}},
    {"_operator.or_", {either, 2, 2}},
    {"_operator.not_", {negation, 1, 1}},
    {"_operator.lshift", {shift_left, 2, 2}},
    {"_operator.rshift", {shift_right, 2, 2}},
    {"builtins.abs", {absolute, 1, 1}},
    {"builtins.round", {round_whole, 1, 1}},
    {"builtins.max", {largest, 1, many}},
    {"builtins.min", {smallest, 1, many}},
    {"math.trunc", {cut_whole, 1, 1}},
    {"math.floor", {floor_whole, 1, 1}},
    {"math.ceil", {ceil_whole, 1, 1}},
    {"math.sqrt", {real_function<std::sqrt>, 1, 1}},
    {"math.log2", {real_function<std::log2>, 1, 1}},
    {"math.log", {real_function<std::log>, 1, 1}},
    {"math.exp", {real_function<std::exp>, 1, 1}},
    {"math.pow", {float_power, 2, 2}},
    {"torch.sym_not", {negation, 1, 1}},
    {"torch.sym_int", {cut_whole, 1, 1}},
    {"torch.sym_float", {real_of, 1, 1}},
    {"torch.sym_ite", {choose, 3, 3}},
    {"torch.sym_max", {largest, 2, 2}},
    {"torch.sym_min", {smallest, 2, 2}},
    {"torch.sym_sum", {add, 1, many}},
    {"torch.sym_sqrt", {real_function<std::sqrt>, 1, 1}},
    {"torch._sym_sqrt", {real_function<std::sqrt>, 1, 1}},
    {"torch.sym_fresh_size", {same, 1, 1}},
};

const Function* find_function(std::string_view name) {
  static const auto by_name = [] {
    std::unordered_map<std::string_view, const Function*> map;
    for (const NamedFunction& one : functions) map.emplace(one.name, &one.function);
    return map;
  }();
  const auto at = by_name.find(name);
  return at == by_name.end() ? nullptr : at->second;
}

}  // namespace

std::string print_scalar(const Scalar& value) {
  if (const auto* flag = std::get_if<bool>(&value)) return *flag ? "True" : "False";
  if (const auto* whole = std::get_if<int64_t>(&value)) return std::to_string(*whole);
  return std::to_string(std::get<double>(value));
}

bool is_scalar_function(std::string_view name) { return find_function(name) != nullptr; }

Scalar apply_scalar_function(std::string_view name, std::span<const Scalar> operands) {
  const Function* function = find_function(name);
  if (!function)
    throw Error("", "unknown function \"" + std::string(name.substr(0, 80)) + "\" on sizes");
  if (operands.size() < function->at_least || operands.size() > function->at_most) {
    throw Error("", "found " + std::to_string(operands.size()) + " operands of " +
                        std::string(name) + ", expected " + std::to_string(function->at_least));
  }
  return function->call(operands);
}

double to_double(const Scalar& value) {
  if (const auto* real = std::get_if<double>(&value)) return *real;
  return static_cast<double>(whole_of(value));
}

bool to_condition(const Scalar& value) { return to_double(value) != 0; }

int64_t to_whole(const Scalar& value) {
  if (!is_real(value)) return whole_of(value);
  const double real = std::get<double>(value);
  if (std::trunc(real) != real)
    throw Error("", "found the size " + print_scalar(value) + ", expected a whole number");
  return whole_from(real);
}

}  // namespace opgauge
