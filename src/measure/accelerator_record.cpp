// SPDX-License-Identifier: Apache-2.0
#include "measure/accelerator_record.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/error.hpp"
#include "graph/case.hpp"
#include "machine/detect.hpp"
#include "measure/meters/energy_model.hpp"

namespace opgauge {
namespace {

// Orders of magnitude of a card of recent years, until a meter says better.
constexpr EnergyModel assumed_energy = {.energy_j_per_flop = 1e-11,
                                        .energy_j_per_byte = 5e-11,
                                        .idle_w = 50,
                                        .source = Source::assumed};

constexpr double cached_ratio = 1.25;  // of DRAM's rate, from which a working set counts as cached
constexpr double smallest_bytes = 1 << 20;

std::string product_text(std::string_view dtype, int64_t size) {
  return fmt::format("aten::mm({0}[{1},{1}], {0}[{1},{1}])", dtype, size);
}
std::string copy_text(double working_set_bytes) {  // half of it read, half written
  return fmt::format("aten::clone(f32[{}])", static_cast<int64_t>(working_set_bytes / 8));
}
constexpr double tiny_bytes = 4096;  // a copy that is all launching
constexpr double most_launching = 0.6;  // of a copy's time; where it is more, no rate can be told

double best_s(Device& device, const std::string& text, int visits) {
  const auto executable = device.prepare(parse_case(text));
  executable->run_s();
  double best = executable->run_s();
  for (int visit = 1; visit < visits; ++visit) best = std::min(best, executable->run_s());
  if (!(best > 0)) throw Error(text, fmt::format("took {} s, expected more than 0", best));
  return best;
}

MemoryLevel level(const std::string& name, std::optional<double> declared_bytes,
                  std::optional<double> measured_bytes, double bytes_per_s) {
  MemoryLevel one;
  one.name = name;
  one.declared_capacity_bytes = declared_bytes;
  one.measured_capacity_bytes = measured_bytes;
  one.bandwidths.push_back({"copy", 1, bytes_per_s, Source::measured});
  return one;
}

std::vector<MemoryLevel> measure_levels(Device& device, double memory_bytes,
                                        const AcceleratorOptions& options) {
  const double largest = std::min(options.largest_working_set_bytes, memory_bytes / 8);
  struct Point {
    double bytes, bytes_per_s;
  };
  std::vector<Point> curve;
  const double launch_s = best_s(device, copy_text(tiny_bytes), options.visits);
  for (double bytes = smallest_bytes; bytes <= largest; bytes *= std::sqrt(2.0)) {
    const double s = best_s(device, copy_text(bytes), options.visits);
    if (launch_s <= most_launching * s) curve.push_back({bytes, bytes / (s - launch_s)});
  }
  if (curve.size() < 3)
    throw Error("accelerator", fmt::format("found {:.3g} bytes of memory, too few to measure", memory_bytes));
  // The last octave and a half: beyond every cache, and long enough for launching not to count.
  double memory_rate = 0;
  for (size_t i = curve.size() - 3; i < curve.size(); ++i)
    memory_rate = std::max(memory_rate, curve[i].bytes_per_s);
  std::vector<MemoryLevel> levels;
  double cached_bytes = 0, cached_rate = 0;
  for (const Point& point : curve) {
    if (point.bytes_per_s < cached_ratio * memory_rate) continue;
    cached_bytes = std::max(cached_bytes, point.bytes);
    cached_rate = std::max(cached_rate, point.bytes_per_s);
  }
  if (cached_bytes > 0) levels.push_back(level("L2", std::nullopt, cached_bytes, cached_rate));
  levels.push_back(level("DRAM", memory_bytes, std::nullopt, memory_rate));
  return levels;
}

}  // namespace

Machine detect_accelerator(Device& device, const SystemFiles& system,
                           const AcceleratorOptions& options) {
  Machine machine = declared_machine(system);
  machine.accelerator = device.accelerator();
  if (machine.accelerator.empty())
    throw Error("accelerator", "found the device " + device.name() + ", expected one beside the CPU");
  const auto memory = device.memory_bytes();
  if (!memory) throw Error(machine.accelerator, "does not say how much memory it has");
  machine.memory_bytes = static_cast<double>(*memory);
  machine.name = options.name.empty() ? record_name(machine.accelerator) : options.name;
  machine.notes.clear();
  machine.energy = assumed_energy;

  machine.compute.clear();
  for (const auto& [precision, dtype] :
       {std::pair("fp32", "f32"), std::pair("bf16", "bf16"), std::pair("fp16", "f16")}) {
    if (const auto lack = device.lacks(precision)) {
      machine.notes.push_back(fmt::format("{}: {}", dtype, *lack));
      continue;
    }
    options.progress(fmt::format("products in {}", dtype));
    const double n = static_cast<double>(options.product_size);
    const double s = best_s(device, product_text(dtype, options.product_size), options.visits);
    machine.compute.push_back({dtype, "aten::mm", 1, 2 * n * n * n / s, Source::measured});
  }
  options.progress("copies of 1 MiB and more");
  machine.levels = measure_levels(device, machine.memory_bytes, options);
  check_machine("detected accelerator", machine);
  return machine;
}

void measure_accelerator_energy(Device& device, PowerMeterSearch& search, Clock& clock,
                                Machine& machine, const AcceleratorOptions& options) {
  std::string reason = "no power meter: " + search.reason();
  if (search.meter) {
    options.progress("energy by " + search.meter->name());
    const double n = static_cast<double>(options.product_size);
    const double bytes = std::min(options.largest_working_set_bytes, machine.memory_bytes / 8);
    const auto product = device.prepare(parse_case(product_text("f32", options.product_size)));
    const auto copy = device.prepare(parse_case(copy_text(bytes)));
    const Work flops = [&] {
      product->run_s();
      return 2 * n * n * n;
    };
    const Work moved = [&] {
      copy->run_s();
      return bytes;
    };
    EnergyFit fit = fit_energy(machine.energy, search, clock, flops, moved);
    machine.energy = fit.model;
    reason = fit.reason;
  }
  if (reason.empty()) {
    machine.notes.push_back("joules per FLOP are those of fp32 products; 16-bit ones take less");
  } else {
    machine.notes.push_back("energy coefficients are assumed: " + reason);
  }
}

}  // namespace opgauge
