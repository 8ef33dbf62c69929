// SPDX-License-Identifier: Apache-2.0
// What a working-set sweep says about the caches. The bandwidth of a loop over a working set falls
// in steps as the set outgrows one cache after the other:
//
//   working set   16K 32K 64K … 1M  2M … 32M 64M 128M
//   GB/s          460 470 215 … 190 115 … 84 41  38      -> capacities 43K, 1.3M, 39M
//
// The curve (log bandwidth over log size) is cut into level pieces with the least squared deviation
// (optimal segmentation by dynamic programming, Bellman 1961), at most one piece for each declared
// cache and one for DRAM, and a piece more only where its level lies clearly below the last. A
// capacity is where the curve passes the geometric mean of the levels beside the cut.
//
// Limits: caches that differ by less than 20 % in bandwidth cannot be told apart; prefetching
// smears the steps by up to an octave; a cache shared with other guests shows the share that was
// left to this one at that time.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace opgauge {

struct SweepPoint {
  double working_set_bytes = 0;
  double bytes_per_s = 0;
};

struct CurveStep {
  double capacity_bytes = 0;                            // working sets up to here fit
  double inner_bytes_per_s = 0, outer_bytes_per_s = 0;  // levels before and after
};

// Steps of a curve with ascending, distinct working sets, at most `most` of them; fewer if the data
// shows fewer.
std::vector<CurveStep> find_steps(const std::vector<SweepPoint>& curve, int most);

// What the sweep says about one declared capacity.
struct CapacityVerdict {
  std::optional<double> measured_capacity_bytes;  // nullopt: no step found for it
  bool contradicted = false;
  std::string note;  // "" if they agree
};
// Assigns steps to declared capacities (ascending), in order, with the least total distance in
// octaves. A capacity is contradicted where its step is more than a factor of two away, or where
// the sweep goes to four times the declared size without a step of its own while it declares to be
// a level.
std::vector<CapacityVerdict> judge_capacities(const std::vector<double>& declared_bytes,
                                              const std::vector<CurveStep>& steps,
                                              double largest_working_set_bytes);

}  // namespace opgauge
