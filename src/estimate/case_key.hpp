// SPDX-License-Identifier: Apache-2.0
// What a measured call is filed under: its case text and, coarsely, from how far its operands and
// its code come. The same call is slower between other neighbours: activations written long ago lie
// beyond L2, the parameters of a large model in main memory.
//
//   "aten::linear(f32[1,768], parameter f32[768,768]) @ w12 i0 c1"
//
// w: share of its parameters beyond L2 and beyond L3, i: of its activations beyond L2, c: of its code
// (docs/model.md, "Context"); 0 below a fifth, 2 from four fifths on, 1 between.
#pragma once

#include <map>
#include <span>
#include <string>
#include <vector>

#include "estimate/case_facts.hpp"
#include "machine/timed_case.hpp"

namespace opgauge {

std::string case_context(const CaseFacts& facts);
std::string case_key(const std::string& text, const std::string& context);

// The distinct cases of a graph.
struct GraphCases {
  struct One {
    std::string text, context;
    std::vector<size_t> nodes;
    std::string key() const { return case_key(text, context); }
  };
  std::vector<One> cases;
  std::vector<size_t> of_node;  // index into `cases`
};
// `facts`: of the graph's nodes, with context.
GraphCases cases_of(const Graph& graph, std::span<const CaseFacts> facts);

// What is known of a case.
struct CaseTime {
  double quiet_s = 0;
  double log_sd = 0;
  int visits = 0;
};
using CaseTimes = std::map<std::string, CaseTime>;  // by case_key
// Of several measurements of one case: the least among those with at least half of the most visits.
CaseTimes case_times(std::span<const TimedCase> cases);

}  // namespace opgauge
