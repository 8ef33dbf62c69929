// SPDX-License-Identifier: Apache-2.0
// Cost classes: ops that one kernel executes, and the physical features that explain its time.
//
//   time of a call = sum over the class's features of  coefficient_j * feature_j,   coefficient_j >= 0
//
// A class is a row: name, parent, the rule that says which calls belong to it, its features, and where the rule is
// from. The first row that applies wins. A class with few or no measured cases leans on its parent, the parent on
// `any` (call + FLOPs + bytes, the roofline's terms as a sum). docs/model.md is checked against this table by a test.
#pragma once

#include <array>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "estimate/case_facts.hpp"

namespace opgauge {

// One explanatory quantity; its coefficient is in seconds per `per`.
struct CostFeature {
  std::string_view name;
  std::string_view per;  // "call", "FLOP", "byte", "row", …
  std::string_view doc;
  double (*value)(const CaseFacts&);
  bool from_memory = false;  // what main memory makes of it

  // No machine is so slow: what a fit may not exceed, in seconds per unit. 1 GB/s, 0.05 GFLOP/s, 300 ns for a loop or an element,
  // 1 ms for anything else.
  double most_s() const {
    return per == "byte" ? 1e-9 : per == "FLOP" ? 2e-8 : per == "loop" || per == "element" ? 3e-7 : name.starts_with("cold_") ? 1.2e-4 : 1e-3;
  }
};
std::span<const CostFeature> cost_features();
// Index into cost_features(); a check fails on an unknown name.
size_t cost_feature(std::string_view name);

struct CostClass {
  std::string_view name;
  std::string_view parent;  // "" only for `any`
  bool (*applies)(const CaseFacts&);
  std::vector<size_t> features;
  std::string_view source;  // of the rule
};
const std::vector<CostClass>& cost_classes();
// Index into cost_classes(), -1 if there is none of that name.
int find_cost_class(std::string_view name);
// The class of a call; never fails: `any` takes what no other row does.
size_t cost_class_of(const CaseFacts& facts);

// Calls of reduced precision are fitted apart: "linear" for f32 (and integers, whose bytes tell their cost),
// "linear@bf16" otherwise. Within a class each variant
// with enough cases has a fit of its own that leans on its class: "relu/relu6", "pow/pow^2@bf16".
std::string cost_class_key(const CaseFacts& facts);
std::string cost_variant_key(const CaseFacts& facts);
// f32 -> "", bf16 -> "@bf16": what a dtype adds to a class's key.
std::string dtype_suffix(Dtype dtype);

// The features of `cost_class` for a call, in the order of its row.
std::vector<double> feature_values(const CostClass& cost_class, const CaseFacts& facts);

}  // namespace opgauge
