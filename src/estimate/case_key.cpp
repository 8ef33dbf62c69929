// SPDX-License-Identifier: Apache-2.0
#include "estimate/case_key.hpp"

#include <algorithm>

#include "graph/case.hpp"

namespace opgauge {
namespace {

char level(double part, double whole) {
  const double share = whole > 0 ? part / whole : 0;
  return share < 0.2 ? '0' : share < 0.8 ? '1' : '2';
}

}  // namespace

std::string case_context(const CaseFacts& facts) {
  std::string context = "w";
  context += level(facts.cold_weight_l2_bytes, facts.weight_bytes);
  context += level(facts.cold_weight_l3_bytes, facts.weight_bytes);
  context += " i";
  context += level(facts.cold_input_bytes, facts.input_bytes);
  context += " c";
  context += level(facts.cold_code, 1);
  return context;
}

std::string case_key(const std::string& text, const std::string& context) { return text + " @ " + context; }

GraphCases cases_of(const Graph& graph, std::span<const CaseFacts> facts) {
  OPGAUGE_CHECK(facts.size() == graph.nodes.size(), "facts of every node");
  GraphCases out;
  std::map<std::string, size_t> known;
  for (size_t n = 0; n < facts.size(); ++n) {
    GraphCases::One one{case_text(graph, graph.nodes[n]), case_context(facts[n]), {}};
    const auto [at, fresh] = known.emplace(one.key(), out.cases.size());
    if (fresh) out.cases.push_back(std::move(one));
    out.cases[at->second].nodes.push_back(n);
    out.of_node.push_back(at->second);
  }
  return out;
}

CaseTimes case_times(std::span<const TimedCase> cases) {
  std::map<std::string, int> most;
  for (const TimedCase& one : cases) {
    int& visits = most[case_key(one.text, one.context)];
    visits = std::max(visits, one.visits);
  }
  CaseTimes times;
  for (const TimedCase& one : cases) {
    const std::string key = case_key(one.text, one.context);
    if (2 * one.visits < most[key]) continue;
    const auto [at, fresh] = times.emplace(key, CaseTime{one.quiet_s, one.log_sd, one.visits});
    if (!fresh && one.quiet_s < at->second.quiet_s) at->second = {one.quiet_s, one.log_sd, one.visits};
  }
  return times;
}

}  // namespace opgauge
