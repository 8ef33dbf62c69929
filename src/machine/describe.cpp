// SPDX-License-Identifier: Apache-2.0
#include "machine/describe.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/units.hpp"
#include "machine/fingerprint.hpp"

namespace opgauge {
namespace {

std::string counted(int count, std::string_view noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

std::string clock(const std::optional<double>& hz) {
  return hz ? fmt::format("{:.2f} GHz", *hz / 1e9) : "unknown";
}

std::string capacity(const std::optional<double>& bytes) {
  return bytes ? format_bytes(*bytes) : "-";
}

// Right-aligned columns, the first one left-aligned; the width of a column is that of its widest
// cell.
std::string table(const std::vector<std::vector<std::string>>& rows) {
  std::vector<size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string text;
  for (const auto& row : rows) {
    std::string line = " ";
    for (size_t i = 0; i < row.size(); ++i) {
      line += i == 0 ? fmt::format(" {:<{}}", row[i], widths[i])
                     : fmt::format("  {:>{}}", row[i], widths[i]);
    }
    line.resize(line.find_last_not_of(' ') + 1);
    text += line + "\n";
  }
  return text;
}

std::string levels_table(const Machine& machine) {
  std::vector<std::vector<std::string>> rows{{"memory", "cores sharing", "declared", "measured",
                                              "threads", "read", "write", "copy", "triad", "GB/s"}};
  for (const MemoryLevel& level : machine.levels) {
    std::set<int> threads;
    for (const Bandwidth& one : level.bandwidths) threads.insert(one.threads);
    bool first = true;
    for (const int count : threads) {
      std::vector<std::string> row(4);
      if (first) {
        row = {level.name, std::to_string(level.shared_by_cores),
               capacity(level.declared_capacity_bytes),
               capacity(level.measured_capacity_bytes) + (level.contradicted ? " !" : "")};
      }
      first = false;
      row.push_back(std::to_string(count));
      for (const char* kernel : {"read", "write", "copy", "triad"}) {
        const auto one = std::ranges::find_if(level.bandwidths, [&](const Bandwidth& b) {
          return b.kernel == kernel && b.threads == count;
        });
        row.push_back(
            one == level.bandwidths.end() ? "-" : fmt::format("{:.1f}", one->bytes_per_s / 1e9));
      }
      rows.push_back(row);
    }
  }
  return table(rows);
}

std::string compute_table(const Machine& machine) {
  std::set<int> threads;
  std::vector<std::pair<std::string, std::string>> kernels;  // in the order of the file
  for (const ComputeCeiling& one : machine.compute) {
    threads.insert(one.threads);
    if (const std::pair key(one.dtype, one.isa); std::ranges::find(kernels, key) == kernels.end())
      kernels.push_back(key);
  }
  std::vector<std::vector<std::string>> rows{{"arithmetic", "instructions"}};
  for (const int count : threads) rows[0].push_back(counted(count, "thread"));
  rows[0].push_back("GFLOP/s (i8: Gop/s)");
  for (const auto& [dtype, isa] : kernels) {
    std::vector<std::string> row{dtype, isa};
    for (const int count : threads) {
      const auto one = std::ranges::find_if(machine.compute, [&](const ComputeCeiling& c) {
        return c.dtype == dtype && c.isa == isa && c.threads == count;
      });
      row.push_back(one == machine.compute.end() ? "-"
                                                 : fmt::format("{:.1f}", one->flops_per_s / 1e9));
    }
    rows.push_back(row);
  }
  return table(rows);
}

}  // namespace

std::string describe_machine(const Machine& machine) {
  std::string text = fmt::format("{}, detected {}\n", machine.name, machine.detected_at);
  const auto line = [&](std::string_view name, const std::string& value) {
    text += fmt::format("  {:<8} {}\n", name, value);
  };
  if (!machine.accelerator.empty()) line("card", machine.accelerator);
  line("cpu",
       fmt::format("{} ({}, {}), {} x {}, {}, {}", machine.cpu_model, machine.vendor,
                   machine.architecture, counted(machine.cores, "core"),
                   counted(machine.threads_per_core, "thread"),
                   counted(machine.packages, "package"), counted(machine.numa_nodes, "NUMA node")));
  line("clock", fmt::format("declared {}, measured {}", clock(machine.declared_clock_hz),
                            clock(machine.measured_clock_hz)));
  line("isa", fmt::format("{}", fmt::join(machine.isa, " ")));
  line("memory", format_bytes(machine.memory_bytes));
  line("system",
       fmt::format("{}; virtualization: {}", machine.operating_system, machine.virtualization));
  line("class", fingerprint(machine).class_key);
  line("energy",
       fmt::format("{:.3g} pJ/FLOP, {:.3g} pJ/B, {:.3g} W idle ({})",
                   machine.energy.energy_j_per_flop * 1e12, machine.energy.energy_j_per_byte * 1e12,
                   machine.energy.idle_w, name_of(machine.energy.source)));
  text += "\n" + levels_table(machine) + "\n" + compute_table(machine);
  if (!machine.notes.empty()) text += "\n";
  for (const std::string& note : machine.notes) text += "  ! " + note + "\n";
  return text;
}

}  // namespace opgauge
