// SPDX-License-Identifier: Apache-2.0
#include "machine/machine.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/json.hpp"

namespace opgauge {
namespace {

using Curve = std::map<int, double>;  // threads -> rate, the best of what was listed

void keep_best(Curve& curve, int threads, double rate) {
  double& at = curve[threads];
  at = std::max(at, rate);
}

std::optional<double> read_curve(Curve curve, int threads) {
  if (curve.empty()) return std::nullopt;
  double highest = 0;
  for (auto& [count, rate] : curve) rate = highest = std::max(highest, rate);
  const auto above = curve.lower_bound(threads);
  if (above == curve.end()) return curve.rbegin()->second;
  if (above->first == threads) return above->second;
  const auto [n1, r1] = above == curve.begin() ? Curve::value_type(0, 0.0) : *std::prev(above);
  return r1 + (above->second - r1) * (threads - n1) / (above->first - n1);
}

void expect(bool holds, const std::string& where, const std::string& message) {
  if (!holds) throw Error(where, message);
}

// `levels[1].bandwidths[0].bytes_per_s: found 0, expected a number > 0`. JSON cannot carry NaN, so
// `> 0` also refuses the NaN of a value that was built in memory.
void expect_positive(double value, const std::string& where, const char* name) {
  expect(value > 0, where + name, fmt::format("found {}, expected a number > 0", value));
}

std::string place(const std::string& where, const char* list, size_t index) {
  return where + ": " + list + "[" + std::to_string(index) + "]";
}

void check_levels(const std::string& where, const Machine& machine) {
  expect(!machine.levels.empty(), where, "levels: found none, expected at least DRAM");
  std::set<std::string> names;
  double below = 0;
  for (size_t i = 0; i < machine.levels.size(); ++i) {
    const MemoryLevel& level = machine.levels[i];
    const std::string at = place(where, "levels", i);
    expect(names.insert(level.name).second, at,
           "found \"" + level.name + "\" twice, expected distinct names");
    expect_positive(level.shared_by_cores, at, ".shared_by_cores");
    expect(level.declared_capacity_bytes || level.measured_capacity_bytes, at,
           "found neither a declared nor a measured capacity, expected one of them");
    if (level.declared_capacity_bytes)
      expect_positive(*level.declared_capacity_bytes, at, ".declared_capacity_bytes");
    if (level.measured_capacity_bytes)
      expect_positive(*level.measured_capacity_bytes, at, ".measured_capacity_bytes");
    expect(level.capacity_bytes() > below, at,
           fmt::format("found a capacity of {} bytes, expected more than the level before",
                       level.capacity_bytes()));
    below = level.capacity_bytes();
    expect(!level.bandwidths.empty(), at, "found no bandwidths, expected at least one");
    for (size_t j = 0; j < level.bandwidths.size(); ++j) {
      const Bandwidth& bandwidth = level.bandwidths[j];
      const std::string inner = at + ".bandwidths[" + std::to_string(j) + "]";
      const std::vector<std::string> kernels{"read", "write", "copy", "triad"};
      if (std::ranges::find(kernels, bandwidth.kernel) == kernels.end()) {
        throw unknown_name(inner, "kernel", bandwidth.kernel, kernels);
      }
      expect_positive(bandwidth.threads, inner, ".threads");
      expect_positive(bandwidth.bytes_per_s, inner, ".bytes_per_s");
    }
  }
}

void check_compute(const std::string& where, const Machine& machine) {
  expect(!machine.compute.empty(), where, "compute: found none, expected at least f32");
  for (size_t i = 0; i < machine.compute.size(); ++i) {
    const std::string at = place(where, "compute", i);
    expect(!machine.compute[i].dtype.empty(), at, "found an empty dtype, expected f32, bf16, …");
    expect_positive(machine.compute[i].threads, at, ".threads");
    expect_positive(machine.compute[i].flops_per_s, at, ".flops_per_s");
  }
}

}  // namespace

std::optional<double> peak_flops_per_s(const Machine& machine, std::string_view dtype,
                                       int threads) {
  Curve curve;
  for (const ComputeCeiling& one : machine.compute) {
    if (one.dtype == dtype) keep_best(curve, one.threads, one.flops_per_s);
  }
  return read_curve(std::move(curve), threads);
}

std::optional<double> bandwidth_bytes_per_s(const Machine& machine, size_t level, int threads) {
  OPGAUGE_CHECK(level < machine.levels.size(), "no such memory level");
  for (const char* kernel : {"copy", "triad", "read", "write"}) {
    Curve curve;
    for (const Bandwidth& one : machine.levels[level].bandwidths) {
      if (one.kernel == kernel) keep_best(curve, one.threads, one.bytes_per_s);
    }
    if (!curve.empty()) return read_curve(std::move(curve), threads);
  }
  return std::nullopt;
}

double vector_lanes(const Machine& machine) {
  double lanes = 4;
  for (const std::string& one : machine.isa) {
    if (one.starts_with("avx512")) return 16;
    if (one.starts_with("avx")) lanes = 8;
  }
  return lanes;
}

double capacity_bytes(const Machine& machine, size_t level, int threads) {
  OPGAUGE_CHECK(level < machine.levels.size(), "no such memory level");
  const MemoryLevel& at = machine.levels[level];
  if (level + 1 == machine.levels.size()) return at.capacity_bytes();
  const auto instances = [&](int cores) {
    return (cores + at.shared_by_cores - 1) / at.shared_by_cores;
  };
  return at.capacity_bytes() *
         std::clamp(instances(threads), 1, std::max(1, instances(machine.cores)));
}

void check_machine(const std::string& where, const Machine& machine) {
  expect(!machine.name.empty(), where, "name: found \"\", expected the machine's name");
  expect_positive(machine.cores, where, ": cores");
  expect_positive(machine.threads_per_core, where, ": threads_per_core");
  expect_positive(machine.packages, where, ": packages");
  expect_positive(machine.numa_nodes, where, ": numa_nodes");
  expect_positive(machine.memory_bytes, where, ": memory_bytes");
  if (machine.declared_clock_hz)
    expect_positive(*machine.declared_clock_hz, where, ": declared_clock_hz");
  if (machine.measured_clock_hz)
    expect_positive(*machine.measured_clock_hz, where, ": measured_clock_hz");
  check_levels(where, machine);
  check_compute(where, machine);
  expect_positive(machine.energy.energy_j_per_flop, where, ": energy.energy_j_per_flop");
  expect_positive(machine.energy.energy_j_per_byte, where, ": energy.energy_j_per_byte");
  expect_positive(machine.energy.idle_w, where, ": energy.idle_w");
}

Machine read_machine(const std::filesystem::path& path) {
  const Json document = read_json(path);
  const std::string where = path.string();
  expect(document.is_object(), where,
         "found " + found(document) + ", expected a machine as an object");
  const auto version = document.find("schema_version");
  expect(version != document.end() && *version == 1, where,
         "schema_version: found " + (version == document.end() ? "none" : found(*version)) +
             ", expected 1");
  Machine machine;
  try {
    decode("", document, machine);
  } catch (const Error& error) {
    throw error.within(where);
  }
  check_machine(where, machine);
  return machine;
}

}  // namespace opgauge
