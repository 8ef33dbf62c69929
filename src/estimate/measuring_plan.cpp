// SPDX-License-Identifier: Apache-2.0
#include "estimate/measuring_plan.hpp"

#include <algorithm>
#include <cmath>

#include "graph/op_table.hpp"

namespace opgauge {
namespace {

constexpr size_t near = 8;  // nodes: calls this close share their neighbours

class Planner {
 public:
  Planner(const Graph& graph, const GraphCases& cases, const MeasuredSum& sum, const OpModel& model,
          const PlanSettings& settings)
      : graph_(graph), cases_(cases), sum_(sum), settings_(settings), made_by_(graph.values.size(), -1) {
    plan_.keep.assign(graph.nodes.size(), false);
    plan_.scored = plan_.keep;
    for (size_t n = 0; n < graph.nodes.size(); ++n) {
      plan_.model_s += sum.calls[n].latency_s;
      for (const ValueId id : graph.nodes[n].outputs) {
        if (id != no_value) made_by_[index(id)] = static_cast<int64_t>(n);
      }
    }
    enough_variance_ = std::pow(settings.enough_sd * model.floor_sd * plan_.model_s, 2);
    for (size_t k = 0; k < cases.cases.size(); ++k) add_candidate(k);
  }

  MeasuringPlan run() {
    while (left_variance() > enough_variance_ && take_best()) {
    }
    if (plan_.cases.empty()) return plan_;
    double wanted_s = 0;
    for (const size_t k : plan_.cases)
      for (const size_t n : cases_.cases[k].nodes) wanted_s += sum_.calls[n].latency_s;
    const bool runs = std::ranges::all_of(graph_.nodes, [](const Node& node) { return node.op != nullptr; });
    plan_.whole = runs && wanted_s >= settings_.whole_share * plan_.model_s &&
                  settings_.least_visits * plan_.model_s <= settings_.budget_s;
    plan_.budget_s = settings_.budget_s;
    if (plan_.whole) {
      plan_.keep.assign(graph_.nodes.size(), true);
      plan_.scored = plan_.keep;
      plan_.pass_s = plan_.model_s;
      return plan_;
    }
    // As many passes as the whole graph would get, so that what is known already is time saved.
    const double passes = std::max<double>(settings_.visits, settings_.budget_s / plan_.model_s);
    plan_.budget_s = std::min(settings_.budget_s, passes * plan_.pass_s);
    for (const size_t k : plan_.cases) {
      for (const size_t n : cases_.cases[k].nodes) {
        if (plan_.keep[n]) plan_.scored[n] = has_its_makers(n);
      }
    }
    return plan_;
  }

 private:
  struct Candidate {
    size_t at = 0;         // index into the cases
    double own = 0;        // variance of its own errors
    double common_s = 0;   // its part of the class's shared error
  };

  void add_candidate(size_t k) {
    const std::vector<size_t>& nodes = cases_.cases[k].nodes;
    if (sum_.measured[nodes.front()] || !graph_.nodes[nodes.front()].op) return;
    Candidate one{k, 0, 0};
    for (const size_t n : nodes) {
      const OpPrediction& call = sum_.calls[n];
      one.own += call.latency_s * call.own_sd;  // calls of one shape are off together
      one.common_s += call.latency_s * call.common_sd;
    }
    one.own *= one.own;
    class_s_[class_of(k)] += one.common_s;
    own_variance_ += one.own;
    candidates_.push_back(one);
  }

  const std::string& class_of(size_t k) const { return sum_.calls[cases_.cases[k].nodes.front()].key; }

  double left_variance() const {
    double variance = own_variance_;
    for (const auto& [key, seconds] : class_s_) variance += seconds * seconds;
    return variance;
  }

  // The instance of a case that lies nearest to what is kept already.
  size_t instance(size_t k) const {
    const std::vector<size_t>& nodes = cases_.cases[k].nodes;
    size_t best = nodes[nodes.size() / 2];
    size_t distance = near;
    for (const size_t n : nodes) {
      for (size_t d = 0; d < distance; ++d) {
        if ((n >= d && plan_.keep[n - d]) || (n + d < plan_.keep.size() && plan_.keep[n + d])) {
          distance = d;
          best = n;
        }
      }
    }
    return best;
  }

  // The node, and what makes its operands: through views to the call that writes them.
  void lead_up(size_t node, std::vector<size_t>& nodes) const {
    if (plan_.keep[node] || std::ranges::find(nodes, node) != nodes.end()) return;
    nodes.push_back(node);
    for_each_operand(graph_.nodes[node], [&](ValueId id) {
      const int64_t maker = made_by_[index(id)];
      if (maker < 0) return;
      const auto at = static_cast<size_t>(maker);
      const OpRow* op = graph_.nodes[at].op;
      if (!op) return;  // cannot run: its result becomes an input
      if (op->family == OpFamily::view) {
        lead_up(at, nodes);
      } else if (!plan_.keep[at] && std::ranges::find(nodes, at) == nodes.end()) {
        nodes.push_back(at);
      }
    });
  }

  bool has_its_makers(size_t node) const {
    bool all = true;
    for_each_operand(graph_.nodes[node], [&](ValueId id) {
      const int64_t maker = made_by_[index(id)];
      if (maker >= 0 && !plan_.keep[static_cast<size_t>(maker)]) all = false;
    });
    return all;
  }

  double seconds(const std::vector<size_t>& nodes) const {
    double sum = 0;
    for (const size_t n : nodes) sum += sum_.calls[n].latency_s;
    return sum;
  }

  bool take_best() {
    const double most_s = settings_.budget_s / settings_.least_visits;
    double best_ratio = 0;
    size_t best = candidates_.size();
    std::vector<size_t> best_nodes;
    for (size_t i = 0; i < candidates_.size(); ++i) {
      const Candidate& one = candidates_[i];
      const double class_s = class_s_[class_of(one.at)];
      const double gain = one.own + class_s * class_s - std::pow(class_s - one.common_s, 2);
      std::vector<size_t> nodes;
      lead_up(instance(one.at), nodes);
      const double cost_s = std::max(1e-9, seconds(nodes));
      if (plan_.pass_s + cost_s > most_s || gain / cost_s <= best_ratio) continue;
      best_ratio = gain / cost_s;
      best = i;
      best_nodes = std::move(nodes);
    }
    if (best == candidates_.size()) return false;
    const Candidate taken = candidates_[best];
    candidates_.erase(candidates_.begin() + static_cast<std::ptrdiff_t>(best));
    for (const size_t n : best_nodes) plan_.keep[n] = true;
    plan_.pass_s += seconds(best_nodes);
    plan_.cases.push_back(taken.at);
    own_variance_ -= taken.own;
    class_s_[class_of(taken.at)] -= taken.common_s;
    return true;
  }

  const Graph& graph_;
  const GraphCases& cases_;
  const MeasuredSum& sum_;
  const PlanSettings& settings_;
  std::vector<int64_t> made_by_;
  std::vector<Candidate> candidates_;
  std::map<std::string, double> class_s_;  // what is left of each class's shared error
  double own_variance_ = 0, enough_variance_ = 0;
  MeasuringPlan plan_;
};

}  // namespace

MeasuringPlan plan_measuring(const Graph& graph, const GraphCases& cases, const MeasuredSum& sum,
                             const OpModel& model, const PlanSettings& settings) {
  return Planner(graph, cases, sum, model, settings).run();
}

}  // namespace opgauge
