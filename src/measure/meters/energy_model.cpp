// SPDX-License-Identifier: Apache-2.0
#include "measure/meters/energy_model.hpp"

#include <algorithm>
#include <memory>
#include <vector>

#include "machine/kernels.hpp"
#include "machine/thread_team.hpp"
#include "machine/topology.hpp"

namespace opgauge {
namespace {

// Joules of one unit of work; nullopt with the reason where it is not resolved.
std::optional<double> joules_per_unit(PowerMeterSearch& search, Clock& clock, const Work& work,
                                      const EnergyOptions& options, double& idle_w,
                                      std::string& reason) {
  double amount = 0;
  int64_t calls = 0;
  const EnergyMeasurement energy = measure_energy(
      search, clock,
      [&] {
        amount += work();
        ++calls;
      },
      options);
  reason = energy.reason;
  if (!energy.energy_j || !energy.reason.empty()) return std::nullopt;
  idle_w = *energy.idle_w;
  return *energy.energy_j * static_cast<double>(calls) / amount;
}

}  // namespace

EnergyFit fit_energy(const EnergyModel& assumed, PowerMeterSearch& search, Clock& clock,
                     const Work& flops, const Work& bytes, const EnergyOptions& options) {
  EnergyFit fit{assumed, ""};
  double idle_first_w = 0, idle_last_w = 0;
  const auto per_flop = joules_per_unit(search, clock, flops, options, idle_first_w, fit.reason);
  if (!per_flop) return fit;
  const auto per_byte = joules_per_unit(search, clock, bytes, options, idle_last_w, fit.reason);
  if (!per_byte) return fit;
  fit.model = {*per_flop, *per_byte, (idle_first_w + idle_last_w) / 2, Source::measured};
  return fit;
}

EnergyFit fit_energy_here(const Machine& machine, PowerMeterSearch& search, Clock& clock) {
  if (!search.meter) return {machine.energy, "no power meter: " + search.reason()};
  constexpr size_t bytes_each = size_t{64} << 20;  // beyond most shares of a last cache
  const Topology topology = read_topology();
  const int threads = std::clamp(machine.cores, 1, static_cast<int>(topology.cpus.size()));
  ThreadTeam team({topology.cpus.begin(), topology.cpus.begin() + threads});
  const VectorKernels& kernels = vector_kernels().front();
  struct Free {
    void operator()(std::byte* at) const { std::free(at); }
  };
  std::vector<std::unique_ptr<std::byte, Free>> memory(static_cast<size_t>(threads));
  team.run(threads, [&](int i) {
    auto& mine = memory[static_cast<size_t>(i)];
    mine.reset(static_cast<std::byte*>(std::aligned_alloc(4096, bytes_each)));
    if (mine) kernels.streams.write(mine.get(), bytes_each, 1);
  });
  if (!std::ranges::all_of(memory, [](const auto& one) { return one != nullptr; })) {
    return {machine.energy, "not enough memory for the streams"};
  }
  std::vector<double> sums(static_cast<size_t>(threads));
  const Work flops = [&] {
    constexpr int64_t steps = 2000000;  // some milliseconds
    team.run(threads, [&](int i) { sums[static_cast<size_t>(i)] += kernels.f32.run(steps, 2); });
    return kernels.f32.flops(steps) * threads;
  };
  const Work bytes = [&] {
    team.run(threads, [&](int i) {
      sums[static_cast<size_t>(i)] += static_cast<double>(
          kernels.streams.read(memory[static_cast<size_t>(i)].get(), bytes_each));
    });
    return static_cast<double>(bytes_each) * threads;
  };
  const EnergyFit fit = fit_energy(machine.energy, search, clock, flops, bytes);
  for (const double sum : sums) OPGAUGE_CHECK(sum > 0, "the loops did no work");
  return fit;
}

}  // namespace opgauge
