// SPDX-License-Identifier: Apache-2.0
#include "calibrate/references.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "base/error.hpp"
#include "base/statistics.hpp"
#include "calibrate/visit_bias.hpp"
#include "graph/liveness.hpp"
#include "graph/text.hpp"

namespace opgauge {
namespace {

constexpr double shortest_s = 1e-4, longest_s = 8e-4;  // of a run: many calls of it fit between two passes
constexpr int64_t most_bytes = 3'000'000;              // touched: it does not push a model out of the last cache
constexpr int least_visits = 4;
constexpr size_t of_each_kind = 2;
constexpr double least_part = 0.7;       // of its time, that a network of a kind spends on it
constexpr double interval_s = 0.1;       // between two turns
constexpr double turn_s = 1.5e-3;        // of each reference
constexpr int most_runs = 12, least_turns = 5;

enum class Kind : uint8_t { convolution, product, bytes };
constexpr std::array kinds = {Kind::convolution, Kind::product, Kind::bytes};

Kind kind_of(const Node& node) {
  if (!node.op) return Kind::bytes;
  if (node.op->family == OpFamily::convolution) return Kind::convolution;
  return node.op->family == OpFamily::matmul || node.op->family == OpFamily::attention ? Kind::product : Kind::bytes;
}

double sum_of(const std::vector<double>& values) { return std::accumulate(values.begin(), values.end(), 0.0); }

}  // namespace

std::vector<ReferenceNetwork> choose_references(std::span<const Observation> observations) {
  const VisitBias bias(observations);
  struct Candidate {
    double disagreement = 0;  // of the halves of its visits
    ReferenceNetwork network;
  };
  std::array<std::vector<Candidate>, kinds.size()> candidates;
  for (const Observation& one : observations) {
    const double least_s = sum_of(one.quiet_node_s);
    if (one.visits < least_visits || least_s < shortest_s || least_s > longest_s || one.half_node_s[1].size() != one.quiet_node_s.size()) continue;
    if (touched_bytes(one.graph) > most_bytes) continue;
    std::array<double, kinds.size()> part_s{};
    double quiet_s = 0;
    for (size_t n = 0; n < one.quiet_node_s.size(); ++n) {
      part_s[static_cast<size_t>(kind_of(one.graph.nodes[n]))] += one.quiet_node_s[n];
      quiet_s += bias.at_reference(one.quiet_node_s[n], one.visits);
    }
    const auto most = std::ranges::max_element(part_s);
    if (*most < least_part * least_s) continue;
    const double disagreement = std::abs(std::log(sum_of(one.half_node_s[0]) / sum_of(one.half_node_s[1])));
    candidates[static_cast<size_t>(most - part_s.begin())].push_back({disagreement, {print_graph(one.graph), quiet_s}});
  }
  std::vector<ReferenceNetwork> chosen;
  for (std::vector<Candidate>& of_kind : candidates) {
    std::ranges::sort(of_kind, {}, &Candidate::disagreement);
    for (size_t i = 0; i < std::min(of_each_kind, of_kind.size()); ++i) chosen.push_back(std::move(of_kind[i].network));
  }
  return chosen;
}

ReferenceRuns::ReferenceRuns(Device& device, std::span<const ReferenceNetwork> references) {
  for (const ReferenceNetwork& one : references) {
    try {
      const Graph graph = parse_graph(one.graph);
      std::vector<double> unknown_s(graph.nodes.size(), INFINITY);
      references_.push_back({device.prepare(graph), unknown_s, unknown_s, one.quiet_s});
    } catch (const Error&) {
      continue;
    }
  }
}

void ReferenceRuns::run(Clock& clock) {
  const double begin_s = clock.now_s();
  if (references_.empty() || (turns_ > 0 && begin_s - last_s_ < interval_s)) return;
  for (Reference& one : references_) {
    double spent_s = 0;
    for (int run = -1; run < most_runs && (run < 1 || spent_s < turn_s); ++run) {
      const double took_s = one.executable->run_timed_s(one.now_s);
      if (run < 0) continue;  // what ran before has pushed it out of the caches
      spent_s += took_s;
      for (size_t n = 0; n < one.now_s.size(); ++n) {
        if (one.now_s[n] >= 0) one.least_s[n] = std::min(one.least_s[n], one.now_s[n]);
      }
    }
  }
  ++turns_;
  last_s_ = begin_s;
}

std::optional<Slowness> ReferenceRuns::slowness() const {
  if (references_.size() < 2 || turns_ < least_turns) return std::nullopt;
  std::vector<double> logs;
  for (const Reference& one : references_) {
    const double least_s = sum_of(one.least_s);
    if (least_s > 0 && std::isfinite(least_s) && one.quiet_s > 0) logs.push_back(std::log(least_s / one.quiet_s));
  }
  if (logs.size() < 2) return std::nullopt;
  Slowness out;
  out.log_factor = median(logs);
  double squares = 0;
  for (const double value : logs) squares += std::pow(value - out.log_factor, 2);
  const auto count = static_cast<double>(logs.size());
  out.log_sd = std::sqrt(squares / (count - 1) / count);
  return out;
}

}  // namespace opgauge
