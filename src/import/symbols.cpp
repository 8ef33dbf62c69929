// SPDX-License-Identifier: Apache-2.0
#include "import/symbols.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "base/names.hpp"
#include "import/expression.hpp"

namespace opgauge {
namespace {

std::optional<std::string_view> expression_of(JsonElement value) {
  const Tagged tagged = as_union(value, "size");
  if (tagged.kind != "as_expr") return std::nullopt;
  return text_in(as_object(tagged.value, "as_expr"), "expr_str");
}

std::optional<int64_t> hint_of(JsonElement value) {
  const auto hint = member(as_object(as_union(value, "size").value, "as_expr"), "hint");
  if (!hint) return std::nullopt;
  const Tagged tagged = as_union(*hint, "hint");
  if (tagged.kind != "as_int") return std::nullopt;
  return as_whole(tagged.value, "hint");
}

// The size of the one symbol of `expression` that gives it the value `wanted`, if the expression
// grows with its symbol as expressions of sizes do. A value that has no result counts as too large.
std::optional<int64_t> solve(std::string_view expression, int64_t wanted, int64_t minimum) {
  const auto at = [&](int64_t size) -> std::optional<int64_t> {
    try {
      return to_whole(
          evaluate_expression(expression, [&](std::string_view) { return Scalar(size); }));
    } catch (const Error&) {
      return std::nullopt;
    }
  };
  int64_t low = std::max<int64_t>(minimum, 0), high = int64_t{1} << 40;
  while (low < high) {
    const int64_t middle = low + (high - low) / 2;
    const auto value = at(middle);
    if (value && *value < wanted) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return at(low) == wanted ? std::optional<int64_t>(low) : std::nullopt;
}

Error outside_range(std::string_view option, const SizeSymbol& symbol, int64_t size) {
  const std::string upper =
      symbol.maximum == INT64_MAX ? "" : " and at most " + std::to_string(symbol.maximum);
  return Error(option,
               "found " + std::to_string(size) + " for " + symbol.name + ", expected at least " +
                   std::to_string(std::max<int64_t>(symbol.minimum, 0)) + upper + " as exported");
}

std::string dimension_name(const InputSizes& input, size_t dimension) {
  return input.name + "." + std::to_string(dimension);
}

JsonElement size_at(const InputSizes& input, size_t dimension) {
  JsonElement found;
  if (input.sizes.at(dimension).get(found) != simdjson::SUCCESS) {
    throw Error(dimension_name(input, dimension),
                "the input has " + std::to_string(input.sizes.size()) + " dimensions");
  }
  return found;
}

}  // namespace

Symbols::Symbols(std::optional<JsonElement> ranges, const std::vector<InputSizes>& inputs,
                 const ImportOptions& options) {
  if (ranges) read_ranges(*ranges);
  read_hints(inputs);
  if (options.batch) {
    if (inputs.empty() || inputs.front().sizes.size() == 0) {
      throw Error("batch", "the model has no tensor input with a first dimension");
    }
    bind_dimension(inputs.front(), 0, *options.batch, "batch");
  }
  for (const auto& [name, size] : options.bindings) {
    if (symbols_.contains(name)) {
      bind(name, size, name);
    } else {
      bind_named_dimension(inputs, name, size);
    }
  }
  for (auto& [name, symbol] : symbols_) {
    if (!symbol.size) symbol.size = symbol.hint;
  }
  check_derived();
}

void Symbols::check_derived() const {
  for (const SizeSymbol& one : derived_) {
    const auto inside = symbols_of(one.name);
    const auto bound = [&](std::string_view name) {
      const auto at = symbols_.find(name);
      return at != symbols_.end() && at->second.size;
    };
    if (!std::all_of(inside.begin(), inside.end(), bound)) continue;
    const int64_t size = to_whole(evaluate_text(one.name));
    if (size < one.minimum || size > one.maximum) throw outside_range(one.name, one, size);
  }
}

void Symbols::read_ranges(JsonElement ranges) {
  for (const auto [name, range] : as_object(ranges, "range_constraints")) {
    const auto inside = symbols_of(name);
    const bool derived = inside.size() != 1 || inside[0] != name;  // "2*s44"
    SizeSymbol& one = derived ? derived_.emplace_back() : symbol(name);
    one.name = name;
    const JsonObject limits = as_object(range, "range_constraints");
    if (const auto low = member(limits, "min_val")) one.minimum = as_whole(*low, "min_val");
    if (const auto high = member(limits, "max_val")) one.maximum = as_whole(*high, "max_val");
  }
}

void Symbols::read_hints(const std::vector<InputSizes>& inputs) {
  // Dimensions that are one symbol first; a symbol that occurs only inside a larger expression is
  // solved for.
  for (const bool alone : {true, false}) {
    for (const InputSizes& input : inputs) {
      for (size_t i = 0; i < input.sizes.size(); ++i) {
        const JsonElement size = size_at(input, i);
        const auto expression = expression_of(size);
        if (!expression) continue;
        const auto inside = symbols_of(*expression);
        const auto hint = hint_of(size);
        const bool is_symbol =
            inside.size() == 1 && (*expression == inside[0] || expression->starts_with("Symbol("));
        if (inside.size() != 1 || is_symbol != alone) continue;
        SizeSymbol& one = symbol(inside[0]);
        if (one.where.empty()) one.where = dimension_name(input, i);
        if (!one.hint && hint) one.hint = is_symbol ? hint : solve(*expression, *hint, one.minimum);
        if (i == 0 && &input == &inputs.front()) batch_symbol_ = one.name;
      }
    }
  }
}

SizeSymbol& Symbols::symbol(std::string_view name) {
  auto at = symbols_.find(name);
  if (at == symbols_.end()) {
    at = symbols_.emplace(std::string(name), SizeSymbol{}).first;
    at->second.name = name;
  }
  return at->second;
}

// `name` is "x.0".
void Symbols::bind_named_dimension(const std::vector<InputSizes>& inputs, const std::string& name,
                                   int64_t size) {
  const size_t dot = name.rfind('.');
  const auto input = std::find_if(inputs.begin(), inputs.end(), [&](const InputSizes& one) {
    return one.name == name.substr(0, dot);
  });
  const bool numbered = dot != std::string::npos && dot + 1 < name.size() &&
                        name.size() - dot < 4 &&
                        name.find_first_not_of("0123456789", dot + 1) == std::string::npos;
  if (input == inputs.end() || !numbered) {
    std::vector<std::string> known;
    for (const auto& [symbol, about] : symbols_) known.push_back(symbol);
    for (const InputSizes& one : inputs) {
      for (size_t i = 0; i < one.sizes.size(); ++i) known.push_back(dimension_name(one, i));
    }
    throw unknown_name("", "dimension", name, known);
  }
  bind_dimension(*input, std::stoul(name.substr(dot + 1)), size, name);
}

void Symbols::bind_dimension(const InputSizes& input, size_t dimension, int64_t size,
                             std::string_view option) {
  const JsonElement recorded = size_at(input, dimension);
  const auto expression = expression_of(recorded);
  if (!expression) {
    const int64_t fixed = as_whole(as_union(recorded, "size").value, "as_int");
    if (fixed == size) return;
    throw Error(option, "dimension " + std::to_string(dimension) + " of input " + input.name +
                            " was exported with the fixed size " + std::to_string(fixed) +
                            ", found " + std::to_string(size) + "; export with dynamic_shapes={\"" +
                            input.name + "\": {" + std::to_string(dimension) +
                            ": torch.export.Dim(\"" + (dimension == 0 ? "batch" : "size") +
                            "\")}} to choose it");
  }
  const auto inside = symbols_of(*expression);
  if (inside.size() != 1) {
    throw Error(option, "dimension " + std::to_string(dimension) + " of input " + input.name +
                            " is the expression " + std::string(*expression) +
                            "; bind its symbols instead");
  }
  const auto solution = inside[0] == *expression || expression->starts_with("Symbol(")
                            ? std::optional<int64_t>(size)
                            : solve(*expression, size, symbol(inside[0]).minimum);
  if (!solution) {
    throw Error(option, "dimension " + std::to_string(dimension) + " of input " + input.name +
                            " is " + std::string(*expression) + ", which is never " +
                            std::to_string(size));
  }
  bind(std::string(inside[0]), *solution, option);
}

void Symbols::bind(const std::string& name, int64_t size, std::string_view option) {
  SizeSymbol& one = symbol(name);
  if (size < one.minimum || size > one.maximum || size < 0) throw outside_range(option, one, size);
  if (one.size && *one.size != size) {
    throw Error(option, "found " + std::to_string(size) + " for " + name +
                            ", which is already bound to " + std::to_string(*one.size));
  }
  one.size = size;
}

Scalar Symbols::evaluate(JsonElement value) const {
  const Tagged tagged = as_union(value, "size");
  if (tagged.kind == "as_int") return as_whole(tagged.value, "as_int");
  if (tagged.kind == "as_float") return as_real(tagged.value, "as_float");
  if (tagged.kind == "as_bool") return as_flag(tagged.value, "as_bool");
  if (tagged.kind == "as_expr")
    return evaluate_text(text_in(as_object(tagged.value, "as_expr"), "expr_str"));
  throw Error(
      "", "found the size kind \"" + std::string(tagged.kind) + "\", expected as_int or as_expr");
}

Scalar Symbols::evaluate_text(std::string_view expression) const {
  const auto known = evaluated_.find(expression);
  if (known != evaluated_.end()) return known->second;
  const Scalar value = evaluate_expression(expression, [&](std::string_view name) -> Scalar {
    const auto at = symbols_.find(name);
    if (at != symbols_.end() && at->second.size) return *at->second.size;
    throw Error("", "the size " + std::string(name) +
                        " depends on the input's values or has no recorded size; bind it");
  });
  evaluated_.emplace(expression, value);
  return value;
}

std::vector<SizeSymbol> Symbols::list() const {
  std::vector<SizeSymbol> all;
  for (const auto& [name, symbol] : symbols_) all.push_back(symbol);
  return all;
}

}  // namespace opgauge
