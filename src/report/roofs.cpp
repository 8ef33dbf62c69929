// SPDX-License-Identifier: Apache-2.0
// The roofs of a roofline plot: measured ceilings, the shares of them that were fitted, and the
// theoretical peak.
#include <algorithm>
#include <set>

#include "estimate/map.hpp"
#include "report/analyze.hpp"

namespace opgauge {
namespace {

struct VectorWidth {
  const char* isa;
  Precision precision;
  double flops_per_cycle;  // of one core with two fused-multiply-add pipes
};
// Widest first. Source: the instruction sets' register widths; bf16 and int8 dot products do 2 and
// 4 products a lane.
constexpr VectorWidth widths[] = {
    {"avx512f", Precision::fp32, 64},      {"avx2", Precision::fp32, 32},
    {"avx512_bf16", Precision::bf16, 128}, {"avx512_vnni", Precision::int8, 256},
    {"avx_vnni", Precision::int8, 128},
};

// Clock x lanes x 2 pipes x cores. Nullopt where the record lacks the clock or a known instruction
// set.
std::optional<double> theoretical_flops_per_s(const Machine& machine, Precision precision,
                                              int threads) {
  const std::optional<double> clock =
      machine.measured_clock_hz ? machine.measured_clock_hz : machine.declared_clock_hz;
  if (!clock) return std::nullopt;
  for (const VectorWidth& one : widths) {
    if (one.precision != precision || std::ranges::find(machine.isa, one.isa) == machine.isa.end())
      continue;
    return *clock * one.flops_per_cycle * std::min(threads, machine.cores);
  }
  return std::nullopt;
}

}  // namespace

std::vector<RoofFinding> find_roofs(const Results& results, const Machine& machine,
                                    const std::vector<UpdateFinding>& updates) {
  std::set<std::pair<std::string, int>> settings;
  for (const ResultRow& row : results.rows) {
    if (row.latency_s() && row.device == "cpu") settings.insert({row.precision, row.threads});
  }
  std::vector<RoofFinding> roofs;
  for (const auto& [name, threads] : settings) {
    const auto known = std::ranges::find(enum_names<Precision>, name, &EnumName<Precision>::name);
    if (known == enum_names<Precision>.end()) continue;
    const Rates rates(machine, threads);
    const std::optional<double> ceiling = rates.multiply_add[static_cast<size_t>(known->value)];
    if (!ceiling) continue;
    for (const Rates::Level& level : rates.levels) {
      roofs.push_back({"measured", name, threads, level.name, *ceiling, level.bytes_per_s});
    }
    if (const auto peak = theoretical_flops_per_s(machine, known->value, threads)) {
      roofs.push_back(
          {"theoretical", name, threads, rates.levels[0].name, *peak, rates.levels[0].bytes_per_s});
    }
    for (const UpdateFinding& update : updates) {
      if (update.fit.precision != name || update.fit.threads != threads) continue;
      double efficiency = 1;
      for (const Coefficient& one : update.fit.coefficients) {
        if (one.name == "efficiency_factor") efficiency = one.value;
      }
      for (const Coefficient& one : update.fit.coefficients) {
        if (one.name != "memory_bottleneck_factor" || !one.identified) continue;
        for (const Rates::Level& level : rates.levels) {
          if (level.name != one.level) continue;
          roofs.push_back({"fitted", name, threads, level.name, *ceiling * efficiency,
                           level.bytes_per_s * one.value});
        }
      }
    }
  }
  return roofs;
}

}  // namespace opgauge
