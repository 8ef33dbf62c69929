// SPDX-License-Identifier: Apache-2.0
// Cores, caches and memory as the operating system declares them to this process (hwloc), and the
// CPU's name and instruction sets. Only the hardware threads that this process may run on count. In
// a guest all of this is what the hypervisor chose to say: measured values stand beside it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "machine/system_files.hpp"

namespace opgauge {

struct DeclaredCache {
  int level = 1;              // 1, 2, 3, …; data or unified
  double capacity_bytes = 0;  // one instance
  int shared_by_cores = 1;    // of those this process may use
};

struct Topology {
  int cores = 1;
  int threads_per_core = 1;
  int packages = 1;
  int numa_nodes = 1;
  int kinds_of_cores = 1;  // 2 where there are performance and efficiency cores
  double memory_bytes = 0;
  std::vector<DeclaredCache> caches;  // nearest first
  // Operating-system numbers of the hardware threads to use for 1, 2, … threads: one for each core
  // first, then the second ones of each core.
  std::vector<int> cpus;
};
// Throws Error if hwloc cannot read the machine.
Topology read_topology();

struct Cpu {
  std::string vendor;        // as CPUID says ("AuthenticAMD"), or ARM's implementer
  std::string model;         // marketing name as declared
  std::string architecture;  // x86_64, aarch64
  std::vector<std::string> isa;
  std::optional<double> declared_clock_hz;
};
Cpu read_cpu(const SystemFiles& system);

}  // namespace opgauge
