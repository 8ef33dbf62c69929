// SPDX-License-Identifier: Apache-2.0
// One part of a sweep for one of several machines or tasks: shard i of n, counted from 0. Every
// task computes the same split on its own, from the graphs alone (never from a machine's
// calibration), so nothing has to be exchanged.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "sweep/prospect.hpp"

namespace opgauge {

struct Shard {
  int index = 0;  // from 0
  int count = 1;
};

// "2/8", or "auto": from the environment of Slurm (array or step), Open MPI or a Kubernetes Indexed
// Job. Throws Error: out of range, not of that form, nothing in the environment.
using Environment = std::function<std::optional<std::string>(const char* name)>;
Shard parse_shard(const std::string& text, const Environment& environment);
// What "auto" gives, where a scheduler says both numbers and there is more than one task.
std::optional<Shard> scheduled_shard(const Environment& environment);
std::optional<std::string> environment_variable(const char* name);

// Seconds that measuring a configuration is reckoned to take on a nominal machine.
double nominal_cost_s(const Configuration& configuration);

// Shard number of each configuration: the dearest first, each to the shard with the least so far.
std::vector<int> split_by_cost(const std::vector<double>& costs, int shards);
// The grid's configurations of one shard, in the grid's order.
Grid shard_of(const Grid& grid, const Shard& shard);

}  // namespace opgauge
