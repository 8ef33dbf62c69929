// SPDX-License-Identifier: Apache-2.0
// The description of one piece of hardware: what was declared (CPUID, the operating system, a
// datasheet) and what was measured stand side by side, each with its source. `opgauge machine
// detect` writes it, `estimate` reads it.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/fields.hpp"
#include "base/names.hpp"

namespace opgauge {

enum class Source { datasheet, detected, measured, assumed };
template <>
inline constexpr auto enum_names<Source> = std::to_array<EnumName<Source>>({
    {Source::datasheet, "datasheet"},
    {Source::detected, "detected"},
    {Source::measured, "measured"},
    {Source::assumed, "assumed"},
});

// Sustained arithmetic of one dtype on a number of threads.
struct ComputeCeiling {
  std::string dtype;  // "f32", "bf16", "f16", "i8"
  std::string isa;    // instruction set of the kernel: "AVX3", "AVX2", "SSE4", …
  int threads = 1;
  double flops_per_s = 0;
  Source source = Source::measured;
  static constexpr auto fields() {
    return std::make_tuple(
        field("dtype", &ComputeCeiling::dtype, "", "element type of the arithmetic"),
        field("isa", &ComputeCeiling::isa, "", "instruction set of the kernel"),
        field("threads", &ComputeCeiling::threads, "", "threads that ran it together"),
        field("flops_per_s", &ComputeCeiling::flops_per_s, "1/s",
              "sustained FLOP/s of all threads"),
        field("source", &ComputeCeiling::source, "", "where the number is from"));
  }
};

// Sustained bandwidth out of one memory level.
struct Bandwidth {
  std::string kernel;  // read, write, copy, triad
  int threads = 1;
  double bytes_per_s = 0;  // bytes read plus bytes written
  Source source = Source::measured;
  static constexpr auto fields() {
    return std::make_tuple(
        field("kernel", &Bandwidth::kernel, "", "read, write, copy or triad"),
        field("threads", &Bandwidth::threads, "", "threads that ran it together"),
        field("bytes_per_s", &Bandwidth::bytes_per_s, "B/s", "bytes read plus written"),
        field("source", &Bandwidth::source, "", "where the number is from"));
  }
};

struct MemoryLevel {
  std::string name;                               // L1, L2, L3, DRAM
  int shared_by_cores = 1;                        // cores that share one instance
  std::optional<double> declared_capacity_bytes;  // one instance
  std::optional<double> measured_capacity_bytes;  // one instance, from the working-set sweep
  bool contradicted = false;                      // the sweep contradicts the declared size
  std::string note;                               // how they differ, "" if they agree
  std::vector<Bandwidth> bandwidths;

  // Measured if there is one, else declared.
  double capacity_bytes() const {
    return measured_capacity_bytes.value_or(declared_capacity_bytes.value_or(0));
  }
  static constexpr auto fields() {
    return std::make_tuple(
        field("name", &MemoryLevel::name, "", "L1, L2, L3 or DRAM"),
        field("shared_by_cores", &MemoryLevel::shared_by_cores, "",
              "cores that share one instance"),
        field("declared_capacity_bytes", &MemoryLevel::declared_capacity_bytes, "B",
              "one instance, as declared"),
        field("measured_capacity_bytes", &MemoryLevel::measured_capacity_bytes, "B",
              "one instance, from the sweep"),
        field("contradicted", &MemoryLevel::contradicted, "",
              "the sweep contradicts the declared size"),
        field("note", &MemoryLevel::note, "", "how declared and measured differ"),
        field("bandwidths", &MemoryLevel::bandwidths, "", "sustained bandwidths"));
  }
};

// Coefficients that no meter has calibrated yet carry the source `assumed`.
struct EnergyModel {
  double energy_j_per_flop = 0;
  double energy_j_per_byte = 0;  // to and from DRAM
  double idle_w = 0;
  Source source = Source::assumed;
  static constexpr auto fields() {
    return std::make_tuple(field("energy_j_per_flop", &EnergyModel::energy_j_per_flop, "J",
                                 "dynamic energy of one FLOP"),
                           field("energy_j_per_byte", &EnergyModel::energy_j_per_byte, "J/B",
                                 "dynamic energy of one byte moved"),
                           field("idle_w", &EnergyModel::idle_w, "W", "power drawn without work"),
                           field("source", &EnergyModel::source, "", "where the numbers are from"));
  }
};

struct Machine {
  int schema_version = 1;
  std::string name;         // file stem under machines/
  std::string detected_at;  // ISO 8601, UTC
  std::string accelerator;  // the record is of this card, measured through it; "": of the CPU
  std::string vendor;
  std::string cpu_model;
  std::string architecture;  // x86_64, aarch64
  std::vector<std::string> isa;
  int cores = 1;  // that this process may use
  int threads_per_core = 1;
  int packages = 1;
  int numa_nodes = 1;
  double memory_bytes = 0;
  std::optional<double> declared_clock_hz;  // nominal, as the CPU or the hypervisor says
  std::optional<double> measured_clock_hz;  // from a chain of dependent additions
  std::string operating_system;
  std::string virtualization;       // "none", "kvm", …
  std::vector<MemoryLevel> levels;  // nearest first, DRAM last
  std::vector<ComputeCeiling> compute;
  EnergyModel energy;
  std::map<std::string, std::string>
      instance;  // facts of this one instance: hostname, kernel, microcode, …
  std::vector<std::string>
      notes;  // contradictions and what could not be found out, with the reason

