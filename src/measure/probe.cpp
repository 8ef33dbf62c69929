// SPDX-License-Identifier: Apache-2.0
#include "measure/probe.hpp"

#include <cmath>
#include <cstdlib>
#include <new>
#include <string>
#include <vector>

#include "base/statistics.hpp"
#include "machine/kernels.hpp"

namespace opgauge {
namespace {

// About 30 us each on a core of 4 GHz; changing one makes readings incomparable with recorded ones.
constexpr int64_t compute_steps = 14000;
constexpr size_t cache_bytes = 128 << 10;
constexpr int cache_passes = 40;
constexpr size_t window_bytes = 1 << 20;

// Any word that no shortcut would produce.
constexpr uint64_t word = 0x9e3779b97f4a7c15;

template <class Work>
double timed_s(Clock& clock, const char* piece, Work&& work) {
  const double start_s = clock.now_s();
  work();
  const double elapsed_s = clock.now_s() - start_s;
  if (!(elapsed_s > 0)) {
    throw Error(std::string("speed probe: ") + piece,
                "the clock moved by " + std::to_string(elapsed_s) + " s, expected more than 0");
  }
  return elapsed_s;
}

}  // namespace

void SpeedProbe::Free::operator()(std::byte* at) const { std::free(at); }

MachineSpeed quiet_speed(std::span<const MachineSpeed> readings) {
  if (readings.empty()) return {};
  const auto low = [&](double MachineSpeed::* part) {
    std::vector<double> values;
    for (const MachineSpeed& one : readings) values.push_back(one.*part);
    return quantile(values, 0.1);
  };
  return {low(&MachineSpeed::compute_s), low(&MachineSpeed::cache_s), low(&MachineSpeed::memory_s)};
}

double slowdown(const MachineSpeed& relative, double memory_share) {
  return (1 - memory_share) * relative.compute_s + memory_share * relative.memory_s;
}

MachineSpeed relative_to(const MachineSpeed& reading, const MachineSpeed& reference) {
  return {reading.compute_s / reference.compute_s, reading.cache_s / reference.cache_s,
          reading.memory_s / reference.memory_s};
}

SpeedProbe::SpeedProbe(Clock& clock, size_t memory_bytes)
    : clock_(clock),
      memory_bytes_(memory_bytes),
      memory_(static_cast<std::byte*>(std::aligned_alloc(4096, memory_bytes))) {
  OPGAUGE_CHECK(memory_bytes >= 2 * window_bytes && memory_bytes % window_bytes == 0,
                "not whole windows");
  if (!memory_) throw std::bad_alloc();
  vector_kernels().front().streams.write(memory_.get(), memory_bytes_, word);
}

MachineSpeed SpeedProbe::read() {
  const VectorKernels& kernels = vector_kernels().front();
  MachineSpeed speed;

  double sum = 0;
  speed.compute_s = timed_s(clock_, "compute", [&] { sum = kernels.f32.run(compute_steps, 2); });
  const double expected = expected_sum(kernels.f32, compute_steps, 2);
  OPGAUGE_CHECK(std::abs(sum - expected) <= kernels.f32.tolerance * std::abs(expected),
                "arithmetic was not done");

  // The first pass brings the block into the caches.
  uint64_t total = kernels.streams.read(memory_.get(), cache_bytes);
  speed.cache_s = timed_s(clock_, "cache", [&] {
    for (int pass = 0; pass < cache_passes; ++pass)
      total += kernels.streams.read(memory_.get(), cache_bytes);
  });
  OPGAUGE_CHECK(total == word * (cache_bytes / 8) * (cache_passes + 1), "the cache was not read");

  next_ += window_bytes;
  if (next_ >= memory_bytes_) next_ = window_bytes;  // the first window is the cache's block
  total = 0;
  speed.memory_s = timed_s(
      clock_, "memory", [&] { total = kernels.streams.read(memory_.get() + next_, window_bytes); });
  OPGAUGE_CHECK(total == word * (window_bytes / 8), "memory was not read");
  return speed;
}

}  // namespace opgauge
