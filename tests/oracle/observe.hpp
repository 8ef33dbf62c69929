// SPDX-License-Identifier: Apache-2.0
// What LibTorch really does with one call: the call goes through c10::Dispatcher with random
// tensors, on one thread, and everything the op table claims about it is observed from outside.
// Shares no code with the torch backend.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "graph/graph.hpp"

namespace opgauge::oracle {

struct ObservedOutput {
  TensorType type;
  bool defined = true;
  bool opaque = false;         // no storage and no strides to look at
  ValueId operand = no_value;  // the operand whose storage it is
  int same_as = -1;            // an earlier output with the same fresh storage
  int64_t storage_bytes = 0;
};

struct Observed {
  std::vector<ObservedOutput> outputs;
  int64_t kept_bytes = 0;  // allocated during the call and still live while its outputs are held
  int64_t peak_bytes = 0;  // highest sum of bytes allocated during the call
  int64_t macs = 0;        // from the arguments of the lowest product calls that were dispatched
  std::string trace;       // nested calls and allocations, for the reader of a failure
};

// The schema of `target` as LibTorch prints it; nullopt if it has no such op.
std::optional<std::string> schema_text(const std::string& target);

// Runs the node (twice: the second run is observed). Throws std::exception with LibTorch's message
// if the call fails.
Observed observe(const Graph& graph, const Node& node);

}  // namespace opgauge::oracle
