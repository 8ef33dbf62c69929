// SPDX-License-Identifier: Apache-2.0
// Time as the measuring protocol sees it: the machine's steady clock, or a fake one that only moves
// when told.
#pragma once

#include <chrono>
#include <thread>

#include "base/error.hpp"

namespace opgauge {

class Clock {
 public:
  virtual ~Clock() = default;
  virtual double now_s() = 0;  // seconds since an arbitrary start
  virtual void sleep_s(double duration_s) = 0;
};

class SteadyClock final : public Clock {
 public:
  double now_s() override {
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch())
        .count();
  }
  void sleep_s(double duration_s) override {
    if (duration_s > 0) std::this_thread::sleep_for(std::chrono::duration<double>(duration_s));
  }
};

class FakeClock final : public Clock {
 public:
  double now_s() override { return now_s_; }
  void sleep_s(double duration_s) override { now_s_ += duration_s; }
  // May be negative: a clock that goes backwards.
  void advance_s(double duration_s) { now_s_ += duration_s; }

 private:
  double now_s_ = 0;
};

}  // namespace opgauge
