// SPDX-License-Identifier: Apache-2.0
// Graph rewrites: the same model in another precision or memory order. What is estimated is what
// runs, so a precision is nothing but another graph.
//
//   Graph half = to_precision(graph, "bf16");
//   Graph int8 = to_int8(graph, observe_ranges(device, graph, ranges_wanted(graph)));   //
//   measure/precision.hpp
#pragma once

#include <map>

#include "graph/graph.hpp"

namespace opgauge {

// "fp32", "bf16", "fp16": parameters, buffers, constants and inputs in f32, f16 or bf16 become that
// dtype, and so do dtype arguments that name one of these three. f64 and whole numbers stay.
// "int8": to_int8 with nominal ranges, right in shape, work and time, not in value. Throws Error
// for another name, or naming the node that the dtype does not fit.
Graph to_precision(const Graph& graph, std::string_view precision);
inline constexpr const char* precisions[] = {"fp32", "bf16", "fp16", "int8"};

// Inputs of rank 4 and the weights of 2-d convolutions become channels-last, those of rank 5 and
// 3-d convolutions channels-last-3d; everything else follows. Throws Error naming a node that does
// not take such an input (a view across dimensions that are not adjacent any more).
Graph to_channels_last(const Graph& graph);

// The values that an activation takes.
struct Range {
  double low = 0, high = 0;
};
using Ranges = std::map<std::string, Range>;  // by Value::name

// Static W8A8: linear, mm, addmm and conv2d with f32 parameters become onednn::qlinear_pointwise
// and onednn::qconv2d_pointwise, activations u8 per tensor, weights s8 per output channel,
// quantised and packed once. A batch norm between a convolution and nothing else is folded into it,
// a ReLU that follows is fused. Between such layers activations stay u8; where one is needed in f32
// the layer gives f32, where f32 meets a layer it is quantised (add, clamp_, to). Everything else
// runs in f32.
//
// `activation_levels`: the largest u8 value used, 255 or 127. Without VNNI a kernel adds two products
// in 16 bits, saturating: 2 x 255 x 127 does not fit, 2 x 127 x 127 does (oneDNN, "Nuances of int8
// computations"; PyTorch's `reduce_range`).
Graph to_int8(const Graph& graph, const Ranges& ranges, int activation_levels = 255);
// Values of an f32 graph whose ranges to_int8 asks for: inputs and outputs of the layers that it
// replaces. Empty: nothing in the graph has an int8 kernel, and to_int8 would change nothing.
std::vector<ValueId> ranges_wanted(const Graph& graph);

// Nodes of what to_int8 gave, by number: the int8 kernels (which also dequantise, where they give
// f32), and those that only quantise for them.
struct Int8Nodes {
  std::vector<int64_t> kernels, boundaries;
};
Int8Nodes int8_nodes(const Graph& graph);

}  // namespace opgauge
