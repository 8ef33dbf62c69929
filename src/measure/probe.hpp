// SPDX-License-Identifier: Apache-2.0
// How fast the machine is right now: three fixed pieces of work of about 30 us each, that touch the
// registers only, the private caches, and main memory. Taken at each visit, they state the
// conditions of that visit: on a shared machine the clock, an SMT neighbour and the memory bus
// change from second to second, and the kernel's counters do not show it.
//
//   SpeedProbe probe(clock);
//   const MachineSpeed now = probe.read();   // {29e-6, 31e-6, 27e-6}: seconds, less is faster
//
// The work is the same in every process and version, so readings of one machine compare. They are
// no ceilings: one short visit each, not the best of many.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "base/fields.hpp"
#include "measure/clock.hpp"

namespace opgauge {

struct MachineSpeed {
  double compute_s = 0;
  double cache_s = 0;
  double memory_s = 0;
  static constexpr auto fields() {
    return std::make_tuple(
        field("compute_s", &MachineSpeed::compute_s, "s", "fixed register-only work"),
        field("cache_s", &MachineSpeed::cache_s, "s", "fixed reads within private caches"),
        field("memory_s", &MachineSpeed::memory_s, "s", "fixed reads from main memory"));
  }
};
// Each part divided by the reference's: 1.2 is a fifth slower than at the reference.
MachineSpeed relative_to(const MachineSpeed& reading, const MachineSpeed& reference);
// How much longer work takes at `relative` than at the reference, if main memory makes `memory_share` (0 to 1) of its time there.
double slowdown(const MachineSpeed& relative, double memory_share);
// The machine when it is quiet: the 10 % quantile of each part, which unlike the least does not fall with the number of
// readings. Zeros if there are none.
MachineSpeed quiet_speed(std::span<const MachineSpeed> readings);

class SpeedProbe {
 public:
  // Holds `memory_bytes` (a multiple of 1 MiB, at least two), touched here once; it should exceed
  // the last cache.
  explicit SpeedProbe(Clock& clock, size_t memory_bytes = size_t{128} << 20);

  // Three timed pieces, on the calling thread. Throws Error if the clock does not move forward
  // meanwhile; a piece that did not do its work is a bug (checked).
  MachineSpeed read();

 private:
  struct Free {
    void operator()(std::byte* at) const;
  };
  Clock& clock_;
  size_t memory_bytes_;
  size_t next_ = 0;  // where the next reading from memory begins: far from the last ones
  std::unique_ptr<std::byte, Free> memory_;
};

}  // namespace opgauge
