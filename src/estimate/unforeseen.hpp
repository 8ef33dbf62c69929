// SPDX-License-Identifier: Apache-2.0
// Masks whose elements a processor cannot foresee.
#pragma once

#include <vector>

#include "estimate/case_facts.hpp"

namespace opgauge {

// Sets `unforeseen_elements` of the choices (where, masked_fill) of a graph, one entry of `all` for each of its nodes. A mask that
// comes from positions, whole numbers and constants alone is regular: long runs of one value, or the same in every row. One that
// hangs on floating-point inputs or parameters is as good as random: half of its branches are taken wrongly, unless it is short enough
// to be learnt by heart.
void set_unforeseen(const Graph& graph, std::vector<CaseFacts>& all);

}  // namespace opgauge
