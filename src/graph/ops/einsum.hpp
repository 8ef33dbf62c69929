// SPDX-License-Identifier: Apache-2.0
// What an Einstein sum is made of (graph/ops/einsum.cpp): for who wants to know its price.
#pragma once

#include <cstdint>

#include "graph/op_table.hpp"

namespace opgauge {

// `products` independent [m,k] x [k,n], the largest of its contractions (all 0 if nothing is summed), and elements that are copied
// first because no view brings them into that order, some of them from places that are no neighbours.
struct EinsumSteps {
  int64_t products = 0, m = 0, n = 0, k = 0;
  int64_t copied_elements = 0, gathered_elements = 0;
};
EinsumSteps einsum_steps(const Call& call);  // throws Error where the call makes no sense

}  // namespace opgauge
