// SPDX-License-Identifier: Apache-2.0
// Memory scenarios: the memory level that a configuration's working set (parameters, inputs and
// live intermediates) just fits into, by the machine's own capacities (measured where they were
// measured) for the threads in use.
//
//   L1_fit   working set <= L1      L2_fit   > L1, <= L2      …      DRAM_spill   larger than every
//   cache
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "machine/machine.hpp"
#include "sweep/configuration.hpp"

namespace opgauge {

struct Scenario {
  std::string name;
  double above_bytes = 0;  // the working set is larger than this
  double up_to_bytes = 0;  // and at most this; infinity for DRAM_spill
  bool contains(double bytes) const { return bytes > above_bytes && bytes <= up_to_bytes; }
};

// One a cache level, and DRAM_spill.
std::vector<Scenario> scenarios(const Machine& machine, int threads);
const Scenario& scenario_of(const std::vector<Scenario>& all, double working_set_bytes);
const Scenario& find_scenario(const std::vector<Scenario>& all,
                              const std::string& name);  // Error with suggestion

// Bytes that one inference of a configuration touches; throws Error if it cannot be built.
using WorkingSet = std::function<double(const Configuration&)>;

// Scales the family's `sizes` axes of `base` by a common factor until the working set lies in the
// scenario, near the middle of its range on a logarithmic scale. nullopt if no whole sizes reach it
// or a constraint forbids them.
std::optional<Configuration> solve_sizes(const Sweep& sweep, const Configuration& base,
                                         const Scenario& scenario, const WorkingSet& working_set);

}  // namespace opgauge
