// SPDX-License-Identifier: Apache-2.0
// A graph as tests/fixtures/models/make_reference.py prints an export: one line a call, operands by
// the number of the call that made them, the number of the input or the name of the parameter.
#pragma once

#include <string>
#include <vector>

#include "graph/graph.hpp"

namespace opgauge {

std::vector<std::string> graph_lines(const Graph& graph);
std::string graph_hash(const Graph& graph);  // FNV-1a of the lines, 16 hex digits
uint64_t fnv1a(std::string_view text);

}  // namespace opgauge
