// SPDX-License-Identifier: Apache-2.0
// Energy of a region: arithmetic, bytes to and from DRAM, and the power that the machine draws
// anyway while it runs.
//
//   energy_j = (2 macs + other_ops) x energy_j_per_flop + dram_bytes x energy_j_per_byte +
//   latency_s x idle_w
//
// As good as the machine's coefficients are; their source ("assumed" until a meter calibrates them)
// goes with every figure. Not modelled: cache traffic, voltage and clock, other sockets.
#pragma once

#include "graph/work.hpp"
#include "machine/machine.hpp"

namespace opgauge {

inline double energy_j(const EnergyModel& energy, const Work& work, double dram_bytes,
                       double latency_s) {
  return static_cast<double>(work.flops() + work.other_ops) * energy.energy_j_per_flop +
         dram_bytes * energy.energy_j_per_byte + latency_s * energy.idle_w;
}

}  // namespace opgauge
