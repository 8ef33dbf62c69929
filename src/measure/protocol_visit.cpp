// SPDX-License-Identifier: Apache-2.0
#include "measure/protocol_visit.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/statistics.hpp"

namespace opgauge {
namespace {

bool usable(double time_s) { return std::isfinite(time_s) && time_s > 0; }

// Two neighbouring windows whose medians differ by less than this have no trend left that matters.
constexpr double agreement = 0.05;

constexpr double most_short_run_s = 3e-3;  // what a run of more reads has passed through the caches by itself

// Runs until two windows agree, or a limit is met.
void warm_up_fresh(Executable& executable, const ProtocolSettings& settings, Clock& clock,
                   Visit& visit) {
  ElapsedTime elapsed(clock);
  std::vector<double> times;
  visit.steady = false;
  while (visit.warm_up_runs < settings.max_warm_up_runs &&
         (visit.warm_up_runs < 2 || elapsed.read_s() < settings.max_warm_up_s)) {
    const double run_s = executable.run_s();
    ++visit.warm_up_runs;
    if (!usable(run_s)) continue;
    times.push_back(run_s);
    const size_t window = times.back() > 0.02 ? 1 : 5;
    if (times.size() < 2 * window) continue;
    const std::span<const double> last(times.data() + times.size() - 2 * window, 2 * window);
    const double first = median(last.first(window)), second = median(last.last(window));
    if (std::abs(second / first - 1) <= agreement) {
      visit.steady = true;
      return;
    }
  }
}

void warm_up_again(Executable& executable, const ProtocolSettings& settings, Clock& clock,
                   Visit& visit) {
  ElapsedTime elapsed(clock);
  do {
    executable.run_s();
    ++visit.warm_up_runs;
  } while (elapsed.read_s() < settings.visit_warm_up_s &&
           visit.warm_up_runs < settings.max_warm_up_runs);
}

}  // namespace

double ElapsedTime::read_s() {
  const double now_s = clock_.now_s();
  if (now_s > last_s_) total_s_ += now_s - last_s_;
  last_s_ = now_s;
  return total_s_;
}

Visit visit_row(Executable& executable, size_t nodes, int least_runs, bool fresh, bool end_to_end,
                const ProtocolSettings& settings, const Surroundings& around) {
  Visit visit;
  ElapsedTime whole(around.clock);
  const Snapshot before = around.snapshot ? around.snapshot() : Snapshot{};
  if (around.probe) visit.probe = around.probe();
  if (fresh) {
    warm_up_fresh(executable, settings, around.clock, visit);
  } else if (settings.warm_run_s == 0) {
    warm_up_again(executable, settings, around.clock, visit);
  }

  std::vector<double> node_s(nodes), runs, sums_over_runs;
  ElapsedTime sampling(around.clock);
  int least_tries = 1;
  for (int tries = 0;
       tries < settings.max_pairs && (tries < least_tries || sampling.read_s() < settings.visit_s);
       ++tries) {
    const double timed_s = executable.run_timed_s(node_s);
    if (timed_s < settings.warm_run_s) least_tries = 2;
    if (timed_s < most_short_run_s) least_tries = std::max(least_tries, least_runs);
    const double run_s = end_to_end ? executable.run_s() : timed_s;
    const double sum_s = std::accumulate(node_s.begin(), node_s.end(), 0.0);
    if (!usable(timed_s) || !usable(run_s) || !usable(sum_s) || minimum(node_s) < 0) {
      ++visit.clock_faults;
      continue;
    }
    if (visit.node_s.empty()) {
      visit.node_s = node_s;
    } else {
      for (size_t n = 0; n < nodes; ++n) visit.node_s[n] = std::min(visit.node_s[n], node_s[n]);
    }
    runs.push_back(run_s);
    sums_over_runs.push_back(sum_s / timed_s);
  }
  visit.pairs = static_cast<int>(runs.size());
  if (!runs.empty()) {
    visit.run_s = median(runs);
    visit.least_run_s = minimum(runs);
    visit.sum_over_run = median(sums_over_runs);
    visit.clock_gaps = static_cast<int>(std::count_if(runs.begin(), runs.end(), [&](double t) {
      return t > 10 * visit.run_s && t > visit.run_s + 1e-3;
    }));
  }
  if (around.snapshot) visit.disturbance = disturbance(before, around.snapshot());
  visit.elapsed_s = whole.read_s();
  return visit;
}

}  // namespace opgauge
