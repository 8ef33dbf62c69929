// SPDX-License-Identifier: Apache-2.0
// The text form of a graph; parse(print(g)) == g.
//
//   graph mlp
//   %x = input f32[32,1024]
//   %p_fc_weight = parameter f32[512,1024] "fc.weight"
//   %linear = aten::linear(input=%x, weight=%p_fc_weight)        # fc, model.py:12
//   %relu = aten::relu(self=%linear)
//   return %relu
#pragma once

#include <string>
#include <string_view>

#include "graph/graph.hpp"

namespace opgauge {

std::string print_type(const TensorType& type);  // "f32[8,3]{1,8}", strides only if not contiguous
TensorType parse_type(std::string_view text);
std::string print_argument(const Graph& graph, const Argument& argument);

std::string print_graph(const Graph& graph);
Graph parse_graph(std::string_view text);  // Error with line and column

}  // namespace opgauge
