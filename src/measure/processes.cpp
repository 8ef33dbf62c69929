// SPDX-License-Identifier: Apache-2.0
#include "measure/processes.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

namespace opgauge {

ProcessTimes read_process_times(const SystemFiles& system) {
  constexpr double ticks_per_s = 100;  // USER_HZ
  ProcessTimes times;
  for (const std::string& folder : system.list("proc")) {
    if (folder.find_first_not_of("0123456789") != std::string::npos) continue;
    // "123 (a name) with) S 1 …": the name ends at the last parenthesis; user and system time are
    // fields 14 and 15.
    const std::string text = system.text("proc/" + folder + "/stat").value_or("");
    const size_t first = text.find('('), last = text.rfind(')');
    if (first == std::string::npos || last == std::string::npos || last < first) continue;
    double user = 0, kernel = 0;
    if (std::sscanf(text.c_str() + last + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lf %lf",
                    &user, &kernel) != 2) {
      continue;
    }
    times[std::atoi(folder.c_str())] = {text.substr(first + 1, last - first - 1),
                                        (user + kernel) / ticks_per_s};
  }
  return times;
}

std::vector<BusyProcess> busy_processes(const ProcessTimes& before, const ProcessTimes& after,
                                        double elapsed_s, int self, double least_cpus) {
  std::vector<BusyProcess> busy;
  if (!(elapsed_s > 0)) return busy;
  for (const auto& [pid, process] : after) {
    const auto then = before.find(pid);
    const double cpus =
        (process.cpu_s - (then == before.end() ? 0 : then->second.cpu_s)) / elapsed_s;
    if (pid != self && cpus >= least_cpus) busy.push_back({pid, process.name, cpus});
  }
  std::ranges::sort(busy, std::ranges::greater(), &BusyProcess::cpus);
  return busy;
}

}  // namespace opgauge
