// SPDX-License-Identifier: Apache-2.0
// Replaces assumed energy coefficients by measured ones where there is a meter: arithmetic in
// registers gives joules per FLOP, streams through main memory give joules per byte, the pauses
// between give idle power.
//
// Limits: arithmetic of the widest registers on all cores, so the cost of feeding a kernel (caches,
// front end) is in neither coefficient beyond what these loops do.
#pragma once

#include <functional>
#include <string>

#include "machine/machine.hpp"
#include "measure/meters/energy.hpp"

namespace opgauge {

// Does some work and returns how much: FLOPs, or bytes to and from main memory.
using Work = std::function<double()>;

struct EnergyFit {
  EnergyModel model;
  std::string reason;  // why `model` is still what it was, "" if it was measured
};
// About 14 s of loops and pauses with the default options. `assumed` comes back where there is no
// meter, it vanishes, or a coefficient is not resolved from idle.
EnergyFit fit_energy(const EnergyModel& assumed, PowerMeterSearch& search, Clock& clock,
                     const Work& flops, const Work& bytes,
                     const EnergyOptions& options = EnergyOptions());

// The same with this machine's own kernels on all its cores.
EnergyFit fit_energy_here(const Machine& machine, PowerMeterSearch& search, Clock& clock);

}  // namespace opgauge
