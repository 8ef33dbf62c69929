// SPDX-License-Identifier: Apache-2.0
// A class with few cases cannot tell its features apart: one small call explains its time by FLOPs as well as by the call
// itself, and a large call would then be a hundred times off. A class that stands in for another has features that never
// varied. How far such a class may depart from the root class is bounded by how far its cases did.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "estimate/case_facts.hpp"
#include "machine/op_model.hpp"

namespace opgauge {

struct ClassCase {
  size_t cost_class = 0;
  std::string key, variant_key;  // of the class and of its variant, with the dtype
  const CaseFacts* facts = nullptr;
  double seconds = 0;
};

// Sets most_departure = 1.6 exp(n / (n + 3) q) of every fit but the roots: n its cases (of its subtree where it has none of
// its own), q the 80 % quantile of |log(measured / root)| over them. Parents stand before their children.
void bound_thin_classes(std::vector<ClassFit>& fits, std::span<const ClassCase> cases);

}  // namespace opgauge
