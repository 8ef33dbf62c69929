// SPDX-License-Identifier: Apache-2.0
#include "measure/meters/integrated.hpp"

#include <chrono>

#include "base/error.hpp"

namespace opgauge {

void PowerIntegral::add(double time_s, double power_w) {
  if (begun_ && time_s > time_s_) energy_j_ += (time_s - time_s_) * (power_w + power_w_) / 2;
  if (!begun_ || time_s > time_s_) {
    time_s_ = time_s;
    power_w_ = power_w;
  }
  begun_ = true;
}

IntegratedMeter::IntegratedMeter(std::string name, double period_s, std::function<double()> power_w)
    : name_(std::move(name)), period_s_(period_s), power_w_(std::move(power_w)) {
  sample();
  thread_ = std::thread([this] {
    std::unique_lock lock(mutex_);
    while (
        !wake_.wait_for(lock, std::chrono::duration<double>(period_s_), [this] { return stop_; }))
      sample();
  });
}

IntegratedMeter::~IntegratedMeter() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  wake_.notify_all();
  thread_.join();
}

void IntegratedMeter::sample() {
  if (!failure_.empty()) return;
  try {
    const double power_w = power_w_();
    const auto now = std::chrono::steady_clock::now().time_since_epoch();
    integral_.add(std::chrono::duration<double>(now).count(), power_w);
  } catch (const Error& error) {
    failure_ = error.message();
  }
}

double IntegratedMeter::read_j() {
  const std::lock_guard lock(mutex_);
  sample();
  if (!failure_.empty()) throw Error(name_, failure_);
  return integral_.energy_j();
}

}  // namespace opgauge
