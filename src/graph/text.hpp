// SPDX-License-Identifier: Apache-2.0
// The text form of a graph; parse(print(g)) == g, as long as values are numbered in the order in
// which they are declared and written, as GraphBuilder does (else up to renumbering).
//
//   graph mlp
//   %x = input f32[32,1024]
//   %p_fc_weight = parameter f32[512,1024] "fc.weight"
//   %p_tied = parameter f32[512,1024] "head.weight" shares %p_fc_weight
//   %linear: f32[32,512] = aten::linear(input=%x, weight=%p_fc_weight)  # fc, model.py:12
//   %relu: f32[32,512] = aten::relu(self=%linear)
//   once %packed: f32[512,1024] = my::pack(weight=%p_fc_weight)
//   %y: f32[32,7], _ = my::op(x=%relu, k=[1,2], eps=1e-05)  # , model.py:13
//   return %y
//
// An op of the table may leave its outputs' types out; given ones must be what inference gives. An
// op outside the table needs them. `_` is an output without a value. A comment after a node is its
// module and its source line; any other text after # is ignored.
#pragma once

#include <string>
#include <string_view>

#include "graph/graph.hpp"

namespace opgauge {

std::string print_type(
    const TensorType& type);  // "f32[8,3]{1,8}+16": strides and offset only where not plain
TensorType parse_type(std::string_view text);
std::string print_argument(const Graph& graph, const Argument& argument);

std::string print_graph(const Graph& graph);
Graph parse_graph(std::string_view text);  // Error with line and column

}  // namespace opgauge
