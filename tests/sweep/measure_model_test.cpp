// SPDX-License-Identifier: Apache-2.0
#include "sweep/measure_model.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/json.hpp"
#include "graph/text.hpp"
#include "measure/fake_device.hpp"

namespace opgauge {
namespace {

using testing::HasSubstr;

Graph two_equal_calls() {
  return parse_graph(R"(graph small
%x = input f32[8,16]
%w = parameter f32[32,16] "w"
%h = aten::linear(input=%x, weight=%w)  # fc
%y = aten::relu(self=%h)  # act, model.py:3
%z = aten::relu(self=%y)  # act, model.py:4
return %z
)");
}

class RisingMeter final : public PowerMeter {
 public:
  explicit RisingMeter(Clock& clock) : clock_(clock) {}
  std::string name() const override { return "fake"; }
  double read_j() override { return 10 * clock_.now_s(); }
  double update_period_s() const override { return 1e-3; }

 private:
  Clock& clock_;
};

struct Bench {
  FakeClock clock;
  FakeBehaviour behaviour;
  MeasureModelOptions options;
  PowerMeterSearch meter;

  Bench() {
    behaviour.node_s = [](const Graph&, const Node& node) {
      return node.target == "aten::linear" ? 60e-6 : 20e-6;
    };
    meter.reasons = {"rapl: none here"};
  }
  ModelMeasurement run() {
    FakeDevice device(clock, behaviour);
    return measure_model(device, two_equal_calls(), {}, options, {clock, {}, {}}, meter);
  }
};

TEST(MeasureModel, LatencyEndToEndAndPerCase) {
  Bench bench;
  const ModelMeasurement m = bench.run();
  EXPECT_EQ(m.outcome.verdict, Verdict::valid);
  EXPECT_NEAR(*m.quiet_latency_s, 100e-6, 1e-9);
  EXPECT_NEAR(*m.typical_latency_s, 100e-6, 1e-9);
  ASSERT_EQ(m.cases.size(), 2u);
  EXPECT_EQ(m.cases[0].call, "aten::linear(f32[8,16], parameter f32[32,16])");
  EXPECT_EQ(m.cases[1].count, 2);
  EXPECT_NEAR(m.cases[1].quiet_s, 40e-6, 1e-9);
  EXPECT_NEAR(m.cases[1].share, 0.4, 1e-6);
  ASSERT_EQ(m.nodes.size(), 3u);
  EXPECT_EQ(m.nodes[1].where, "model.py:3");
  EXPECT_EQ(m.macs, 8 * 16 * 32);
  EXPECT_EQ(m.executed_macs, m.macs);
  EXPECT_NEAR(*m.flops_per_s, 2.0 * 8 * 16 * 32 / 100e-6, 1e3);
  EXPECT_EQ(m.predicted_peak_intermediate_bytes, 2 * 8 * 32 * 4);
}

TEST(MeasureModel, WithoutAMeterTheEnergyIsNullWithTheReason) {
  Bench bench;
  const ModelMeasurement m = bench.run();
  EXPECT_FALSE(m.energy.energy_j);
  EXPECT_THAT(m.energy.reason, HasSubstr("rapl: none here"));
  EXPECT_TRUE(encode(m)["energy"]["energy_j"].is_null());
}

TEST(MeasureModel, WithAMeterTheEnergyIsMeasured) {
  Bench bench;
  bench.meter.meter = std::make_unique<RisingMeter>(bench.clock);
  const ModelMeasurement m = bench.run();
  ASSERT_TRUE(m.energy.total_energy_j);
  EXPECT_NEAR(*m.energy.total_energy_j, 10 * 100e-6, 1e-6);
}

TEST(MeasureModel, AModelThatDoesNotRunIsAnOutcomeWithItsReason) {
  Bench bench;
  bench.behaviour.on_run = [](const Graph&) { throw Error("aten::linear", "no kernel"); };
  const ModelMeasurement m = bench.run();
  EXPECT_EQ(m.outcome.verdict, Verdict::failed);
  EXPECT_THAT(m.outcome.reason, HasSubstr("no kernel"));
  EXPECT_FALSE(m.quiet_latency_s);
  EXPECT_EQ(m.energy.reason, "the model did not run");
}

TEST(MeasureModel, AnInterruptionEndsIt) {
  Bench bench;
  int asked = 0;
  bench.options.interrupted = [&] { return ++asked > 3; };
  const ModelMeasurement m = bench.run();
  EXPECT_EQ(m.outcome.verdict, Verdict::failed);
  EXPECT_EQ(m.outcome.reason, "interrupted");
}

}  // namespace
}  // namespace opgauge
