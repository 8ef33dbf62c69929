// SPDX-License-Identifier: Apache-2.0
#include "machine/fingerprint.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "base/units.hpp"

namespace opgauge {
namespace {

// The widest arithmetic of the instruction sets, for the readable key.
std::string widest(const std::vector<std::string>& isa) {
  for (const char* name : {"amx_tile", "avx512f", "avx2", "avx", "sme", "sve2", "sve", "asimd"}) {
    if (std::ranges::find(isa, name) != isa.end()) return name;
  }
  return "baseline";
}

std::string power_of_two(double value) { return fmt::format("2^{:.0f}", std::log2(value)); }

// Every name in either map; visit(name, pointer or null, pointer or null).
template <class T, class Visit>
void for_each_pair(const std::map<std::string, T>& a, const std::map<std::string, T>& b,
                   Visit&& visit) {
  std::set<std::string> names;
  for (const auto& [name, value] : a) names.insert(name);
  for (const auto& [name, value] : b) names.insert(name);
  for (const std::string& name : names) {
    const auto in_a = a.find(name), in_b = b.find(name);
    visit(name, in_a == a.end() ? nullptr : &in_a->second,
          in_b == b.end() ? nullptr : &in_b->second);
  }
}

}  // namespace

Fingerprint fingerprint(const Machine& machine) {
  Fingerprint print;
  std::vector<std::string> isa = machine.isa;
  std::ranges::sort(isa);
  print.class_facts = {{"vendor", machine.vendor},
                       {"architecture", machine.architecture},
                       {"isa", fmt::format("{}", fmt::join(isa, " "))},
                       {"cores", std::to_string(machine.cores)},
                       {"threads_per_core", std::to_string(machine.threads_per_core)},
                       {"packages", std::to_string(machine.packages)},
                       {"virtualization", machine.virtualization}};
  if (!machine.accelerator.empty()) print.class_facts["accelerator"] = machine.accelerator;
  for (const char* dtype : {"f32", "bf16", "i8"}) {
    const auto peak = peak_flops_per_s(machine, dtype, 1);
    if (peak) print.ceilings[fmt::format("{} on 1 thread, FLOP/s", dtype)] = *peak;
  }
  print.class_key = fmt::format("{}-{}-{}-{}c", machine.vendor, machine.architecture,
                                widest(machine.isa), machine.cores);
  if (!machine.accelerator.empty()) print.class_key += "-" + machine.accelerator;
  if (const auto peak = peak_flops_per_s(machine, "f32", machine.cores)) {
    print.class_key += "-f32:" + power_of_two(*peak);
  }
  if (!machine.levels.empty()) {
    const auto rate = bandwidth_bytes_per_s(machine, machine.levels.size() - 1, machine.cores);
    if (rate) {
      print.ceilings["DRAM, B/s"] = *rate;
      print.class_key += "-dram:" + power_of_two(*rate);
    }
  }
  print.instance = machine.instance;
  print.instance["name"] = machine.name;
  print.instance["cpu_model"] = machine.cpu_model;
  print.instance["memory"] = format_bytes(machine.memory_bytes);
  for (const MemoryLevel& level : machine.levels) {
    if (level.name != "DRAM" && level.declared_capacity_bytes) {
      print.instance["declared " + level.name] = format_bytes(*level.declared_capacity_bytes);
    }
  }
  return print;
}

FingerprintDifference compare(const Fingerprint& a, const Fingerprint& b) {
  FingerprintDifference difference;
  for_each_pair(a.class_facts, b.class_facts,
                [&](const std::string& name, const std::string* x, const std::string* y) {
                  if (x && y && *x == *y) return;
                  difference.in_class.push_back(
                      fmt::format("{}: {} and {}", name, x ? *x : "unknown", y ? *y : "unknown"));
                });
  for_each_pair(a.ceilings, b.ceilings,
                [&](const std::string& name, const double* x, const double* y) {
                  if (!x || !y || std::abs(std::log(*x / *y)) <= std::log(ceiling_tolerance))
                    return;
                  difference.in_class.push_back(fmt::format("{}: {:.3g} and {:.3g}", name, *x, *y));
                });
  for_each_pair(a.instance, b.instance,
                [&](const std::string& name, const std::string* x, const std::string* y) {
                  if (x && y && *x != *y)
                    difference.in_instance.push_back(fmt::format("{}: {} and {}", name, *x, *y));
                });
  return difference;
}

}  // namespace opgauge
