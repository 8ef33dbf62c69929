// SPDX-License-Identifier: Apache-2.0
#include "measure/meters/energy_model.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.hpp"

namespace opgauge {
namespace {

using testing::HasSubstr;

class StubMeter final : public PowerMeter {
 public:
  StubMeter(FakeClock& clock, const double& used_j) : clock_(clock), used_j_(used_j) {}
  std::string name() const override { return "stub"; }
  double read_j() override {
    if (clock_.now_s() > vanishes_s) throw Error("stub", "the meter vanished");
    return 15 * clock_.now_s() + used_j_;
  }
  double update_period_s() const override { return 0; }
  double vanishes_s = 1e9;

 private:
  FakeClock& clock_;
  const double& used_j_;
};

class EnergyModelFit : public testing::Test {
 protected:
  EnergyModelFit() {
    auto owned = std::make_unique<StubMeter>(clock, used_j);
    meter = owned.get();
    search.meter = std::move(owned);
  }
  EnergyFit fit() { return fit_energy(assumed, search, clock, work(1e9, 0.02), work(2e8, 0.01)); }
  Work work(double amount, double energy_j) {
    return [=, this] {
      clock.advance_s(0.01);
      used_j += energy_j;
      return amount;
    };
  }
  FakeClock clock;
  double used_j = 0;
  StubMeter* meter = nullptr;
  PowerMeterSearch search;
  EnergyModel assumed{1, 2, 3, Source::assumed};
};

TEST_F(EnergyModelFit, CoefficientsComeFromTheMeter) {
  const EnergyFit result = fit();
  EXPECT_EQ(result.reason, "");
  EXPECT_EQ(result.model.source, Source::measured);
  EXPECT_NEAR(result.model.energy_j_per_flop, 2e-11, 1e-14);
  EXPECT_NEAR(result.model.energy_j_per_byte, 5e-11, 1e-14);
  EXPECT_NEAR(result.model.idle_w, 15, 1e-9);
}

TEST_F(EnergyModelFit, WhatCannotBeMeasuredStaysAssumed) {
  meter->vanishes_s = 10;
  const EnergyFit result = fit();
  EXPECT_THAT(result.reason, HasSubstr("the meter vanished"));
  EXPECT_EQ(result.model.source, Source::assumed);
  EXPECT_EQ(result.model.energy_j_per_flop, 1);
  search.meter.reset();
  search.reasons = {"rapl: absent"};
  EXPECT_THAT(fit().reason, HasSubstr("rapl: absent"));
  EXPECT_THAT(fit_energy_here(Machine(), search, clock).reason, HasSubstr("rapl: absent"));
}

}  // namespace
}  // namespace opgauge
