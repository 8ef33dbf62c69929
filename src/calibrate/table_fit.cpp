// SPDX-License-Identifier: Apache-2.0
#include "calibrate/table_fit.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include "base/parallel.hpp"
#include "calibrate/space_filling.hpp"
#include "estimate/residual_coordinate.hpp"

namespace opgauge {
namespace {

constexpr size_t chunk = 4096;             // rows of one piece of parallel work
constexpr size_t tries = 16;               // rows from which the next training row is taken
constexpr size_t most_candidates = 50000;  // of a class, from which its training rows are spread

template <class Body>
void for_each_row(const TimingTable& table, const TableFitOptions& options, Body&& body) {
  const size_t chunks = (table.rows.size() + chunk - 1) / chunk;
  parallel_for(chunks, [&](size_t c) {
    for (size_t i = c * chunk; i < std::min(table.rows.size(), (c + 1) * chunk); ++i) {
      try {
        const Graph graph = table.rows[i].graph();
        body(i, graph, facts_of(graph, options.conditions).at(0));
      } catch (const Error& error) {
        throw error.within(table.where + ":" + std::to_string(table.rows[i].line));
      }
    }
  });
}

// Sizes alone say where a row lies: what is padded or unaligned follows from them.
std::vector<const ResidualCoordinate*> sizes_of(OpFamily family) {
  std::vector<const ResidualCoordinate*> sizes = residual_coordinates(family);
  std::erase_if(sizes, [](const ResidualCoordinate* one) { return !one->unbounded; });
  return sizes;
}

// How many rows of each class to learn from: in proportion to its rows, but at least some of each.
std::vector<size_t> shares_of(const std::vector<size_t>& counts, const TableFitOptions& options) {
  const size_t all = std::accumulate(counts.begin(), counts.end(), size_t{0});
  std::vector<size_t> shares;
  for (const size_t count : counts) {
    const double part = static_cast<double>(options.train) * static_cast<double>(count) / static_cast<double>(all);
    shares.push_back(std::min(count, std::max(static_cast<size_t>(part), options.least_a_class)));
  }
  // What the small classes got is taken from the largest.
  while (std::accumulate(shares.begin(), shares.end(), size_t{0}) > options.train) {
    const auto largest = std::ranges::max_element(shares);
    if (*largest <= 1) break;
    --*largest;
  }
  while (std::accumulate(shares.begin(), shares.end(), size_t{0}) < std::min(all, options.train)) {
    const size_t largest = static_cast<size_t>(std::ranges::max_element(counts) - counts.begin());
    if (shares[largest] == counts[largest]) break;
    ++shares[largest];
  }
  return shares;
}

Observation observation_of(const TimedOp& row) {
  Observation one{"row " + std::to_string(row.line), "table", row.graph(), {row.latency_s}, row.latency_s, row.latency_s, 1};
  return one;
}

ErrorSummary summary_of(const std::vector<double>& predicted, const std::vector<double>& measured) {
  return predicted.empty() ? ErrorSummary{} : summarize_errors(predicted, measured);
}

}  // namespace

TableFit fit_table(const TimingTable& table, const TableFitOptions& options) {
  const size_t count = table.rows.size();
  if (count < 2) throw Error(table.where, "found " + std::to_string(count) + " row, expected at least two");
  // Which class each row belongs to, and where it lies in the class's shapes.
  std::vector<std::string> key_of_row(count);
  std::vector<std::vector<float>> places(count);
  for_each_row(table, options, [&](size_t i, const Graph&, const CaseFacts& facts) {
    key_of_row[i] = cost_class_key(facts);
    for (const double value : residual_place(sizes_of(facts.family), facts)) places[i].push_back(static_cast<float>(value));
  });
  std::map<std::string, std::vector<size_t>> classes;
  for (size_t i = 0; i < count; ++i) classes[key_of_row[i]].push_back(i);

  TableFit out;
  std::vector<size_t> counts;
  for (const auto& [key, members] : classes) counts.push_back(members.size());
  const std::vector<size_t> shares = shares_of(counts, options);
  size_t at = 0;
  for (const auto& [key, members] : classes) {
    std::vector<size_t> candidates;
    const size_t step = (members.size() + most_candidates - 1) / most_candidates;
    for (size_t i = 0; i < members.size(); i += step) candidates.push_back(members[i]);
    size_t width = 0;  // a class that takes what no other does may hold several families
    for (const size_t i : candidates) width = std::max(width, places[i].size());
    std::vector<double> points(candidates.size() * width);
    for (size_t i = 0; i < candidates.size(); ++i) {
      std::ranges::copy(places[candidates[i]], points.begin() + static_cast<std::ptrdiff_t>(i * width));
    }
    for (const size_t i : spread_out(points, width, shares[at], options.seed, tries)) out.training.push_back(candidates[i]);
    ++at;
  }
  places = {};
  std::ranges::sort(out.training);

  std::vector<Observation> observations;
  for (const size_t i : out.training) observations.push_back(observation_of(table.rows[i]));
  OpFitOptions fitting;
  fitting.conditions = options.conditions;
  fitting.seed = options.seed;
  fitting.half_weight_s = 0;  // whoever timed single ops looped the short ones
  fitting.residuals.seed = options.seed;
  fitting.residuals.evidence_points = 300;
  fitting.residuals.most_points = 400;
  fitting.residuals.limit = 3;  // a table's kernels may be others than those that the features describe
  out.fit = fit_op_model(observations, fitting);

  out.predicted_s.assign(count, 0);
  std::vector<double> physical_s(count, 0);
  const OpPredictor predictor(out.fit.model);
  for_each_row(table, options, [&](size_t i, const Graph&, const CaseFacts& facts) {
    const OpPrediction call = predictor.predict(facts);
    out.predicted_s[i] = call.latency_s;
    physical_s[i] = call.physical_s;
  });
  std::vector<bool> trained(count);
  for (const size_t i : out.training) trained[i] = true;
  std::vector<double> rest_predicted, rest_measured;
  for (const auto& [key, members] : classes) {
    TableClass one{key, members.size(), 0, {}, {}};
    std::vector<double> predicted, physical, measured;
    for (const size_t i : members) {
      if (trained[i]) {
        ++one.trained;
        continue;
      }
      predicted.push_back(out.predicted_s[i]);
      physical.push_back(physical_s[i]);
      measured.push_back(table.rows[i].latency_s);
    }
    one.rest = summary_of(predicted, measured);
    one.rest_physical = summary_of(physical, measured);
    rest_predicted.insert(rest_predicted.end(), predicted.begin(), predicted.end());
    rest_measured.insert(rest_measured.end(), measured.begin(), measured.end());
    out.classes.push_back(std::move(one));
  }
  std::ranges::stable_sort(out.classes, [](const TableClass& a, const TableClass& b) { return a.rows > b.rows; });
  out.rest = summary_of(rest_predicted, rest_measured);
  return out;
}

}  // namespace opgauge
