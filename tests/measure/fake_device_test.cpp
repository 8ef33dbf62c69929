// SPDX-License-Identifier: Apache-2.0
#include "measure/fake_device.hpp"

#include <gtest/gtest.h>

#include <numeric>

#include "graph/builder.hpp"

namespace opgauge {
namespace {

Graph two_layers() {
  GraphBuilder b("mlp");
  ValueId x = b.input("x", {Dtype::f32, {4, 8}});
  const ValueId w = b.parameter("fc.weight", {Dtype::f32, {16, 8}});
  x = b.call("aten::linear", {{"input", x}, {"weight", w}});
  return b.finish({b.call("aten::relu", {{"self", x}})});
}

TEST(FakeDevice, MovesItsClockByWhatANodeTakes) {
  FakeClock clock;
  FakeBehaviour behaviour;
  behaviour.node_s = [](const Graph&, const Node& node) {
    return node.target == "aten::linear" ? 3e-6 : 1e-6;
  };
  behaviour.run_overhead_s = 0.5e-6;
  FakeDevice device(clock, behaviour);
  const auto executable = device.prepare(two_layers());
  std::vector<double> node_s(2);
  EXPECT_DOUBLE_EQ(executable->run_timed_s(node_s), 4.5e-6);
  EXPECT_DOUBLE_EQ(node_s[0], 3e-6);
  EXPECT_DOUBLE_EQ(node_s[1], 1e-6);
  EXPECT_DOUBLE_EQ(clock.now_s(), 4.5e-6);
  EXPECT_EQ(executable->count_work().macs, 4 * 8 * 16);
  EXPECT_EQ(executable->held_bytes(), 4 * (4 * 8 + 16 * 8));
  EXPECT_EQ(executable->outputs()[0].size(), 64u);
  EXPECT_EQ(device.runs(), 3);
}

TEST(FakeDevice, WarmsUpIsDisturbedAndIsNoisyAsTold) {
  FakeClock clock;
  FakeBehaviour behaviour;
  behaviour.node_s = [](const Graph&, const Node&) { return 1e-6; };
  behaviour.warm_up_runs = 1;
  behaviour.warm_up_factor = 10;
  FakeDevice device(clock, behaviour);
  const auto executable = device.prepare(two_layers());
  EXPECT_DOUBLE_EQ(executable->run_s(), 20e-6);
  EXPECT_DOUBLE_EQ(executable->run_s(), 2e-6);
  device.behaviour().contention = [](double) { return 1.5; };
  EXPECT_DOUBLE_EQ(executable->run_s(), 3e-6);
  device.behaviour().contention = nullptr;
  device.behaviour().noise = 0.1;
  EXPECT_NE(executable->run_s(), executable->run_s());
}

TEST(FakeDevice, LacksAndRefusesAsTold) {
  FakeClock clock;
  FakeBehaviour behaviour;
  behaviour.lacks = {{"fp16", "no fp16 units"}};
  behaviour.available_bytes = 10;
  FakeDevice device(clock, behaviour);
  EXPECT_EQ(device.lacks("fp16"), "no fp16 units");
  EXPECT_EQ(device.lacks("fp32"), std::nullopt);
  EXPECT_THROW(device.prepare(two_layers()), Error);
}

}  // namespace
}  // namespace opgauge
