// SPDX-License-Identifier: Apache-2.0
#include "machine/topology.hpp"

#include <hwloc.h>

#include <algorithm>
#include <map>
#include <memory>

#include "base/error.hpp"

namespace opgauge {
namespace {

struct Destroy {
  void operator()(hwloc_topology* topology) const { hwloc_topology_destroy(topology); }
};
using Handle = std::unique_ptr<hwloc_topology, Destroy>;

// Restricted to where this process may run, so that every count below is already its share.
Handle load_topology() {
  hwloc_topology_t raw = nullptr;
  if (hwloc_topology_init(&raw) != 0) throw Error("hwloc", "cannot begin to read the topology");
  Handle topology(raw);
  if (hwloc_topology_load(raw) != 0)
    throw Error("hwloc", "cannot read the topology of this machine");
  if (hwloc_bitmap_t mine = hwloc_bitmap_alloc()) {
    if (hwloc_get_cpubind(raw, mine, HWLOC_CPUBIND_PROCESS) == 0 && !hwloc_bitmap_iszero(mine)) {
      hwloc_topology_restrict(raw, mine, 0);
    }
    hwloc_bitmap_free(mine);
  }
  return topology;
}

int count(hwloc_topology_t topology, hwloc_obj_type_t type) {
  return std::max(1, hwloc_get_nbobjs_by_type(topology, type));
}

int cores_within(hwloc_topology_t topology, hwloc_const_cpuset_t set) {
  return std::max(1, hwloc_get_nbobjs_inside_cpuset_by_type(topology, set, HWLOC_OBJ_CORE));
}

std::vector<DeclaredCache> caches(hwloc_topology_t topology) {
  std::vector<DeclaredCache> found;
  const hwloc_obj_type_t types[] = {HWLOC_OBJ_L1CACHE, HWLOC_OBJ_L2CACHE, HWLOC_OBJ_L3CACHE,
                                    HWLOC_OBJ_L4CACHE};
  for (int level = 1; level <= 4; ++level) {
    const hwloc_obj_t cache = hwloc_get_obj_by_type(topology, types[level - 1], 0);
    if (!cache || cache->attr->cache.size == 0) continue;
    found.push_back({level, static_cast<double>(cache->attr->cache.size),
                     cores_within(topology, cache->cpuset)});
  }
  return found;
}

std::vector<int> cpus_by_core(hwloc_topology_t topology) {
  std::vector<int> cpus;
  const int cores = hwloc_get_nbobjs_by_type(topology, HWLOC_OBJ_CORE);
  for (unsigned sibling = 0;; ++sibling) {
    const size_t before = cpus.size();
    for (int i = 0; i < cores; ++i) {
      const hwloc_obj_t core = hwloc_get_obj_by_type(topology, HWLOC_OBJ_CORE, i);
      const hwloc_obj_t pu =
          hwloc_get_obj_inside_cpuset_by_type(topology, core->cpuset, HWLOC_OBJ_PU, sibling);
      if (pu) cpus.push_back(static_cast<int>(pu->os_index));
    }
    if (cpus.size() == before) break;
  }
  return cpus.empty() ? allowed_cpus() : cpus;  // some kernels name no cores
}

// Flags of /proc/cpuinfo that decide which arithmetic kernels run, nearest to the widest last.
constexpr const char* arithmetic_flags[] = {
    "sse4_2",   "avx",      "f16c",     "fma",         "avx2",        "avx_vnni",
    "avx512f",  "avx512bw", "avx512vl", "avx512_vnni", "avx512_bf16", "avx512_fp16",
    "amx_tile", "amx_int8", "amx_bf16", "asimd",       "fphp",        "asimdhp",
    "asimddp",  "sve",      "sve2",     "bf16",        "i8mm",        "sme"};

// ARM's implementer codes (Arm Architecture Reference Manual, MIDR_EL1).
const std::map<std::string, std::string> arm_implementers{
    {"0x41", "ARM"},       {"0x42", "Broadcom"}, {"0x46", "Fujitsu"},
    {"0x48", "HiSilicon"}, {"0x4e", "NVIDIA"},   {"0x51", "Qualcomm"},
    {"0x53", "Samsung"},   {"0x61", "Apple"},    {"0xc0", "Ampere"}};

}  // namespace

Topology read_topology() {
  const Handle handle = load_topology();
  Topology topology;
  topology.cores = count(handle.get(), HWLOC_OBJ_CORE);
  topology.packages = count(handle.get(), HWLOC_OBJ_PACKAGE);
  topology.numa_nodes = count(handle.get(), HWLOC_OBJ_NUMANODE);
  topology.threads_per_core = std::max(1, count(handle.get(), HWLOC_OBJ_PU) / topology.cores);
  topology.memory_bytes = static_cast<double>(hwloc_get_root_obj(handle.get())->total_memory);
  topology.caches = caches(handle.get());
  topology.kinds_of_cores = std::max(1, hwloc_cpukinds_get_nr(handle.get(), 0));
  topology.cpus = cpus_by_core(handle.get());
  return topology;
}

Cpu read_cpu(const SystemFiles& system) {
  Cpu cpu;
#if defined(__x86_64__)
  cpu.architecture = "x86_64";
#elif defined(__aarch64__)
  cpu.architecture = "aarch64";
#endif
  const std::string text = system.text("proc/cpuinfo").value_or("");
  cpu.vendor = line_value(text, "vendor_id").value_or("");
  if (const auto implementer = line_value(text, "CPU implementer");
      cpu.vendor.empty() && implementer) {
    const auto known = arm_implementers.find(*implementer);
    cpu.vendor = known == arm_implementers.end() ? *implementer : known->second;
  }
  cpu.model = line_value(text, "model name").value_or("");
  if (const auto part = line_value(text, "CPU part"); cpu.model.empty() && part)
    cpu.model = "part " + *part;
  if (cpu.vendor.empty()) cpu.vendor = "unknown";
  if (cpu.model.empty()) cpu.model = "unknown";
  const std::string flags =
      " " + line_value(text, "flags").value_or(line_value(text, "Features").value_or("")) + " ";
  for (const char* flag : arithmetic_flags) {
    if (flags.find(" " + std::string(flag) + " ") != std::string::npos) cpu.isa.emplace_back(flag);
  }
  const auto khz = system.number("sys/devices/system/cpu/cpu0/cpufreq/base_frequency");
  const auto mhz = line_value(text, "cpu MHz");
  if (khz) {
    cpu.declared_clock_hz = *khz * 1e3;
  } else if (mhz) {
    char* end = nullptr;
    const double value = std::strtod(mhz->c_str(), &end);
    if (value > 0 && *end == '\0') cpu.declared_clock_hz = value * 1e6;
  }
  return cpu;
}

}  // namespace opgauge
