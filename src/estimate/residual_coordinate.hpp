// SPDX-License-Identifier: Apache-2.0
// The coordinates in which calls of one class are near to each other or far: logarithms of sizes, how much of a tile is
// padding, how well sizes are aligned, how cold the operands are.
#pragma once

#include <string_view>
#include <vector>

#include "estimate/case_facts.hpp"

namespace opgauge {

struct ResidualCoordinate {
  std::string_view name;
  bool unbounded;  // an independent size, whose length is bounded; the others follow from sizes or lie in a short interval
  std::string_view doc;
  double (*value)(const CaseFacts&);
};

// Of all families; pointers stay valid.
const ResidualCoordinate* find_residual_coordinate(std::string_view name);  // nullptr: unknown
// Those that describe calls of a family.
std::vector<const ResidualCoordinate*> residual_coordinates(OpFamily family);

}  // namespace opgauge
