// SPDX-License-Identifier: Apache-2.0
// A case: one op call with concrete shapes, dtypes, strides and attributes; what can be timed,
// estimated and looked up on its own. Its one-line text is its key everywhere (journals,
// calibrations, reports, the command line):
//
//   aten::linear(f32[32,1024], parameter f32[512,1024], parameter f32[512])
//   aten::conv2d(f32[1,64,56,56], parameter f32[64,64,3,3], None, [1,1], [1,1])
//   aten::softmax.int(f32[8,12,128,128]{196608,16384,1,128}, -1)
//
// Arguments stand in schema order; trailing defaults are left out; strides are written only when
// not contiguous; storage offsets are dropped; two operands on the same storage are not told apart
// from separate ones. Arguments are also read by name: `stride=[2,2]`.
#pragma once

#include <string>
#include <string_view>

#include "graph/graph.hpp"

namespace opgauge {

std::string case_text(const Graph& graph, const Node& node);
// A graph of that one call, whose operands are inputs or parameters. Throws Error with the
// position.
Graph parse_case(std::string_view text);

}  // namespace opgauge
