// SPDX-License-Identifier: Apache-2.0
// Who else uses the CPU: processor time of each process between two looks at /proc.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/fields.hpp"
#include "machine/system_files.hpp"

namespace opgauge {

struct ProcessTime {
  std::string name;
  double cpu_s = 0;  // since it started
};
using ProcessTimes = std::map<int, ProcessTime>;  // by process number
ProcessTimes read_process_times(const SystemFiles& system);

struct BusyProcess {
  int pid = 0;
  std::string name;
  double cpus = 0;  // processors' worth of time: 0.5 is half of one
  static constexpr auto fields() {
    return std::make_tuple(field("pid", &BusyProcess::pid, "", "process number"),
                           field("name", &BusyProcess::name, "", "program"),
                           field("cpus", &BusyProcess::cpus, "", "processors used"));
  }
};
// Processes that used at least `least_cpus` between two looks, the busiest first, without `self`.
std::vector<BusyProcess> busy_processes(const ProcessTimes& before, const ProcessTimes& after,
                                        double elapsed_s, int self, double least_cpus = 0.05);

}  // namespace opgauge
