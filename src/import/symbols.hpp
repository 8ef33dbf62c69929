// SPDX-License-Identifier: Apache-2.0
// The symbolic sizes of an exported program: their ranges, the sizes they were exported with, and
// what they are bound to now. Everything symbolic becomes a number through `evaluate`.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "import/json_reader.hpp"
#include "import/pt2.hpp"
#include "import/scalars.hpp"

namespace opgauge {

// A user input's recorded sizes.
struct InputSizes {
  std::string name;
  JsonArray sizes;
};

class Symbols {
 public:
  // `ranges`: the program's range_constraints, if it has them. Symbols are bound as the options
  // say, else to their hints. Throws Error for an unknown name in the options, a size outside its
  // range, a fixed dimension, and for a size that two options give differently.
  Symbols(std::optional<JsonElement> ranges, const std::vector<InputSizes>& inputs,
          const ImportOptions& options);
  Symbols(const Symbols&) = delete;  // remembers texts by their place
  Symbols& operator=(const Symbols&) = delete;

  // {"as_int": 3} or {"as_expr": {"expr_str": …, "hint": …}}, for SymInt, SymFloat and SymBool.
  Scalar evaluate(JsonElement value) const;
  int64_t size(JsonElement value) const { return to_whole(evaluate(value)); }

  std::vector<SizeSymbol> list() const;
  const std::string& batch_symbol() const { return batch_symbol_; }

 private:
  void read_ranges(JsonElement ranges);
  void check_derived() const;
  void read_hints(const std::vector<InputSizes>& inputs);
  void bind_named_dimension(const std::vector<InputSizes>& inputs, const std::string& name,
                            int64_t size);
  void bind_dimension(const InputSizes& input, size_t dimension, int64_t size,
                      std::string_view option);
  void bind(const std::string& symbol, int64_t size, std::string_view option);
  SizeSymbol& symbol(std::string_view name);
  Scalar evaluate_text(std::string_view expression) const;

  std::map<std::string, SizeSymbol, std::less<>> symbols_;
  std::vector<SizeSymbol> derived_;  // ranges of expressions
  std::string batch_symbol_;
  mutable std::unordered_map<std::string_view, Scalar> evaluated_;
};

}  // namespace opgauge
