// SPDX-License-Identifier: Apache-2.0
// The conditions of a measurement: what the machine's settings were (once per run), and what
// happened during one visit (a snapshot before, one after, and their difference as flags).
//
//   const Conditions conditions = read_conditions(SystemFiles(), 2);
//   const Snapshot before = take_snapshot(system);
//   …measure…
//   const Disturbance d = disturbance(before, take_snapshot(system));
//   d.flags()   // {"steal 3.1 %", "12 involuntary context switches"} or {}
//
// Nothing here is ever guessed: what cannot be read is null and has an entry in `unavailable` that
// says why.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/fields.hpp"
#include "machine/system_files.hpp"

namespace opgauge {

struct Conditions {
  std::string taken_at;                 // ISO 8601, UTC
  int threads = 1;                      // that execute
  std::string affinity;                 // CPUs this process may use, "0-3,8"
  std::optional<std::string> governor;  // of the CPUs in `affinity`; several are joined by ","
  std::optional<bool> turbo;
  std::optional<bool> smt;
  std::string virtualization;       // none, kvm, …
  std::string container;            // none, docker, …
  std::optional<double> cpu_limit;  // cores that the control group grants, null: no limit
  std::optional<std::string> clock_source;
  std::optional<bool> address_randomization;
  std::optional<std::string> transparent_huge_pages;  // always, madvise, never
  std::optional<double> load_1min;
  std::optional<double> steal_since_boot;  // fraction of CPU time
  std::optional<double>
      cpu_pressure_avg10;  // fraction of the last 10 s in which some task waited for a CPU
  std::optional<double> memory_pressure_avg10;  // … waited for memory
  std::string kernel;
  std::string operating_system;
  std::string build_type;  // of this program
  std::string compiler;
  std::map<std::string, std::string> versions;     // opgauge, libtorch, …
  std::map<std::string, std::string> unavailable;  // field -> why it is null

  static constexpr auto fields() {
    using C = Conditions;
    return std::make_tuple(
        field("taken_at", &C::taken_at, "", "UTC, ISO 8601"),
        field("threads", &C::threads, "", "threads that execute"),
        field("affinity", &C::affinity, "", "CPUs this process may use"),
        field("governor", &C::governor, "", "frequency governor of those CPUs"),
        field("turbo", &C::turbo, "", "clock may rise above nominal"),
        field("smt", &C::smt, "", "several hardware threads a core are on"),
        field("virtualization", &C::virtualization, "", "none, or the hypervisor"),
        field("container", &C::container, "", "none, or the kind of container"),
        field("cpu_limit", &C::cpu_limit, "", "cores granted by the control group, null: no limit"),
        field("clock_source", &C::clock_source, "", "the kernel's clock"),
        field("address_randomization", &C::address_randomization, "",
              "address space layout randomisation"),
        field("transparent_huge_pages", &C::transparent_huge_pages, "", "always, madvise or never"),
        field("load_1min", &C::load_1min, "", "load average of the last minute"),
        field("steal_since_boot", &C::steal_since_boot, "",
              "fraction of CPU time taken by the host"),
        field("cpu_pressure_avg10", &C::cpu_pressure_avg10, "",
              "fraction of 10 s in which tasks waited for a CPU"),
        field("memory_pressure_avg10", &C::memory_pressure_avg10, "", "the same, for memory"),
        field("kernel", &C::kernel, "", "kernel release"),
        field("operating_system", &C::operating_system, "", "distribution"),
        field("build_type", &C::build_type, "", "build type of opgauge"),
        field("compiler", &C::compiler, "", "that built opgauge"),
        field("versions", &C::versions, "", "software versions"),
        field("unavailable", &C::unavailable, "", "fields that are null, with the reason"));
  }
};

// `threads` is what the caller executes with; `versions` usually Device::versions().
Conditions read_conditions(const SystemFiles& system, int threads,
                           std::map<std::string, std::string> versions = {});

// Counters at one moment. Cheap (tens of microseconds), but not for the inside of a timed region.
struct Snapshot {
  double monotonic_s = 0;
  double realtime_s = 0;
  double thread_cpu_s = 0;                // of the calling thread
  int64_t involuntary_switches = 0;       // of the calling thread: another task took the CPU
  int64_t major_faults = 0;               // of the process: a page came from disk
  std::optional<double> steal_s;          // of all CPUs, since boot; null: not readable
  std::optional<double> throttled_s;      // by the control group's quota
  std::optional<int64_t> thermal_events;  // core and package throttle counts
  std::string governor;  // "" if there is none: a change between snapshots is a flag
};
Snapshot take_snapshot(const SystemFiles& system);

// What happened between two snapshots of the same thread.
struct Disturbance {
  double elapsed_s = 0;
  std::optional<double> steal_s;
  std::optional<double> throttled_s;
  std::optional<int64_t> thermal_events;
  int64_t involuntary_switches = 0;
  int64_t major_faults = 0;
  double off_cpu_s = 0;  // elapsed minus the thread's CPU time: it waited or was not scheduled
  double clock_step_s =
      0;  // real time minus monotonic time: the clock was set, or the guest was paused
  bool governor_changed = false;

  static constexpr auto fields() {
    using D = Disturbance;
    return std::make_tuple(
        field("elapsed_s", &D::elapsed_s, "s", "between the snapshots"),
        field("steal_s", &D::steal_s, "s", "CPU time taken by the host, all CPUs"),
        field("throttled_s", &D::throttled_s, "s", "stopped by the control group's quota"),
        field("thermal_events", &D::thermal_events, "", "thermal throttle events"),
        field("involuntary_switches", &D::involuntary_switches, "",
              "context switches forced on the thread"),
        field("major_faults", &D::major_faults, "", "page faults served from disk"),
        field("off_cpu_s", &D::off_cpu_s, "s", "the thread was not on a CPU"),
        field("clock_step_s", &D::clock_step_s, "s", "real time moved against monotonic time"),
        field("governor_changed", &D::governor_changed, "", "the frequency governor changed"));
  }
  // Sentences for a report, in a fixed order; empty if nothing disturbed.
  std::vector<std::string> flags() const;
};
// A clock that went backwards gives elapsed_s 0 and a clock_step_s; counters never count below 0.
Disturbance disturbance(const Snapshot& before, const Snapshot& after);
// Sums and ors, for the visits of one row.
Disturbance& operator+=(Disturbance& total, const Disturbance& more);

}  // namespace opgauge
