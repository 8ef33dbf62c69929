// SPDX-License-Identifier: Apache-2.0
// A node made ready to be dispatched: its operator looked up, its argument stack filled but for the
// tensors, so that a run only puts the tensors in and calls.
#pragma once

#include <ATen/core/dispatch/Dispatcher.h>

#include <vector>

#include "graph/graph.hpp"

namespace opgauge {

struct Step {
  struct OneTensor {
    size_t argument;
    ValueId value;
  };
  struct TensorList {
    size_t argument;
    bool optional_elements;  // Tensor?[]
    ValueList values;
  };

  c10::OperatorHandle op;
  std::vector<c10::IValue> arguments;  // one per schema argument of LibTorch, tensors left out
  std::vector<OneTensor> tensors;
  std::vector<TensorList> lists;
  std::vector<ValueId> outputs;
  std::vector<ValueId> dying;  // freed after this step
};

// Arguments go by name: what our schema lacks takes LibTorch's default, what LibTorch lacks must
// not have been given. Throws Error at the node if LibTorch has no such operator or an argument
// cannot be converted.
Step make_step(const Graph& graph, const Node& node, c10::Device device);

// Calls it: tensors in from `values` (one per value of the graph), outputs back into it. `stack` is
// scratch.
void run_step(const Step& step, std::vector<at::Tensor>& values, std::vector<c10::IValue>& stack);

}  // namespace opgauge
