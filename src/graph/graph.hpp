// SPDX-License-Identifier: Apache-2.0
// A model as a list of ATen operator nodes over typed values: the one thing that is executed, counted and estimated.
// Everything in it is concrete: symbolic sizes were bound and folded by whoever built it.
//
// A value is written once (an in-place node makes a new value on the same storage). Nodes are in execution order.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "graph/tensor.hpp"

namespace opgauge {

struct OpRow;  // graph/op_table.hpp

enum class ValueId : int32_t {};  // index into Graph::values
using StorageId = int32_t;
inline constexpr ValueId no_value{-1};
constexpr size_t index(ValueId id) { return static_cast<size_t>(id); }

enum class Role : uint8_t { input, parameter, buffer, constant, intermediate };
template <>
inline constexpr auto enum_names<Role> = std::to_array<EnumName<Role>>({
    {Role::input, "input"},
    {Role::parameter, "parameter"},
    {Role::buffer, "buffer"},
    {Role::constant, "constant"},
    {Role::intermediate, "intermediate"},
});

struct Value {
  std::string name;    // unique in the graph, a C identifier
  TensorType type;
  Role role = Role::intermediate;
  StorageId storage = -1;  // values that share memory share this
  int64_t storage_bytes = 0;  // where its own storage is larger than its type needs
  std::string source;      // parameters, buffers, constants: their name in the model ("layer1.0.conv1.weight")

  bool operator==(const Value&) const = default;
};

struct ValueRef {
  ValueId id = no_value;  // no_value: None (an absent optional tensor)
  bool operator==(const ValueRef&) const = default;
};
using ValueList = std::vector<ValueRef>;  // Tensor[] and Tensor?[]

// What a node is called with, one entry per schema argument. Ints where the schema says float are floats already, and
// a single int where it says int[] is a list already (see op_table: `normalize`).
using Argument = std::variant<std::monostate,  // None
                              ValueRef, ValueList, bool, int64_t, double, std::string, Dims,
                              std::vector<double>, std::vector<bool>, Dtype, MemoryFormat, Layout,
                              DeviceKind>;

struct Node {
  const OpRow* op = nullptr;          // nullptr: not in the op table, see `target`
  std::string target;                 // "aten::conv2d" or "aten::add.Tensor"
  std::vector<Argument> arguments;    // known op: every schema argument, in order, defaults filled in
  std::vector<std::string> argument_names;  // unknown op only
  std::vector<ValueId> outputs;       // a Tensor[] result is flattened; no_value where nothing uses the place
  std::string where;                  // source line of the user's model, "" if built here
  std::string module;                 // "layer1.0.conv1", "" if not known

  bool operator==(const Node&) const = default;
};

struct Graph {
  std::string name;
  std::vector<Value> values;
  // Run once before the first inference (weight quantisation and packing), never timed or counted.
  // What they write has the role `constant` and an empty source; a parameter that only they read is
  // not held afterwards.
  std::vector<Node> preparation;
  std::vector<Node> nodes;
  std::vector<ValueId> inputs;   // user inputs, in call order
  std::vector<ValueId> outputs;  // user outputs
  int32_t storages = 0;          // number of distinct storages

  const Value& operator[](ValueId id) const { return values[index(id)]; }
  Value& operator[](ValueId id) { return values[index(id)]; }
  bool operator==(const Graph&) const = default;
};

// Calls visit(ValueId) for each tensor a node reads, in argument order (None left out).
template <class Visit>
void for_each_operand(const Node& node, Visit&& visit) {
  for (const Argument& argument : node.arguments) {
    if (const auto* one = std::get_if<ValueRef>(&argument)) {
      if (one->id != no_value) visit(one->id);
    } else if (const auto* list = std::get_if<ValueList>(&argument)) {
      for (const ValueRef ref : *list) {
        if (ref.id != no_value) visit(ref.id);
      }
    }
  }
}

}  // namespace opgauge
