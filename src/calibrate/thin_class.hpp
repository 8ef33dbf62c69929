// SPDX-License-Identifier: Apache-2.0
// A class with few cases cannot tell its features apart: one small call explains its time by FLOPs as well as by the call
// itself, and a large call would then be a hundred times off. How far such a class may depart from what it leans on is
// bounded by how far its cases did.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "estimate/case_facts.hpp"
#include "machine/op_model.hpp"

namespace opgauge {

inline constexpr size_t thin_cases = 25;  // a class with fewer is bounded

struct ClassCase {
  size_t cost_class = 0;
  std::string key, variant_key;  // of the class and of its variant, with the dtype
  const CaseFacts* facts = nullptr;
  double seconds = 0;
};

// Sets most_departure = 1.6 exp(n / (n + 3) q) of every fit with a parent and n < thin_cases cases (its own; of its subtree
// where it has none); q is the 80 % quantile of |log(measured / a)| over them, a what the nearest ancestor with enough cases
// says. Parents stand before their children.
void bound_thin_classes(std::vector<ClassFit>& fits, std::span<const ClassCase> cases);

}  // namespace opgauge
