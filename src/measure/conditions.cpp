// SPDX-License-Identifier: Apache-2.0
#include "measure/conditions.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <time.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "machine/virtualization.hpp"

namespace opgauge {
namespace {

constexpr double ticks_per_s = 100;  // USER_HZ, fixed in the kernel's interface

std::string governor_file(int cpu) {
  return fmt::format("sys/devices/system/cpu/cpu{}/cpufreq/scaling_governor", cpu);
}

// One value of the frequency driver, joined over the CPUs that may be used: "performance", or
// "performance,powersave".
std::optional<std::string> governors(const SystemFiles& system) {
  std::set<std::string> names;
  for (const int cpu : allowed_cpus()) {
    const auto name =
        system.text(fmt::format("sys/devices/system/cpu/cpu{}/cpufreq/scaling_governor", cpu));
    if (name && !name->empty()) names.insert(*name);
  }
  if (names.empty()) return std::nullopt;
  return fmt::format("{}", fmt::join(names, ","));
}

std::optional<bool> turbo(const SystemFiles& system) {
  if (const auto off = system.number("sys/devices/system/cpu/intel_pstate/no_turbo"))
    return *off == 0;
  if (const auto on = system.number("sys/devices/system/cpu/cpufreq/boost")) return *on != 0;
  for (const int cpu : allowed_cpus()) {
    const auto on = system.number(fmt::format("sys/devices/system/cpu/cpu{}/cpufreq/boost", cpu));
    if (on) return *on != 0;
  }
  return std::nullopt;
}

// "[always] madvise never" -> "always".
std::optional<std::string> bracketed(const std::optional<std::string>& text) {
  if (!text) return std::nullopt;
  const size_t first = text->find('['), last = text->find(']');
  if (first == std::string::npos || last == std::string::npos || last < first) return std::nullopt;
  return text->substr(first + 1, last - first - 1);
}

// "some avg10=0.36 avg60=… total=…" -> 0.0036.
std::optional<double> pressure(const SystemFiles& system, const char* resource) {
  const auto text = system.text(std::string("proc/pressure/") + resource);
  double percent = 0;
  if (!text || std::sscanf(text->c_str(), "some avg10=%lf", &percent) != 1) return std::nullopt;
  return percent / 100;
}

struct CpuTimes {
  double total_s = 0, steal_s = 0;
};
// The first line of /proc/stat: user nice system idle iowait irq softirq steal (guest is part of
// user).
std::optional<CpuTimes> cpu_times(const SystemFiles& system) {
  const auto text = system.text("proc/stat");
  double t[8] = {};
  if (!text || std::sscanf(text->c_str(), "cpu %lf %lf %lf %lf %lf %lf %lf %lf", t, t + 1, t + 2,
                           t + 3, t + 4, t + 5, t + 6, t + 7) != 8) {
    return std::nullopt;
  }
  CpuTimes times;
  for (const double one : t) times.total_s += one / ticks_per_s;
  times.steal_s = t[7] / ticks_per_s;
  return times;
}

std::optional<double> throttled(const SystemFiles& system) {
  const auto from = [&](const char* file, const char* key, double unit) -> std::optional<double> {
    const std::string text = "\n" + system.text(file).value_or("");
    const size_t at = text.find("\n" + std::string(key) + " ");
    double value = 0;
    if (at == std::string::npos ||
        std::sscanf(text.c_str() + at + 2 + std::string_view(key).size(), "%lf", &value) != 1)
      return std::nullopt;
    return value * unit;
  };
  if (const auto v2 = from("sys/fs/cgroup/cpu.stat", "throttled_usec", 1e-6)) return v2;
  return from("sys/fs/cgroup/cpu/cpu.stat", "throttled_time", 1e-9);
}

std::optional<int64_t> thermal_events(const SystemFiles& system) {
  std::optional<int64_t> events;
  for (const int cpu : allowed_cpus()) {
    for (const char* file : {"core_throttle_count", "package_throttle_count"}) {
      const auto count =
          system.number(fmt::format("sys/devices/system/cpu/cpu{}/thermal_throttle/{}", cpu, file));
      if (count) events = events.value_or(0) + static_cast<int64_t>(*count);
    }
  }
  return events;
}

double clock_s(clockid_t clock) {
  timespec now{};
  ::clock_gettime(clock, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

template <class T>
std::optional<T> increase(const std::optional<T>& before, const std::optional<T>& after) {
  if (!before || !after) return std::nullopt;
  return std::max(T{0}, *after - *before);
}

template <class T>
void add(std::optional<T>& total, const std::optional<T>& more) {
  if (more) total = total.value_or(T{0}) + *more;
}

}  // namespace

Conditions read_conditions(const SystemFiles& system, int threads,
                           std::map<std::string, std::string> versions) {
  Conditions c;
  c.taken_at = fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(::time(nullptr)));
  c.threads = threads;
  c.affinity = format_cpu_list(allowed_cpus());
  c.virtualization = virtualization(system);
  c.container = container(system);
  const auto need = [&](const char* name, auto& place, auto value, const char* reason) {
    place = std::move(value);
    if (!place) c.unavailable[name] = reason;
  };
  const std::string driver =
      c.virtualization == "none"
          ? "no frequency driver: sys/devices/system/cpu/cpu*/cpufreq is absent"
          : "the host sets the clock, a guest does not see it";
  need("governor", c.governor, governors(system), driver.c_str());
  need("turbo", c.turbo, turbo(system), driver.c_str());
  const auto smt = system.number("sys/devices/system/cpu/smt/active");
  need("smt", c.smt, smt ? std::optional(*smt != 0) : std::nullopt,
       "the kernel has no sys/devices/system/cpu/smt");
  if (c.smt == false && c.virtualization != "none") {
    c.unavailable["smt"] =
        "off in this guest; whether its CPUs share a core with other guests is the host's secret";
  }
  c.cpu_limit = cgroup_cpu_limit(system);
  need("clock_source", c.clock_source,
       system.text("sys/devices/system/clocksource/clocksource0/current_clocksource"),
       "sys/devices/system/clocksource is absent");
  const auto randomize = system.number("proc/sys/kernel/randomize_va_space");
  need("address_randomization", c.address_randomization,
       randomize ? std::optional(*randomize != 0) : std::nullopt,
       "proc/sys/kernel/randomize_va_space is absent");
  need("transparent_huge_pages", c.transparent_huge_pages,
       bracketed(system.text("sys/kernel/mm/transparent_hugepage/enabled")),
       "the kernel has no transparent huge pages");
  const std::string load = system.text("proc/loadavg").value_or("");
  double one_minute = 0;
  need(
      "load_1min", c.load_1min,
      std::sscanf(load.c_str(), "%lf", &one_minute) == 1 ? std::optional(one_minute) : std::nullopt,
      "proc/loadavg cannot be read");
  const auto times = cpu_times(system);
  need("steal_since_boot", c.steal_since_boot,
       times && times->total_s > 0 ? std::optional(times->steal_s / times->total_s) : std::nullopt,
       "proc/stat cannot be read");
  need("cpu_pressure_avg10", c.cpu_pressure_avg10, pressure(system, "cpu"),
       "the kernel has no proc/pressure");
  need("memory_pressure_avg10", c.memory_pressure_avg10, pressure(system, "memory"),
       "the kernel has no proc/pressure");
  utsname name{};
  ::uname(&name);
  c.kernel = fmt::format("{} {}", name.sysname, name.release);
  c.operating_system =
      line_value(system.text("etc/os-release").value_or(""), "PRETTY_NAME").value_or("unknown");
  c.build_type = OPGAUGE_BUILD_TYPE;
  c.compiler = OPGAUGE_COMPILER;
  c.versions = std::move(versions);
  c.versions.emplace("opgauge", OPGAUGE_VERSION);
  return c;
}

Snapshot take_snapshot(const SystemFiles& system) {
  Snapshot s;
  const auto times = cpu_times(system);
  if (times) s.steal_s = times->steal_s;
  s.throttled_s = throttled(system);
  s.thermal_events = thermal_events(system);
  // The first CPU's governor stands for all: they are set together, and a snapshot has to be cheap.
  if (const auto cpus = allowed_cpus(); !cpus.empty()) {
    s.governor = system.text(governor_file(cpus.front())).value_or("");
  }
  rusage usage{};
  ::getrusage(RUSAGE_THREAD, &usage);
  s.involuntary_switches = usage.ru_nivcsw;
  ::getrusage(RUSAGE_SELF, &usage);
  s.major_faults = usage.ru_majflt;
  s.thread_cpu_s = clock_s(CLOCK_THREAD_CPUTIME_ID);
  s.realtime_s = clock_s(CLOCK_REALTIME);
  s.monotonic_s = clock_s(CLOCK_MONOTONIC);
  return s;
}

Disturbance disturbance(const Snapshot& before, const Snapshot& after) {
  Disturbance d;
  const double moved_s = after.monotonic_s - before.monotonic_s;
  d.elapsed_s = std::max(0.0, moved_s);
  d.steal_s = increase(before.steal_s, after.steal_s);
  d.throttled_s = increase(before.throttled_s, after.throttled_s);
  d.thermal_events = increase(before.thermal_events, after.thermal_events);
  d.involuntary_switches =
      std::max<int64_t>(0, after.involuntary_switches - before.involuntary_switches);
  d.major_faults = std::max<int64_t>(0, after.major_faults - before.major_faults);
  d.off_cpu_s = std::max(0.0, d.elapsed_s - (after.thread_cpu_s - before.thread_cpu_s));
  d.clock_step_s = (after.realtime_s - before.realtime_s) - d.elapsed_s;
  if (moved_s < 0) d.clock_step_s = moved_s;
  d.governor_changed = before.governor != after.governor;
  return d;
}

std::vector<std::string> Disturbance::flags() const {
  std::vector<std::string> flags;
  const double scale_s = std::max(elapsed_s, 1e-9);
  // /proc/stat counts in ticks of 10 ms: one tick alone says nothing about a short visit.
  if (steal_s && *steal_s > 0 && *steal_s >= 0.01 * scale_s) {
    flags.push_back(fmt::format("steal {:.3g} % of one CPU", 100 * *steal_s / scale_s));
  }
  if (throttled_s && *throttled_s > 0)
    flags.push_back(fmt::format("throttled by the control group for {:.3g} s", *throttled_s));
  if (thermal_events && *thermal_events > 0)
    flags.push_back(fmt::format("{} thermal throttle events", *thermal_events));
  if (involuntary_switches > 0)
    flags.push_back(fmt::format("{} involuntary context switches", involuntary_switches));
  if (major_faults > 0) flags.push_back(fmt::format("{} page faults from disk", major_faults));
  if (std::abs(clock_step_s) > 1e-3 + 1e-4 * elapsed_s)
    flags.push_back(fmt::format("clock stepped by {:.3g} s", clock_step_s));
  if (governor_changed) flags.push_back("frequency governor changed");
  return flags;
}

Disturbance& operator+=(Disturbance& total, const Disturbance& more) {
  total.elapsed_s += more.elapsed_s;
  add(total.steal_s, more.steal_s);
  add(total.throttled_s, more.throttled_s);
  add(total.thermal_events, more.thermal_events);
  total.involuntary_switches += more.involuntary_switches;
  total.major_faults += more.major_faults;
  total.off_cpu_s += more.off_cpu_s;
  total.clock_step_s += more.clock_step_s;
  total.governor_changed |= more.governor_changed;
  return total;
}

}  // namespace opgauge
