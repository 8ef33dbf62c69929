// SPDX-License-Identifier: Apache-2.0
// Copies a graph node by node through GraphBuilder, with changes on the way: the frame of every
// rewrite. Shapes, strides and storages of the copy are inferred anew.
#pragma once

#include <functional>

#include "graph/builder.hpp"

namespace opgauge {

class Rebuild {
 public:
  // The type that an input, parameter, buffer or constant has in the copy.
  using TypeChange = std::function<TensorType(ValueId, const Value&)>;

  explicit Rebuild(const Graph& from)
      : from_(from), to_(from.name), fresh_(from.values.size(), no_value) {}

  // Inputs, parameters, buffers and constants, in order; then the preparation as it is.
  void declare(const TypeChange& change);
  // The same call over the copy's values. `change` may replace arguments that are not tensors.
  void copy(const Node& node,
            const std::function<void(const SchemaArgument&, Argument&)>& change = {});
  // What stands for a value of the original in the copy from here on.
  ValueId& operator[](ValueId id) { return fresh_[index(id)]; }
  // Sets the origin of the next nodes to that of `node`.
  GraphBuilder& at(const Node& node);
  GraphBuilder& builder() { return to_; }
  // The copy, with the original's outputs.
  Graph finish();

 private:
  Argument mapped(const Argument& argument) const;

  const Graph& from_;
  GraphBuilder to_;
  std::vector<ValueId> fresh_;  // by the original's ValueId
};

}  // namespace opgauge
