// SPDX-License-Identifier: Apache-2.0
#include "measure/passes.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>

namespace opgauge {
namespace {

// Reads memory that nothing else needs, a cache line at a time.
class Eviction {
 public:
  explicit Eviction(size_t bytes) : memory_(bytes / sizeof(uint64_t), 1) {}
  void run() {
    uint64_t sum = 0;
    for (size_t i = 0; i < memory_.size(); i += 8) sum += memory_[i];
    kept_.store(sum, std::memory_order_relaxed);
  }

 private:
  std::vector<uint64_t> memory_;
  std::atomic<uint64_t> kept_{0};
};

}  // namespace

Passes run_passes(Executable& executable, size_t nodes, const PassSettings& settings,
                  const Surroundings& around) {
  Passes out;
  out.nodes = nodes;
  ElapsedTime elapsed(around.clock);
  Eviction eviction(settings.evict_bytes);
  double probed_s = -settings.probe_interval_s;
  std::vector<MachineSpeed> readings;
  std::vector<double> node_s(nodes);
  for (int pass = -settings.warm_up; pass < settings.most; ++pass) {
    const double now_s = elapsed.read_s();
    if (pass >= settings.least && now_s >= settings.budget_s) break;
    if (pass > 0 && settings.interrupted && settings.interrupted()) break;
    if (around.probe && now_s - probed_s >= settings.probe_interval_s) {
      readings.push_back(around.probe());
      probed_s = now_s;
    }
    eviction.run();
    executable.run_timed_s(node_s);
    if (pass < 0) continue;
    const bool usable = std::all_of(node_s.begin(), node_s.end(),
                                    [](double t) { return std::isfinite(t) && t >= 0; });
    if (usable) {
      out.node_s.push_back(node_s);
    } else {
      ++out.clock_faults;
    }
  }
  out.quiet_probe = quiet_speed(readings);
  out.elapsed_s = elapsed.read_s();
  return out;
}

}  // namespace opgauge
