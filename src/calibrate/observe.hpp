// SPDX-License-Identifier: Apache-2.0
// What was measured of one network, in context: the quiet time of each of its calls.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/fields.hpp"
#include "base/json.hpp"
#include "calibrate/design.hpp"
#include "measure/protocol_rounds.hpp"

namespace opgauge {

struct Observation {
  std::string name;
  std::string group;               // cross-validation keeps a group together; the archetype or family
  Graph graph;
  std::vector<double> quiet_node_s;  // per node, the least over visits
  double typical_s = 0;            // median end-to-end run
  double least_run_s = 0;          // quickest end-to-end run
  int visits = 0;
  std::vector<double> half_node_s[2];  // quiet_node_s over every second visit, from the first and from the second; may be empty
  std::optional<double> sum_over_run;  // sum over nodes of a timed run / that run, median over visits
};

struct ObserveOptions {
  double budget_s = 60;
  int max_visits = 40;
  double seldom_above_s = 0;  // networks that take longer are visited in every second round; 0: all in every round
  uint64_t seed = 1;
  int64_t capacity_bytes = int64_t{8} << 30;
  std::function<void(int done, int all, int round)> progress;  // after each visit; may be empty
  std::function<bool()> interrupted;
  std::function<void(size_t network, const Visit&)> on_visit;  // for a journal; may be empty
  std::vector<std::vector<Visit>> earlier;                     // per network, what a journal gave back; may be empty
};

// Visits every network in random rounds until the budget is used up. Networks that cannot run are left out and named
// in `failures`.
std::vector<Observation> observe(Device& device, std::span<const DesignedNetwork> networks, const ObserveOptions& options,
                                 const Surroundings& around, std::vector<std::string>& failures);

// Where and in which state of the machine observations were made.
struct ObservedState {
  std::map<std::string, std::string> fingerprint;
  double probe_compute_s = 0, probe_memory_s = 0;  // quiet
  double running_s = 0;
  static constexpr auto fields() {
    using O = ObservedState;
    return std::make_tuple(field("fingerprint", &O::fingerprint, "", "hardware, software and settings"),
                           field("probe_compute_s", &O::probe_compute_s, "s", "quiet time of the compute probe"),
                           field("probe_memory_s", &O::probe_memory_s, "s", "quiet time of the memory probe"),
                           field("running_s", &O::running_s, "s", "time spent on measuring"));
  }
};

// Observations as a file, so that a fit can be repeated without measuring: the state in the first line, then a network a line.
void write_observations(const std::filesystem::path& path, const ObservedState& state, std::span<const Observation> observations);
std::vector<Observation> read_observations(const std::filesystem::path& path, ObservedState& state);

}  // namespace opgauge
