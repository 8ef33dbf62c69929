// SPDX-License-Identifier: Apache-2.0
// Measured ceilings of this machine: sustained arithmetic, bandwidth of each memory level, and
// where the levels end. Every number is the best of several visits that are spread over the whole
// time, in rounds over everything: a neighbour that takes the machine for a second costs one visit,
// not one number.
//
// Pages are the system's default, as LibTorch's tensors get them, so what address translation costs
// is in the numbers.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "machine/machine.hpp"
#include "machine/plateau.hpp"
#include "machine/thread_team.hpp"
#include "machine/topology.hpp"

namespace opgauge {

struct CeilingOptions {
  double budget_s = 20;  // of measuring; at least two rounds are made however long they take
  double available_memory_bytes = 0;  // what may be allocated at most is a quarter of it
  std::function<void(const std::string&)> progress = [](const std::string&) {};
};

struct Ceilings {
  std::vector<ComputeCeiling> compute;
  std::vector<MemoryLevel> levels;  // declared beside measured; DRAM last
  std::vector<SweepPoint> sweep;    // one thread, read
  double clock_hz = 0;
  std::vector<std::string> notes;
};

// A level as declared, nothing measured yet.
MemoryLevel declared_level(std::string name, int shared_by_cores,
                           std::optional<double> capacity_bytes);

// Thread counts that are measured: 1, 2, 4, … and the number of cores.
std::vector<int> measured_thread_counts(int cores);

// `topology.cpus` are used in order; `cores` of them at most run together.
Ceilings measure_ceilings(const Topology& topology, int cores, const CeilingOptions& options);

}  // namespace opgauge
