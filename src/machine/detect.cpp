// SPDX-License-Identifier: Apache-2.0
#include "machine/detect.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <ctime>

#include "base/units.hpp"
#include "machine/ceilings.hpp"
#include "machine/topology.hpp"
#include "machine/virtualization.hpp"

namespace opgauge {

std::string record_name(std::string text) {
  for (const char* mark : {"(R)", "(TM)", "(r)", "(tm)"}) {
    for (size_t at; (at = text.find(mark)) != std::string::npos;)
      text.erase(at, std::string_view(mark).size());
  }
  std::string name;
  for (const char c : text) {
    if (std::isalnum(static_cast<unsigned char>(c)) || c == '.') {
      name += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    } else if (!name.empty() && name.back() != '-') {
      name += '-';
    }
  }
  while (name.ends_with('-')) name.pop_back();
  return name;
}

namespace {

std::string default_name(const Machine& machine) {
  return record_name(fmt::format("{} {}c", machine.cpu_model, machine.cores));
}

double available_memory_bytes(const SystemFiles& system, double total_bytes) {
  double available = total_bytes;
  if (const auto line = line_value(system.text("proc/meminfo").value_or(""), "MemAvailable")) {
    const double kib = std::strtod(line->c_str(), nullptr);
    if (kib > 0) available = kib * 1024;
  }
  if (const auto limit = cgroup_memory_limit_bytes(system)) available = std::min(available, *limit);
  return available;
}

// Coefficients of the order that published figures have (Horowitz, ISSCC 2014, scaled to whole
// cores: some pJ an operation, tens of pJ a DRAM byte); a meter replaces them.
EnergyModel assumed_energy(int cores) {
  return {.energy_j_per_flop = 1e-11,
          .energy_j_per_byte = 6e-11,
          .idle_w = 2.0 * cores,
          .source = Source::assumed};
}

void note_gaps(Machine& machine) {
  const auto has = [&](const char* flag) {
    return std::ranges::find(machine.isa, flag) != machine.isa.end();
  };
  const auto measured = [&](const char* dtype) {
    return std::ranges::any_of(machine.compute,
                               [&](const ComputeCeiling& one) { return one.dtype == dtype; });
  };
  for (const char* dtype : {"bf16", "f16", "i8"}) {
    if (!measured(dtype))
      machine.notes.push_back(fmt::format("{}: this CPU has no arithmetic for it", dtype));
  }
  if (has("amx_tile") || has("sme")) {
    machine.notes.push_back(
        "the CPU has matrix units (AMX or SME) that are not measured: bf16 and i8 can go beyond "
        "their ceilings");
  }
  if (machine.declared_clock_hz && machine.measured_clock_hz &&
      std::abs(std::log2(*machine.measured_clock_hz / *machine.declared_clock_hz)) >
          std::log2(1.1)) {
    machine.notes.push_back(fmt::format("clock: declared {:.3g} GHz, measured {:.3g} GHz",
                                        *machine.declared_clock_hz / 1e9,
                                        *machine.measured_clock_hz / 1e9));
  }
}

void fill_instance(Machine& machine, const SystemFiles& system) {
  utsname name{};
  ::uname(&name);
  machine.operating_system = fmt::format(
      "{}, {} {}",
      line_value(system.text("etc/os-release").value_or(""), "PRETTY_NAME").value_or("unknown"),
      name.sysname, name.release);
  machine.instance["hostname"] = name.nodename;
  machine.instance["kernel"] = fmt::format("{} {}", name.sysname, name.release);
  const std::string cpuinfo = system.text("proc/cpuinfo").value_or("");
  const auto keep = [&](const char* key, const std::optional<std::string>& value) {
    if (value && !value->empty()) machine.instance[key] = *value;
  };
  keep("microcode", line_value(cpuinfo, "microcode"));
  keep("cpu_family", line_value(cpuinfo, "cpu family"));
  keep("cpu_model_number", line_value(cpuinfo, "model"));
  keep("stepping", line_value(cpuinfo, "stepping"));
  keep("product", system.text("sys/class/dmi/id/product_name"));
  keep("container", container(system));
  machine.instance["cpus"] = format_cpu_list(allowed_cpus());
  keep("online_cpus", system.text("sys/devices/system/cpu/online"));
}

Machine describe(const SystemFiles& system, const Topology& topology) {
  Machine machine;
  machine.detected_at = fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::time(nullptr)));
  const Cpu cpu = read_cpu(system);
  machine.vendor = cpu.vendor;
  machine.cpu_model = cpu.model;
  machine.architecture = cpu.architecture;
  machine.isa = cpu.isa;
  machine.declared_clock_hz = cpu.declared_clock_hz;
  machine.cores = topology.cores;
  machine.threads_per_core = topology.threads_per_core;
  machine.packages = topology.packages;
  machine.numa_nodes = topology.numa_nodes;
  machine.memory_bytes = topology.memory_bytes;
  machine.virtualization = virtualization(system);
  fill_instance(machine, system);
  if (topology.kinds_of_cores > 1) {
    machine.notes.push_back(
        fmt::format("{} kinds of cores: ceilings are of those that threads were bound to first",
                    topology.kinds_of_cores));
  }
  if (const auto limit = cgroup_cpu_limit(system); limit && *limit < machine.cores) {
    machine.notes.push_back(
        fmt::format("the control group grants {:.3g} of {} cores", *limit, machine.cores));
    machine.cores = std::max(1, static_cast<int>(*limit));
  }
  if (const auto limit = cgroup_memory_limit_bytes(system);
      limit && *limit < machine.memory_bytes) {
    machine.notes.push_back(fmt::format("the control group grants {} of {} of memory",
                                        format_bytes(*limit), format_bytes(machine.memory_bytes)));
    machine.memory_bytes = *limit;
  }
  machine.energy = assumed_energy(machine.cores);
  return machine;
}

}  // namespace

Machine declared_machine(const SystemFiles& system) {
  const Topology topology = read_topology();
  Machine machine = describe(system, topology);
  machine.name = default_name(machine);
  for (const DeclaredCache& cache : topology.caches) {
    machine.levels.push_back(declared_level(fmt::format("L{}", cache.level), cache.shared_by_cores,
                                            cache.capacity_bytes));
  }
  machine.levels.push_back(declared_level("DRAM", topology.cores, machine.memory_bytes));
  return machine;
}

Machine detect_machine(const SystemFiles& system, const DetectOptions& options) {
  Topology topology = read_topology();
  Machine machine = describe(system, topology);
  machine.name = options.name.empty() ? default_name(machine) : options.name;
  topology.memory_bytes = machine.memory_bytes;
  CeilingOptions ceiling_options;
  ceiling_options.budget_s = options.budget_s;
  ceiling_options.available_memory_bytes = available_memory_bytes(system, machine.memory_bytes);
  ceiling_options.progress = options.progress;
  Ceilings ceilings = measure_ceilings(topology, machine.cores, ceiling_options);
  machine.levels = std::move(ceilings.levels);
  machine.compute = std::move(ceilings.compute);
  machine.measured_clock_hz = ceilings.clock_hz;
  machine.notes.insert(machine.notes.end(), ceilings.notes.begin(), ceilings.notes.end());
  note_gaps(machine);
  check_machine("detected machine", machine);
  return machine;
}

}  // namespace opgauge
