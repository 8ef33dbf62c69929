// SPDX-License-Identifier: Apache-2.0
#include "calibrate/leave_out.hpp"

#include <algorithm>
#include <map>
#include <numeric>
#include <set>

#include "base/parallel.hpp"

namespace opgauge {
namespace {

struct Pairs {
  std::vector<double> predicted, measured;
  void add(double p, double t) {
    predicted.push_back(p);
    measured.push_back(t);
  }
  ErrorSummary summary() const { return predicted.empty() ? ErrorSummary{} : summarize_errors(predicted, measured); }
};

}  // namespace

std::vector<LeftOutClass> leave_classes_out(std::span<const Observation> observations, const OpFitOptions& options, const OpFitResult& fit) {
  std::map<std::string, Pairs> usual;
  std::map<std::string, std::vector<const FittedCase*>> members;
  for (const FittedCase& one : fit.cases) {
    usual[one.key].add(one.held_out_s, one.measured_s);
    members[one.key].push_back(&one);
  }
  std::vector<std::vector<CaseFacts>> facts;
  for (const Observation& one : observations) facts.push_back(facts_of(one.graph, options.conditions));
  std::vector<LeftOutClass> out;
  for (const auto& [key, pairs] : usual) out.push_back({key, "", {}, pairs.summary()});
  parallel_for(out.size(), [&](size_t i) {
    LeftOutClass& one = out[i];
    const OpModel model = fit_classes(observations, options, [&](size_t, const CaseFacts& f) { return cost_class_key(f) != one.key; }, one.key);
    if (model.classes.empty()) return;  // nothing else was measured
    const OpPredictor predictor(model);
    Pairs pairs;
    std::map<std::string, int> used;
    for (const FittedCase* call : members[one.key]) {
      const OpPrediction prediction = predictor.predict(facts[call->network][call->node]);
      pairs.add(prediction.latency_s, call->measured_s);
      ++used[prediction.key];
    }
    one.without = pairs.summary();
    one.stand_in = std::ranges::max_element(used, {}, [](const auto& entry) { return entry.second; })->first;
  });
  return out;
}

std::vector<LeftOutArchetype> leave_archetypes_out(std::span<const Observation> observations, const OpFitOptions& options,
                                                   const OpFitResult& fit) {
  std::map<std::string, Pairs> usual;
  for (size_t i = 0; i < observations.size(); ++i) {
    if (fit.network_measured_s[i] > 0) usual[observations[i].group].add(fit.network_held_out_s[i], fit.network_measured_s[i]);
  }
  const std::vector<std::vector<size_t>> nodes = fit.nodes_of_networks();
  std::vector<LeftOutArchetype> out;
  for (const auto& [group, pairs] : usual) out.push_back({group, {}, pairs.summary()});
  parallel_for(out.size(), [&](size_t i) {
    LeftOutArchetype& one = out[i];
    const OpModel model = fit_classes(observations, options, [&](size_t network, const CaseFacts&) { return observations[network].group != one.archetype; });
    if (model.classes.empty()) return;
    const OpPredictor predictor(model);
    Pairs pairs;
    for (size_t n = 0; n < observations.size(); ++n) {
      if (observations[n].group != one.archetype || !(fit.network_measured_s[n] > 0)) continue;
      const std::vector<CaseFacts> facts = facts_of(observations[n].graph, options.conditions);
      double seconds = 0;
      for (const size_t node : nodes[n]) seconds += predictor.predict(facts[node]).latency_s;
      pairs.add(seconds, fit.network_measured_s[n]);
    }
    one.without = pairs.summary();
  });
  return out;
}

std::vector<FamilyScore> score_families(std::span<const Observation> families, const OpModel& model) {
  const OpPredictor predictor(model);
  std::vector<FamilyScore> out;
  for (const Observation& one : families) {
    std::vector<OpPrediction> calls;
    for (const CaseFacts& facts : facts_of(one.graph, conditions_of(model))) calls.push_back(predictor.predict(facts));
    const OpPredictor::Total total = predictor.total(calls);
    out.push_back({one.name, total.latency_s, total.low_s, total.high_s, std::accumulate(one.quiet_node_s.begin(), one.quiet_node_s.end(), 0.0)});
  }
  return out;
}

}  // namespace opgauge
