// SPDX-License-Identifier: Apache-2.0
// What the names of one (sub)graph of an exported program stand for while it is read: tensors of
// the graph under construction, numbers already folded, None; and how an argument that mentions
// them becomes an Argument.
#pragma once

#include <string_view>
#include <unordered_map>
#include <variant>
#include <vector>

#include "graph/graph.hpp"
#include "import/json_reader.hpp"
#include "import/symbols.hpp"

namespace opgauge {

using Known = std::variant<std::monostate, ValueId, Scalar>;  // None, a tensor, a number

class Scope {
 public:
  // `graph`: the Graph object of the format. Indexes its tensor_values and number values.
  Scope(JsonObject graph, const Symbols& symbols);

  // Throws Error if the name is already defined (a graph defines each name once).
  void define(std::string_view name, Known value);
  // Throws Error if nothing earlier defines it: a missing definition, or a cyclic reference.
  const Known& known(std::string_view name) const;
  ValueId tensor(std::string_view name) const;
  Scalar number(std::string_view name) const;

  // The TensorMeta that the file records for a name. Throws Error if it has none.
  JsonElement recorded(std::string_view name) const;
  // The number that the file records for a name of sym_int_values, sym_float_values or
  // sym_bool_values.
  Scalar recorded_number(std::string_view name) const;

  // Throws Error for kinds that the schema lacks and those that no op of the table takes.
  Argument argument(const Tagged& given) const;
  // An argument that is one tensor, number or None.
  Known operand(const Tagged& given) const;
  // Every number in an argument: one, or those of a list.
  void append_numbers(const Tagged& given, std::vector<Scalar>& to) const;

  JsonObject graph() const { return graph_; }

 private:
  Scalar number_argument(std::string_view kind, JsonElement value) const;

  JsonObject graph_;
  const Symbols& symbols_;
  std::unordered_map<std::string_view, Known> known_;
  std::unordered_map<std::string_view, JsonElement> recorded_, recorded_numbers_;
};

}  // namespace opgauge
