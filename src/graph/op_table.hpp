// SPDX-License-Identifier: Apache-2.0
// The op table: one row an op, and everything the rest of the program knows of an op is in its row.
//
//   {"aten::relu(Tensor self) -> Tensor", OpFamily::pointwise, infer_unary, work_unary<1>},
//
// The schema text is ATen's own (the oracle test compares it with LibTorch's). Argument names, types, defaults and the
// aliasing marks (`Tensor(a)`: may be a view, `Tensor(a!)`: written in place) are read from it. Rows live in
// graph/ops/<family>.cpp; each file exports one list that op_table.cpp joins.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "graph/graph.hpp"
#include "graph/work.hpp"

namespace opgauge {

enum class OpFamily : uint8_t {
  matmul, convolution, attention, pointwise, normalization, softmax, pool, reduction, resample,
  copy, view, indexing, sorting, factory, recurrent, quantize, none,
};
template <>
inline constexpr auto enum_names<OpFamily> = std::to_array<EnumName<OpFamily>>({
    {OpFamily::matmul, "matmul"}, {OpFamily::convolution, "convolution"},
    {OpFamily::attention, "attention"}, {OpFamily::pointwise, "pointwise"},
    {OpFamily::normalization, "normalization"}, {OpFamily::softmax, "softmax"},
    {OpFamily::pool, "pool"}, {OpFamily::reduction, "reduction"}, {OpFamily::resample, "resample"},
    {OpFamily::copy, "copy"}, {OpFamily::view, "view"}, {OpFamily::indexing, "indexing"},
    {OpFamily::sorting, "sorting"}, {OpFamily::factory, "factory"},
    {OpFamily::recurrent, "recurrent"}, {OpFamily::quantize, "quantize"}, {OpFamily::none, "none"},
});

// A schema argument, parsed from the row's text.
struct SchemaArgument {
  std::string name;
  std::string type;         // without alias marks: "Tensor", "Tensor?", "int[2]", "ScalarType?"
  bool keyword_only = false;
  bool written = false;     // Tensor(a!)
  bool aliased = false;     // Tensor(a) or Tensor(a!)
  std::optional<Argument> fallback;  // the default value
};
struct Schema {
  std::string target;       // "aten::add.Tensor"
  std::vector<SchemaArgument> arguments;
  std::vector<std::string> returns;  // types: "Tensor", "Tensor[]"
  bool may_alias = false;            // any return carries an alias mark
  int index(std::string_view name) const;  // -1 if there is none
};
Schema parse_schema(std::string_view text);

// One call of an op as its rules see it: arguments by name, tensors as types.
class Call {
 public:
  Call(const Graph& graph, const Node& node) : graph_(graph), node_(node) {}

  const Argument& argument(std::string_view name) const;
  bool has(std::string_view name) const;  // not None
  const TensorType& tensor(std::string_view name) const;
  const TensorType* optional_tensor(std::string_view name) const;  // nullptr for None
  std::vector<const TensorType*> tensors(std::string_view name) const;  // nullptr entries for None
  ValueId value(std::string_view name) const;  // no_value for None
  bool flag(std::string_view name) const;
  int64_t integer(std::string_view name) const;
  double number(std::string_view name) const;  // int, float or bool
  const std::string& text(std::string_view name) const;
  const Dims& ints(std::string_view name) const;  // None and the absent list give an empty list
  std::optional<Dtype> dtype(std::string_view name) const;
  std::optional<MemoryFormat> memory_format(std::string_view name) const;

  // Outputs; only after inference.
  const TensorType& output(size_t index = 0) const;
  size_t output_count() const { return node_.outputs.size(); }

  const Graph& graph() const { return graph_; }
  const Node& node() const { return node_; }
  // Error placed at this node: "[aten::linear at model.py:12] ...".
  Error error(std::string_view message) const;

 private:
  const Graph& graph_;
  const Node& node_;
};

// One result of shape inference.
struct Result {
  TensorType type;
  ValueId shares = no_value;  // the operand whose storage this is (view, in place, or a copy that was not needed)
  int64_t storage_bytes = 0;  // of a fresh storage that is larger than the type needs
};
inline Result fresh(TensorType type) { return {std::move(type)}; }
inline Result fresh(Dtype dtype, Dims sizes) { return {TensorType(dtype, std::move(sizes))}; }

using InferRule = std::vector<Result> (*)(const Call&);
using WorkRule = Work (*)(const Call&);
// Bytes that the implementation allocates through ATen beside its outputs, live while the op runs.
using ScratchRule = int64_t (*)(const Call&);

struct OpRow {
  std::string_view schema_text;
  OpFamily family;
  InferRule infer;
  WorkRule work;
  ScratchRule scratch_bytes = nullptr;  // nullptr: none

  // Filled in when the table is built.
  const Schema* schema = nullptr;
  std::string_view target() const { return schema->target; }
};

std::span<const OpRow> op_table();
const OpRow* find_op(std::string_view target);  // nullptr if the table has no such row

// Fills in defaults and converts argument kinds to what the schema says (int -> float, int -> int[], …). `given` are
// pairs of name and value in any order. Throws Error on an unknown, missing or wrongly typed argument.
std::vector<Argument> normalize(const OpRow& op, std::vector<std::pair<std::string, Argument>> given);

Work work_of(const Graph& graph, const Node& node);  // throws Error for an op outside the table
int64_t scratch_bytes_of(const Graph& graph, const Node& node);

}  // namespace opgauge
