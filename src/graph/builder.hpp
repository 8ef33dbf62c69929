// SPDX-License-Identifier: Apache-2.0
// Builds a graph node by node; shapes, strides and storages are inferred as each node is added, so a graph is never
// without them. Families, the importer, rewrites and the text reader all build through here.
//
//   GraphBuilder b("mlp");
//   ValueId x = b.input("x", {Dtype::f32, {32, 1024}});
//   ValueId w = b.parameter("fc.weight", {Dtype::f32, {512, 1024}});
//   ValueId y = b.call("aten::linear", {{"input", x}, {"weight", w}});
//   Graph g = b.finish({y});
#pragma once

#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

#include "graph/op_table.hpp"

namespace opgauge {

// An argument by name, from the C++ values that occur in code.
struct Given {
  std::string name;
  Argument value;
  Given(std::string n, ValueId id) : name(std::move(n)), value(ValueRef{id}) {}
  Given(std::string n, ValueList list) : name(std::move(n)), value(std::move(list)) {}
  Given(std::string n, bool v) : name(std::move(n)), value(v) {}
  Given(std::string n, int64_t v) : name(std::move(n)), value(v) {}
  Given(std::string n, int v) : name(std::move(n)), value(int64_t{v}) {}
  Given(std::string n, double v) : name(std::move(n)), value(v) {}
  Given(std::string n, const char* v) : name(std::move(n)), value(std::string(v)) {}
  Given(std::string n, Dims v) : name(std::move(n)), value(std::move(v)) {}
  Given(std::string n, Dtype v) : name(std::move(n)), value(v) {}
  Given(std::string n, MemoryFormat v) : name(std::move(n)), value(v) {}
  Given(std::string n, Argument v) : name(std::move(n)), value(std::move(v)) {}
};

class GraphBuilder {
 public:
  explicit GraphBuilder(std::string name);

  ValueId input(std::string name, TensorType type);
  // `source` is the name in the model; the value's own name is derived from it and made unique. `shares`: tied to
  // another parameter's storage.
  ValueId parameter(std::string source, TensorType type, ValueId shares = no_value);
  ValueId buffer(std::string source, TensorType type, ValueId shares = no_value);
  ValueId constant(std::string source, TensorType type, ValueId shares = no_value);
  // The same for any role but `intermediate`, with a name of the caller's choice (kept if it is free).
  ValueId declare(std::string name, TensorType type, Role role, std::string source = "",
                  ValueId shares = no_value);

  // Where the next nodes come from.
  void set_origin(std::string module, std::string where = "");

  // Adds a node and returns its first output; `name` is wished for that output.
  ValueId call(std::string_view target, std::vector<Given> given, std::string name = "");
  // The same for ops with several outputs; the name "_" leaves a place without a value (no_value).
  std::vector<ValueId> call_all(std::string_view target, std::vector<Given> given,
                                std::vector<std::string> names = {});
  // A node of Graph::preparation: its operands are parameters, buffers, constants or outputs of
  // earlier ones.
  ValueId call_once(std::string_view target, std::vector<Given> given, std::string name = "");
  std::vector<ValueId> call_all_once(std::string_view target, std::vector<Given> given,
                                     std::vector<std::string> names = {});
  // An op outside the table: outputs are declared by the caller. Such a graph can be described, not executed.
  std::vector<ValueId> call_unknown(std::string target, std::vector<Given> given,
                                    std::vector<std::pair<std::string, TensorType>> outputs);

  const Graph& graph() const { return graph_; }
  const TensorType& type(ValueId id) const { return graph_[id].type; }
  Graph finish(std::vector<ValueId> outputs);

 private:
  ValueId add_value(std::string name, TensorType type, Role role, std::string source, ValueId shares);
  std::string unique_name(std::string wished);
  Node make_node(std::string_view target, std::vector<Given> given);
  void add_outputs(Node& node, Role role, const std::vector<std::string>& names);

  Graph graph_;
  std::unordered_set<std::string> names_;
  std::string module_, where_;
};

// Checks what every pass must leave true: operands defined before use, unique names, storages in range, sizes, strides
// and aliases as inference gives them. Throws Error naming the node.
void verify(const Graph& graph);

}  // namespace opgauge
