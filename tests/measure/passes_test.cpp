// SPDX-License-Identifier: Apache-2.0
#include "measure/passes.hpp"

#include <gtest/gtest.h>

#include "graph/builder.hpp"
#include "measure/fake_device.hpp"

namespace opgauge {
namespace {

Graph two_calls() {
  GraphBuilder b("two");
  const ValueId x = b.call("aten::relu", {{"self", b.input("x", {Dtype::f32, {4}})}});
  return b.finish({b.call("aten::sigmoid", {{"self", x}})});
}

FakeBehaviour millisecond_calls() {
  FakeBehaviour behaviour;
  behaviour.node_s = [](const Graph&, const Node&) { return 1e-3; };
  return behaviour;
}

TEST(Passes, FillTheirTimeAndKeepEverySample) {
  FakeClock clock;
  FakeDevice device(clock, millisecond_calls());
  const auto executable = device.prepare(two_calls());
  PassSettings settings;
  settings.budget_s = 0.1;
  const Passes passes = run_passes(*executable, 2, settings, {clock, {}, {}});
  EXPECT_EQ(passes.node_s.size(), 48u) << "50 passes of 2 ms, two of them to warm up";
  EXPECT_EQ(passes.node_s.front().size(), 2u);
  EXPECT_NEAR(passes.elapsed_s, 0.1, 2e-3);
}

TEST(Passes, RunAFewHoweverLongTheyTake) {
  FakeClock clock;
  FakeDevice device(clock, millisecond_calls());
  const auto executable = device.prepare(two_calls());
  PassSettings settings;
  settings.budget_s = 1e-6;
  EXPECT_EQ(run_passes(*executable, 2, settings, {clock, {}, {}}).node_s.size(), 3u);
}

TEST(Passes, ReadTheProbeNowAndThenAndStopWhenTold) {
  FakeClock clock;
  FakeDevice device(clock, millisecond_calls());
  const auto executable = device.prepare(two_calls());
  PassSettings settings;
  settings.budget_s = 1;
  int read = 0, asked = 0;
  settings.interrupted = [&] { return ++asked > 20; };
  const Passes passes = run_passes(*executable, 2, settings,
                                   {clock, [&] { return MachineSpeed{1.0 / ++read, 1, 1}; }, {}});
  EXPECT_EQ(passes.node_s.size(), 21u);
  EXPECT_EQ(read, 3) << "46 ms, every 20";
  EXPECT_NEAR(passes.quiet_probe.compute_s, 1.0 / 3 + 0.2 * (1.0 / 2 - 1.0 / 3), 1e-12) << "a low quantile of three";
}

}  // namespace
}  // namespace opgauge
