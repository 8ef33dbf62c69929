// SPDX-License-Identifier: Apache-2.0
// The looking half of the check-up: everything that touches the machine.
#include <unistd.h>

#include "base/error.hpp"
#include "base/statistics.hpp"
#include "machine/machine_files.hpp"
#include "measure/checkup.hpp"
#include "measure/device.hpp"
#include "measure/meters/power_meter.hpp"
#include "measure/probe.hpp"

namespace opgauge {
namespace {

// Probes spread over the time, so that a neighbour's bursts are met as a measurement would meet
// them.
void watch(HostState& seen, Clock& clock, double seconds) {
  SpeedProbe probe(clock, size_t{16} << 20);
  probe.read();
  std::vector<double> compute_s;
  const double start_s = clock.now_s();
  do {
    compute_s.push_back(probe.read().compute_s);
    clock.sleep_s(0.01);
  } while (clock.now_s() - start_s < seconds);
  seen.contention = median(compute_s) / minimum(compute_s);
  seen.resolution = resolution_of(compute_s);
  seen.worst = quantile(compute_s, 0.95) / minimum(compute_s);
}

}  // namespace

HostState observe(const SystemFiles& system, Clock& clock, double seconds, bool backend) {
  HostState seen;
  std::map<std::string, std::string> versions;
  if (backend) {
    try {
      versions = open_device("cpu", ExecutionSettings())->versions();
      const auto libtorch = versions.find("libtorch");
      seen.libtorch = libtorch == versions.end() ? "of unknown version" : libtorch->second;
    } catch (const Error& error) {
      seen.libtorch_reason = error.what();
    }
  } else {
    seen.libtorch_reason = "not looked for";
  }
  const ProcessTimes processes = read_process_times(system);
  const Snapshot before = take_snapshot(system);
  const double start_s = clock.now_s();
  watch(seen, clock, seconds);
  const double elapsed_s = clock.now_s() - start_s;
  seen.second = disturbance(before, take_snapshot(system));
  seen.busy = busy_processes(processes, read_process_times(system), elapsed_s, ::getpid());
  seen.conditions = read_conditions(system, 1, std::move(versions));
  seen.online_cpus = parse_cpu_list(system.text("sys/devices/system/cpu/online").value_or(""));
  try {
    seen.machine = find_machine("", MachineFolders::standard(), system);
  } catch (const Error& error) {
    seen.machine_reason = error.message();
  }
  const PowerMeterSearch search = find_power_meter("cpu", {.system = system});
  seen.meter = search.meter ? search.meter->name() : "";
  seen.meter_reason = search.reason();
  return seen;
}

}  // namespace opgauge
