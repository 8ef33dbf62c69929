// SPDX-License-Identifier: Apache-2.0
#include "measure/meters/energy.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.hpp"
#include "base/json.hpp"

namespace opgauge {
namespace {

using testing::HasSubstr;

// Idles at a power that drifts with time and adds what inferences use; may vanish at some reading.
class FakeMeter final : public PowerMeter {
 public:
  explicit FakeMeter(FakeClock& clock) : clock_(clock) {}
  std::string name() const override { return "fake"; }
  double read_j() override {
    if (++readings_ > vanishes_after) throw Error("fake", "the meter vanished");
    const double t = clock_.now_s();
    return stuck ? 0 : idle_w * t + drift_w_per_s * t * t / 2 + used_j;
  }
  double update_period_s() const override { return period_s; }

  double idle_w = 20, drift_w_per_s = 0, used_j = 0, period_s = 0;
  int vanishes_after = 1 << 30;
  bool stuck = false;

 private:
  FakeClock& clock_;
  int readings_ = 0;
};

class Energy : public testing::Test {
 protected:
  Energy() {
    auto owned = std::make_unique<FakeMeter>(clock);
    meter = owned.get();
    search.meter = std::move(owned);
  }
  EnergyMeasurement measure() {
    return measure_energy(search, clock, [this] {
      clock.advance_s(0.3);
      meter->used_j += inference_j + noise_j * (++count % 2 ? 1 : -1);
    });
  }
  FakeClock clock;
  PowerMeterSearch search;
  FakeMeter* meter = nullptr;
  double inference_j = 3, noise_j = 0;
  int count = 0;
};

TEST_F(Energy, IdleIsSubtractedAndReported) {
  const EnergyMeasurement energy = measure();
  EXPECT_NEAR(energy.energy_j.value(), 3, 1e-9);
  EXPECT_NEAR(energy.total_energy_j.value(), 3 + 0.3 * 20, 1e-9);
  EXPECT_NEAR(energy.idle_w.value(), 20, 1e-9);
  EXPECT_NEAR(energy.active_w.value(), 30, 1e-9);
  EXPECT_EQ(energy.inferences, 3 * 4);  // loops of at least a second
  EXPECT_GE(energy.measured_s, 3);
  EXPECT_EQ(energy.meter, "fake");
  EXPECT_EQ(energy.reason, "");
}

TEST_F(Energy, ADriftingBaselineCancels) {
  meter->drift_w_per_s = 1;
  EXPECT_NEAR(measure().energy_j.value(), 3, 0.1);
}

TEST_F(Energy, TheIntervalHoldsTheTruthAndTheUpdatePeriod) {
  noise_j = 0.5;
  EnergyMeasurement energy = measure();
  EXPECT_LE(energy.energy_low_j.value(), 3);
  EXPECT_GE(energy.energy_high_j.value(), 3);
  noise_j = 0;
  meter->period_s = 0.1;
  energy = measure();
  EXPECT_NEAR(energy.energy_high_j.value() - energy.energy_low_j.value(), 2 * 0.1 * 10 / 4, 1e-6);
}

TEST_F(Energy, WorkThatIsLostInTheNoiseIsSaid) {
  inference_j = 0;
  noise_j = 0.01;
  const EnergyMeasurement energy = measure();
  EXPECT_THAT(energy.reason, HasSubstr("not resolved from idle: at most "));
  // What may be noise, and may be negative, is no measurement.
  EXPECT_FALSE(energy.energy_j || energy.energy_low_j || energy.energy_high_j);
  EXPECT_TRUE(energy.total_energy_j && energy.idle_w);
}

TEST_F(Energy, AMeterThatVanishesAtAnyReadingIsAReasonNotACrash) {
  for (int readings = 0; readings < 14; ++readings) {
    FakeClock own;
    auto owned = std::make_unique<FakeMeter>(own);
    owned->vanishes_after = readings;
    PowerMeterSearch vanishing;
    vanishing.meter = std::move(owned);
    const EnergyMeasurement energy = measure_energy(vanishing, own, [&] { own.advance_s(0.5); });
    EXPECT_EQ(energy.energy_j, std::nullopt) << readings;
    EXPECT_THAT(energy.reason, HasSubstr("the meter vanished"));
    EXPECT_TRUE(encode(energy).at("energy_j").is_null());
  }
}

TEST_F(Energy, AMeterThatStandsStillIsNoMeasurement) {
  meter->stuck = true;
  const EnergyMeasurement energy = measure();
  EXPECT_EQ(energy.energy_j, std::nullopt);
  EXPECT_THAT(energy.reason, HasSubstr("did not move"));
}

TEST_F(Energy, NoMeterIsNullWithTheReasons) {
  PowerMeterSearch none;
  none.reasons = {"rapl: absent", "hwmon: absent"};
  const EnergyMeasurement energy =
      measure_energy(none, clock, [] { FAIL() << "nothing to run for"; });
  EXPECT_EQ(energy.energy_j, std::nullopt);
  EXPECT_EQ(energy.reason, "no power meter: rapl: absent; hwmon: absent");
}

TEST_F(Energy, WhatTheInferenceThrowsPasses) {
  EXPECT_THROW(measure_energy(search, clock, [] { throw Error("x", "y"); }), Error);
}

}  // namespace
}  // namespace opgauge
