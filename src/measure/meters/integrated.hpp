// SPDX-License-Identifier: Apache-2.0
// Joules out of a sensor that only says watts: a thread samples it and adds up trapezoids. Peaks
// shorter than the period are not seen; the sum is as good as the sensor's own averaging.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

#include "measure/meters/power_meter.hpp"

namespace opgauge {

// Trapezoids of (time, power) samples; times that do not ascend are ignored.
class PowerIntegral {
 public:
  void add(double time_s, double power_w);
  double energy_j() const { return energy_j_; }

 private:
  bool begun_ = false;
  double time_s_ = 0, power_w_ = 0, energy_j_ = 0;
};

class IntegratedMeter final : public PowerMeter {
 public:
  // `power_w` is called from the sampling thread and from read_j, never at once; it throws Error
  // when the sensor vanished.
  IntegratedMeter(std::string name, double period_s, std::function<double()> power_w);
  ~IntegratedMeter() override;
  IntegratedMeter(const IntegratedMeter&) = delete;
  IntegratedMeter& operator=(const IntegratedMeter&) = delete;

  std::string name() const override { return name_; }
  double read_j() override;
  double update_period_s() const override { return period_s_; }

 private:
  void sample();  // with the lock held

  std::string name_;
  double period_s_;
  std::function<double()> power_w_;
  std::mutex mutex_;
  std::condition_variable wake_;
  PowerIntegral integral_;
  std::string failure_;  // what the sensor threw; read_j says it
  bool stop_ = false;
  std::thread thread_;
};

}  // namespace opgauge
