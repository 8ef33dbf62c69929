// SPDX-License-Identifier: Apache-2.0
#include "measure/checkup.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/statistics.hpp"
#include "base/units.hpp"

namespace opgauge {
namespace {

using Seen = HostState;

Finding good(std::string found) { return {"", Health::good, std::move(found), ""}; }
Finding advice(std::string found, std::string fix) {
  return {"", Health::advice, std::move(found), std::move(fix)};
}
Finding bad(std::string found, std::string fix) {
  return {"", Health::bad, std::move(found), std::move(fix)};
}
Finding unknown(std::string found) { return {"", Health::unknown, std::move(found), ""}; }

Finding unavailable(const Seen& seen, const char* name) {
  const auto reason = seen.conditions.unavailable.find(name);
  return unknown(reason == seen.conditions.unavailable.end() ? "not readable" : reason->second);
}

bool guest(const Seen& seen) { return seen.conditions.virtualization != "none"; }

Finding virtual_machine(const Seen& seen) {
  if (!guest(seen)) return good("none: this is the hardware itself");
  return advice(fmt::format("{} guest: clock, energy and hardware counters are the host's, and "
                            "neighbours come and go; "
                            "trust quiet latencies and intervals from visits spread over minutes",
                            seen.conditions.virtualization),
                "");
}

Finding containers(const Seen& seen) {
  if (seen.conditions.container == "none") return good("none");
  return advice(seen.conditions.container + ": other containers share this kernel and its caches",
                "");
}

Finding governor(const Seen& seen) {
  if (!seen.conditions.governor) return unavailable(seen, "governor");
  if (*seen.conditions.governor == "performance") return good("performance");
  return bad(
      *seen.conditions.governor + ": the clock follows the load, short work runs at a low clock",
      "sudo cpupower frequency-set -g performance");
}

Finding turbo(const Seen& seen) {
  if (!seen.conditions.turbo) return unavailable(seen, "turbo");
  if (!*seen.conditions.turbo) return good("off");
  return advice(
      "on: the clock follows heat and the number of busy cores",
      "echo 1 | sudo tee /sys/devices/system/cpu/intel_pstate/no_turbo  (or: echo 0 | sudo tee "
      "/sys/devices/system/cpu/cpufreq/boost)");
}

Finding smt(const Seen& seen) {
  if (!seen.conditions.smt || seen.conditions.unavailable.contains("smt"))
    return unavailable(seen, "smt");
  if (!*seen.conditions.smt) return good("off");
  return advice("on: two threads of one core share its units",
                "echo off | sudo tee /sys/devices/system/cpu/smt/control");
}

Finding pinning(const Seen& seen) {
  const std::vector<int> cpus = parse_cpu_list(seen.conditions.affinity);
  const size_t all = seen.online_cpus.empty() ? cpus.size() : seen.online_cpus.size();
  if (cpus.size() < all) return good("bound to CPUs " + seen.conditions.affinity);
  if (cpus.size() <= 2) {
    return good(
        fmt::format("free to move over CPUs {}, too few to matter", seen.conditions.affinity));
  }
  return advice(fmt::format("free to move over CPUs {}: threads change cores and caches",
                            seen.conditions.affinity),
                fmt::format("taskset -c {} opgauge …", cpus.back()));
}

Finding load(const Seen& seen) {
  if (!seen.conditions.load_1min) return unavailable(seen, "load_1min");
  const std::string text = fmt::format("{:.2f} over the last minute", *seen.conditions.load_1min);
  return *seen.conditions.load_1min < 0.5
             ? good(text)
             : advice(text + ": something else has been running", "top -o %CPU");
}

Finding busy(const Seen& seen) {
  if (seen.busy.empty()) return good("no other process used 5 % of a CPU in the last second");
  std::string list, pids;
  for (size_t i = 0; i < std::min<size_t>(seen.busy.size(), 4); ++i) {
    const BusyProcess& one = seen.busy[i];
    list += fmt::format("{}{} ({}) {:.0f} %", i ? ", " : "", one.name, one.pid, 100 * one.cpus);
    pids += fmt::format("{}{}", i ? " " : "", one.pid);
  }
  return bad(list + " of a CPU",
             "wait for them, or: kill -STOP " + pids + "  (later: kill -CONT " + pids + ")");
}

Finding steal(const Seen& seen) {
  if (!seen.second.steal_s || !seen.conditions.steal_since_boot)
    return unavailable(seen, "steal_since_boot");
  const double now = *seen.second.steal_s / std::max(seen.second.elapsed_s, 1e-9);
  const std::string text = fmt::format("{:.1f} % of a CPU now, {:.2f} % of all since boot",
                                       100 * now, 100 * *seen.conditions.steal_since_boot);
  if (now < 0.01 && *seen.conditions.steal_since_boot < 0.01) return good(text);
  return bad(text + ": the host runs others on these CPUs", "");
}

Finding contention(const Seen& seen) {
  if (!seen.contention || !seen.worst) return unknown("not probed");
  const std::string text = fmt::format(
      "a fixed piece of arithmetic takes {:.2f} times its best time (median), {:.2f} times (95 %)",
      *seen.contention, *seen.worst);
  if (*seen.contention < 1.05 && *seen.worst < 1.25) return good(text);
  return *seen.contention < 1.2
             ? advice(text + ": more rounds will be needed", "")
             : bad(text + ": neighbours or a changing clock; only quiet latencies will repeat", "");
}

Finding resolution(const Seen& seen) {
  if (!seen.resolution) return unknown("not probed");
  const std::string text = fmt::format(
      "the same work measured twice, in turns, differs by up to {:.2g} % in least times and {:.2g} "
      "% in medians (95 %)",
      100 * seen.resolution->quiet, 100 * seen.resolution->typical);
  if (seen.resolution->quiet < 0.025) return good(text);
  return advice(text + ": a second does not resolve less, only many rounds do", "");
}

Finding pressure(const Seen& seen) {
  const auto& cpu = seen.conditions.cpu_pressure_avg10;
  const auto& memory = seen.conditions.memory_pressure_avg10;
  if (!cpu) return unavailable(seen, "cpu_pressure_avg10");
  const std::string text =
      fmt::format("tasks waited for a CPU in {:.1f} %, for memory in {:.1f} % of the last 10 s",
                  100 * *cpu, 100 * memory.value_or(0));
  if (memory.value_or(0) > 0.01)
    return bad(text + ": memory is short", "free -h; close what holds memory");
  if (*cpu > 0.25) return bad(text + ": the CPUs are overcommitted", "top -o %CPU");
  return *cpu > 0.05 ? advice(text, "top -o %CPU") : good(text);
}

Finding cpu_limit(const Seen& seen) {
  if (!seen.conditions.cpu_limit) return good("none");
  const std::string text =
      fmt::format("the control group grants {:.2f} CPUs", *seen.conditions.cpu_limit);
  const double allowed = static_cast<double>(parse_cpu_list(seen.conditions.affinity).size());
  if (seen.second.throttled_s.value_or(0) > 0)
    return bad(text + " and is stopping this process now", "raise the limit, or use fewer threads");
  if (*seen.conditions.cpu_limit >= allowed) return good(text);
  return advice(
      text + ": more threads than that are stopped in every period of 100 ms",
      fmt::format("--threads {}", std::max(1, static_cast<int>(*seen.conditions.cpu_limit))));
}

Finding address_randomization(const Seen& seen) {
  if (!seen.conditions.address_randomization) return unavailable(seen, "address_randomization");
  if (*seen.conditions.address_randomization)
    return good("on: layouts vary between processes, so that no lucky one decides");
  return advice("off: every process has the same layout, good or bad",
                "echo 2 | sudo tee /proc/sys/kernel/randomize_va_space");
}

Finding huge_pages(const Seen& seen) {
  if (!seen.conditions.transparent_huge_pages) return unavailable(seen, "transparent_huge_pages");
  if (*seen.conditions.transparent_huge_pages != "always")
    return good(*seen.conditions.transparent_huge_pages);
  return advice("always: whether a tensor gets large pages depends on what ran before",
                "echo madvise | sudo tee /sys/kernel/mm/transparent_hugepage/enabled");
}

Finding clock_source(const Seen& seen) {
  if (!seen.conditions.clock_source) return unavailable(seen, "clock_source");
  const std::string& source = *seen.conditions.clock_source;
  for (const char* quick :
       {"tsc", "arch_sys_counter", "kvm-clock", "hyperv_clocksource_tsc_page"}) {
    if (source == quick) return good(source);
  }
  return bad(
      source + ": reading the time is a system call of a microsecond",
      "echo tsc | sudo tee /sys/devices/system/clocksource/clocksource0/current_clocksource");
}

Finding thermal(const Seen& seen) {
  if (!seen.second.thermal_events) return unknown("no thermal_throttle counters");
  if (*seen.second.thermal_events == 0) return good("no throttling in the last second");
  return bad(fmt::format("{} throttle events in the last second", *seen.second.thermal_events),
             "let it cool; check the fans");
}

Finding caches(const Seen& seen) {
  if (!seen.machine) return bad(seen.machine_reason, "opgauge machine detect");
  std::string text;
  bool contradicted = false;
  for (const MemoryLevel& level : seen.machine->levels) {
    if (&level == &seen.machine->levels.back()) break;
    contradicted |= level.contradicted;
    text += fmt::format(
        "{}{} declared {} measured {}", text.empty() ? "" : ", ", level.name,
        level.declared_capacity_bytes ? format_bytes(*level.declared_capacity_bytes) : "-",
        level.measured_capacity_bytes ? format_bytes(*level.measured_capacity_bytes) : "-");
  }
  text += fmt::format(" ({}, {})", seen.machine->name, seen.machine->detected_at);
  return contradicted ? advice(text + ": measured sizes are used where they contradict",
                               "opgauge machine detect")
                      : good(text);
}

Finding meters(const Seen& seen) {
  if (!seen.meter.empty()) return good(seen.meter);
  const bool permission = seen.meter_reason.find("chmod a+r") != std::string::npos;
  return advice("none, energy will be null: " + seen.meter_reason,
                permission ? "sudo chmod a+r /sys/class/powercap/*/energy_uj" : "");
}

Finding build(const Seen& seen) {
  const std::string text =
      fmt::format("{} by {}", seen.conditions.build_type, seen.conditions.compiler);
  if (seen.conditions.build_type == "Release" || seen.conditions.build_type == "RelWithDebInfo")
    return good(text);
  return advice(text + ": opgauge's own code is not optimised",
                "cmake --preset release && cmake --build build/release");
}

Finding libtorch(const Seen& seen) {
  if (!seen.libtorch.empty()) return good(seen.libtorch);
  return bad("nothing can be measured: " + seen.libtorch_reason, "./dev setup && ./dev build");
}

struct Check {
  std::string_view subject;
  Finding (*look)(const Seen&);
};
constexpr auto checks = std::to_array<Check>({
    {"virtualization", virtual_machine},
    {"container", containers},
    {"governor", governor},
    {"turbo", turbo},
    {"SMT", smt},
    {"pinning", pinning},
    {"load", load},
    {"other processes", busy},
    {"steal", steal},
    {"contention", contention},
    {"resolution", resolution},
    {"pressure", pressure},
    {"CPU limit", cpu_limit},
    {"address randomization", address_randomization},
    {"huge pages", huge_pages},
    {"clock source", clock_source},
    {"throttling", thermal},
    {"caches", caches},
    {"power meter", meters},
    {"build", build},
    {"LibTorch", libtorch},
});

}  // namespace

std::optional<Resolution> resolution_of(std::span<const double> times_s) {
  constexpr size_t block = 5, least_pairs = 4;
  const size_t pairs = times_s.size() / (2 * block);
  if (pairs < least_pairs) return std::nullopt;
  double quiet = 0, typical = 0;
  for (size_t i = 0; i < pairs; ++i) {
    const auto a = times_s.subspan(2 * block * i, block), b = times_s.subspan(2 * block * i + block, block);
    quiet += std::pow(std::log(minimum(a) / minimum(b)), 2);
    typical += std::pow(std::log(median(a) / median(b)), 2);
  }
  const double n = static_cast<double>(pairs);
  return Resolution{1.96 * std::sqrt(quiet / n), 1.96 * std::sqrt(typical / n)};
}

std::vector<Finding> examine(const HostState& seen) {
  std::vector<Finding> findings;
  for (const Check& check : checks) {
    findings.push_back(check.look(seen));
    findings.back().subject = check.subject;
  }
  return findings;
}

}  // namespace opgauge
