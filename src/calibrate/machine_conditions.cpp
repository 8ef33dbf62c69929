// SPDX-License-Identifier: Apache-2.0
#include "calibrate/machine_conditions.hpp"

#include <string_view>

#include "calibrate/blas_tiles.hpp"

namespace opgauge {
namespace {

constexpr double most_over_declared = 4;     // of a private cache
constexpr double least_cache_speedup = 1.3;  // of the last cache over main memory
constexpr double least_cache_share = 0.125;  // of what is declared, found
constexpr double usual_l3_over_l2 = 8;       // of a guest's share

// Prefetching can hide where a private cache ends; one several times as large as declared is not believed. The share of the
// last cache is found from the calibration itself (calibrate/last_cache.hpp).
double believable_capacity_bytes(const MemoryLevel& level) {
  const double declared = level.declared_capacity_bytes.value_or(0);
  return declared > 0 && level.capacity_bytes() > most_over_declared * declared ? declared : level.capacity_bytes();
}

double read_bytes_per_s(const Machine& machine, std::string_view level) {
  for (const MemoryLevel& one : machine.levels) {
    if (one.name != level) continue;
    for (const Bandwidth& measured : one.bandwidths) {
      if (measured.kernel == "read" && measured.threads == 1) return measured.bytes_per_s;
    }
  }
  return 0;
}

}  // namespace

bool tells_last_cache(const Machine& machine) {
  for (const MemoryLevel& level : machine.levels) {
    if (level.name == "L3" && level.measured_capacity_bytes && level.declared_capacity_bytes && *level.measured_capacity_bytes < least_cache_share * *level.declared_capacity_bytes) return false;
  }
  const double cache = read_bytes_per_s(machine, "L3"), memory = read_bytes_per_s(machine, "DRAM");
  return cache <= 0 || memory <= 0 || cache > least_cache_speedup * memory;
}

CostConditions conditions_of(const Machine& machine, int threads) {
  bool has_l3 = false;
  CostConditions conditions;
  conditions.threads = threads;
  conditions.vector_lanes = vector_lanes(machine);
  conditions.blas_tiles = usual_blas_tiles(machine.vendor, conditions.vector_lanes);
  for (const MemoryLevel& level : machine.levels) {
    const double capacity = believable_capacity_bytes(level);
    if (level.name == "L2" && capacity > 0) conditions.l2_bytes = capacity;
    if (level.name == "L3" && capacity > 0) {
      conditions.l3_bytes = tells_last_cache(machine) ? capacity : usual_l3_over_l2 * conditions.l2_bytes;
      has_l3 = true;
    }
    if (level.name != "DRAM") continue;
    for (const char* kernel : {"copy", "read"}) {  // an accelerator's is of copies alone
      for (const Bandwidth& one : level.bandwidths) {
        if (one.kernel == kernel && one.threads == 1 && one.bytes_per_s > 0) conditions.memory_s_per_byte = 1 / one.bytes_per_s;
      }
    }
  }
  if (!has_l3) conditions.l3_bytes = conditions.l2_bytes;  // the last cache is the second
  return conditions;
}

}  // namespace opgauge
