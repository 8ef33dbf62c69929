// SPDX-License-Identifier: Apache-2.0
#include "measure/meters/energy.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <vector>

#include "base/error.hpp"
#include "base/statistics.hpp"

namespace opgauge {
namespace {

struct Window {
  double seconds = 0, energy_j = 0;
  int64_t inferences = 0;
  double power_w() const { return energy_j / seconds; }
};

// Meter readings around some work. Only a meter's own failure is caught, so it has its own type
// here.
struct MeterFailed {
  std::string reason;
};

class Windows {
 public:
  Windows(PowerMeter& meter, Clock& clock) : meter_(meter), clock_(clock) {}

  template <class Work>
  Window measure(Work&& work) {
    Window window;
    const double start_j = read_j(), start_s = clock_.now_s();
    window.inferences = work(start_s);
    const double end_s = clock_.now_s(), end_j = read_j();
    window.seconds = end_s - start_s;
    window.energy_j = end_j - start_j;
    if (!(window.seconds > 0))
      throw MeterFailed{fmt::format("the clock moved by {} s within a window", window.seconds)};
    return window;
  }

 private:
  double read_j() {
    try {
      return meter_.read_j();
    } catch (const Error& error) {
      throw MeterFailed{error.what()};
    }
  }
  PowerMeter& meter_;
  Clock& clock_;
};

EnergyMeasurement without_values(const std::string& meter, const std::string& reason) {
  EnergyMeasurement result;
  result.meter = meter;
  result.reason = reason;
  return result;
}

void summarize(EnergyMeasurement& result, const std::vector<Window>& idle,
               const std::vector<Window>& loops, double update_period_s) {
  std::vector<double> above_j;  // of one inference, for each loop
  double energy_j = 0, idle_j = 0, idle_s = 0, unresolved_j = 0;
  for (const Window& window : idle) {
    idle_j += window.energy_j;
    idle_s += window.seconds;
  }
  for (size_t i = 0; i < loops.size(); ++i) {
    const double baseline_w = (idle[i].power_w() + idle[i + 1].power_w()) / 2;
    const double count = static_cast<double>(loops[i].inferences);
    above_j.push_back((loops[i].energy_j - baseline_w * loops[i].seconds) / count);
    // Both ends of a window are up to a period old.
    unresolved_j =
        std::max(unresolved_j, update_period_s * std::abs(loops[i].power_w() - baseline_w) / count);
    energy_j += loops[i].energy_j;
    result.measured_s += loops[i].seconds;
    result.inferences += loops[i].inferences;
  }
  const double n = static_cast<double>(loops.size());
  const double half = boost::math::quantile(boost::math::students_t(n - 1), 0.975) *
                          standard_deviation(above_j) / std::sqrt(n) +
                      unresolved_j;
  result.energy_j = mean(above_j);
  result.energy_low_j = *result.energy_j - half;
  result.energy_high_j = *result.energy_j + half;
  result.total_energy_j = energy_j / static_cast<double>(result.inferences);
  result.idle_w = idle_j / idle_s;
  result.active_w = energy_j / result.measured_s;
  if (energy_j <= 0) {
    result = without_values(result.meter, "the meter did not move while there was work");
  } else if (*result.energy_low_j <= 0) {
    result.reason = fmt::format("not resolved from idle: at most {:.3g} J", std::max(0.0, *result.energy_high_j));
    result.energy_j = result.energy_low_j = result.energy_high_j = std::nullopt;
  }
}

}  // namespace

EnergyMeasurement measure_energy(PowerMeterSearch& search, Clock& clock,
                                 const std::function<void()>& inference,
                                 const EnergyOptions& options) {
  OPGAUGE_CHECK(options.loops >= 2, "an interval needs two loops");
  if (!search.meter) return without_values("", "no power meter: " + search.reason());
  EnergyMeasurement result;
  result.meter = search.meter->name();
  Windows windows(*search.meter, clock);
  const auto pause = [&] {
    return windows.measure([&](double) {
      clock.sleep_s(options.idle_s);
      return 0;
    });
  };
  const auto loop = [&] {
    return windows.measure([&](double start_s) {
      int64_t count = 0;
      do {
        inference();
        ++count;
      } while (clock.now_s() - start_s < options.loop_s);
      return count;
    });
  };
  try {
    std::vector<Window> idle{pause()}, loops;
    for (int i = 0; i < options.loops; ++i) {
      loops.push_back(loop());
      idle.push_back(pause());
    }
    summarize(result, idle, loops, search.meter->update_period_s());
  } catch (const MeterFailed& failed) {
    result = without_values(search.meter->name(), failed.reason);
  }
  return result;
}

}  // namespace opgauge