  static constexpr auto fields() {
    return std::make_tuple(
        field("schema_version", &Machine::schema_version, "", "version of this record, 1"),
        field("name", &Machine::name, "", "name of the machine"),
        field("detected_at", &Machine::detected_at, "", "UTC, ISO 8601"),
        field("accelerator", &Machine::accelerator, "", "card that levels, compute and energy are of, empty: the CPU",
              Presence::may_be_missing),
        field("vendor", &Machine::vendor, "", "CPU vendor"),
        field("cpu_model", &Machine::cpu_model, "", "CPU model as declared"),
        field("architecture", &Machine::architecture, "", "instruction set architecture"),
        field("isa", &Machine::isa, "", "instruction set extensions that count for arithmetic"),
        field("cores", &Machine::cores, "", "cores that this process may use"),
        field("threads_per_core", &Machine::threads_per_core, "", "hardware threads a core"),
        field("packages", &Machine::packages, "", "CPU packages"),
        field("numa_nodes", &Machine::numa_nodes, "", "NUMA nodes"),
        field("memory_bytes", &Machine::memory_bytes, "B", "main memory"),
        field("declared_clock_hz", &Machine::declared_clock_hz, "Hz", "nominal clock as declared"),
        field("measured_clock_hz", &Machine::measured_clock_hz, "Hz",
              "clock of a chain of dependent additions"),
        field("operating_system", &Machine::operating_system, "", "kernel and distribution"),
        field("virtualization", &Machine::virtualization, "", "none, or the hypervisor"),
        field("levels", &Machine::levels, "", "memory levels, nearest first"),
        field("compute", &Machine::compute, "", "sustained arithmetic"),
        field("energy", &Machine::energy, "", "energy coefficients"),
        field("instance", &Machine::instance, "", "facts of this one instance",
              Presence::may_be_missing),
        field("notes", &Machine::notes, "", "contradictions and gaps, with reasons"));
  }
};

// The three below read tables that are measured at a few thread counts: between two of them the
// value is interpolated, below the first it is scaled down in proportion, above the last it stays;
// more threads are never slower than fewer.

// Ceiling of a dtype on `threads` threads, the best instruction set of those listed. nullopt if the
// dtype is not listed.
std::optional<double> peak_flops_per_s(const Machine& machine, std::string_view dtype, int threads);
// Copy bandwidth (else triad, else read, else write) of levels[level]; nullopt if there is none.
std::optional<double> bandwidth_bytes_per_s(const Machine& machine, size_t level, int threads);
// Capacity of levels[level] as `threads` threads on neighbouring, distinct cores see it together:
// one instance for every `shared_by_cores` threads, at most as many as the machine has. The last
// level (DRAM) has one instance.
double capacity_bytes(const Machine& machine, size_t level, int threads);

// f32 numbers in the widest vector register that LibTorch's kernels use: 16 with AVX-512, 8 with AVX, else 4.
double vector_lanes(const Machine& machine);

// Reads and checks machines/<name>.json: Error on a wrong version, no levels, no compute, numbers
// that are not > 0, levels that do not grow outwards.
Machine read_machine(const std::filesystem::path& path);
// The same checks on a value; `where` names it in errors.
void check_machine(const std::string& where, const Machine& machine);

}  // namespace opgauge
