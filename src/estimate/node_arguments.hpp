// SPDX-License-Identifier: Apache-2.0
// Arguments of a node by their name in the schema; absent ones are null, empty or false.
#pragma once

#include <initializer_list>
#include <string_view>

#include "graph/graph.hpp"

namespace opgauge {

const Argument* find_argument(const Node& node, std::string_view name);
// The first of `names` that is a tensor.
const TensorType* tensor_argument(const Graph& graph, const Node& node, std::initializer_list<std::string_view> names);
Dims ints_argument(const Node& node, std::string_view name);  // one integer is a list of one
bool flag_argument(const Node& node, std::string_view name);
int64_t at_or(const Dims& dims, size_t i, int64_t otherwise);  // the last one stands for those behind it, `otherwise` for an empty list

}  // namespace opgauge
