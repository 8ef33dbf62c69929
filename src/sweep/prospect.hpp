// SPDX-License-Identifier: Apache-2.0
// What is known of a configuration before anything runs: its graph, its working set and memory
// scenario, its estimate.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "estimate/predict.hpp"
#include "machine/machine.hpp"
#include "sweep/configuration.hpp"
#include "sweep/model_source.hpp"
#include "sweep/scenarios.hpp"

namespace opgauge {

// The model in fp32, in the memory order of its `layout`. Throws Error if it cannot be built.
ModelSource load_configuration(const Configuration& configuration);
// Its graph in the configuration's precision; int8 with nominal ranges: right in shape, work and
// time, not in value.
Graph build_graph(const Configuration& configuration);

struct Prospect {
  std::string unbuildable;            // why there is no graph; "" if there is one
  bool unsupported = false;           // because it has no such precision: skipped, not failed
  std::optional<int64_t> batch_size;  // of an export that was not bound to the configuration's
  double working_set_bytes = 0;
  std::string scenario;
  std::optional<Estimate> estimate;
  std::string no_estimate;  // why there is no estimate
};

// null: there is none
using CalibrationFor = std::function<const Calibration*(const Machine&, const CalibrationUse&)>;

struct EstimateBasis {
  const Machine& machine;                // of the CPU; of the accelerator where there is no other
  const Machine* accelerator = nullptr;  // null: not described
  CalibrationFor calibration_for;        // empty: none
  std::string estimator = "auto";

  const Machine* machine_of(const std::string& device) const {
    return device == "cpu" ? &machine : accelerator;
  }
};
Prospect look_ahead(const Configuration& configuration, const EstimateBasis& basis);

struct Plan {
  std::vector<Configuration> configurations;
  std::vector<Prospect> prospects;  // one per configuration
  size_t outside_scenario = 0;      // left out because `scenario` was asked for
  size_t solved = 0;                // of the configurations, sizes solved for to cover a scenario
  std::vector<std::string> notes;   // scenarios that cannot be covered
};

// Looks at every configuration; keeps those of `scenario` ("" keeps all). A scenario without a grid
// point is covered by solved sizes: the asked one, or with `cover_all` every one.
Plan plan_sweep(const Sweep& sweep, const Grid& grid, const EstimateBasis& basis,
                const std::string& scenario, bool cover_all);

}  // namespace opgauge
