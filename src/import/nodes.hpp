// SPDX-License-Identifier: Apache-2.0
// The nodes of an exported graph, in order: tensor ops become nodes, number ops are folded, scoping
// wrappers inlined.
#pragma once

#include "graph/builder.hpp"
#include "import/scope.hpp"

namespace opgauge {

// `scope` knows the graph's inputs and afterwards everything its nodes define. Throws Error naming
// the node.
void add_nodes(GraphBuilder& builder, const Symbols& symbols, Scope& scope);

}  // namespace opgauge
