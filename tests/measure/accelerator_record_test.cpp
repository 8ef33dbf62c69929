// SPDX-License-Identifier: Apache-2.0
#include "measure/accelerator_record.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "graph/op_table.hpp"
#include "measure/fake_device.hpp"

namespace opgauge {
namespace {

using testing::HasSubstr;

// 10 TFLOP/s, twice that in 16 bits; 1 TB/s, four times that up to 40 MB; 2 us to launch.
FakeBehaviour card() {
  FakeBehaviour behaviour;
  behaviour.accelerator = "Some Card (second)";
  behaviour.memory_bytes = int64_t{16} << 30;
  behaviour.node_s = [](const Graph& graph, const Node& node) {
    const Dtype dtype = graph[graph.inputs[0]].type.dtype;
    double bytes = 0;
    for_each_operand(node, [&](ValueId id) { bytes += static_cast<double>(graph[id].type.bytes()); });
    for (const ValueId id : node.outputs) bytes += static_cast<double>(graph[id].type.bytes());
    const double flops = 2 * static_cast<double>(work_of(graph, node).macs);
    const double compute_s = flops / (dtype == Dtype::f32 ? 10e12 : 20e12);
    return 2e-6 + std::max(compute_s, bytes / (bytes <= 40e6 ? 4e12 : 1e12));
  };
  behaviour.noise = 0.01;
  return behaviour;
}

TEST(AcceleratorRecord, HoldsWhatTheCardDoes) {
  FakeClock clock;
  FakeDevice device(clock, card(), "cuda");
  const Machine machine = detect_accelerator(device, SystemFiles(), {});
  EXPECT_EQ(machine.name, "some-card-second");
  EXPECT_EQ(machine.accelerator, "Some Card (second)");
  EXPECT_EQ(machine.memory_bytes, 16.0 * (1 << 30));
  EXPECT_NEAR(*peak_flops_per_s(machine, "f32", 1), 10e12, 0.5e12);
  EXPECT_NEAR(*peak_flops_per_s(machine, "bf16", 1), 20e12, 1e12);
  ASSERT_EQ(machine.levels.size(), 2u);
  EXPECT_NEAR(machine.levels[0].capacity_bytes(), 34e6, 7e6);  // half octaves
  EXPECT_GT(*bandwidth_bytes_per_s(machine, 0, 1), 2.5e12);
  EXPECT_NEAR(*bandwidth_bytes_per_s(machine, 1, 1), 1e12, 0.05e12);
}

TEST(AcceleratorRecord, WithoutACacheThereIsOneLevel) {
  FakeClock clock;
  FakeBehaviour behaviour = card();
  behaviour.lacks["bf16"] = "no such units";
  const auto slow = behaviour.node_s;
  behaviour.node_s = [slow](const Graph& graph, const Node& node) {
    return std::max(slow(graph, node),
                    2e-6 + 2 * static_cast<double>(graph[graph.inputs[0]].type.bytes()) / 1e12);
  };
  FakeDevice device(clock, behaviour, "cuda");
  const Machine machine = detect_accelerator(device, SystemFiles(), {.name = "mine"});
  EXPECT_EQ(machine.name, "mine");
  ASSERT_EQ(machine.levels.size(), 1u);
  EXPECT_EQ(peak_flops_per_s(machine, "bf16", 1), std::nullopt);
  EXPECT_THAT(machine.notes, testing::Contains("bf16: no such units"));
}

TEST(AcceleratorRecord, ACpuIsNone) {
  FakeClock clock;
  FakeDevice device(clock);
  try {
    detect_accelerator(device, SystemFiles(), {});
    ADD_FAILURE();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("found the device cpu, expected one beside the CPU"));
  }
}

// Energy as the counters show it: 100 W idle; 5 pJ a FLOP and 20 pJ a byte above that.
class FakeMeter final : public PowerMeter {
 public:
  FakeMeter(FakeClock& clock, const double& dynamic_j) : clock_(clock), dynamic_j_(dynamic_j) {}
  std::string name() const override { return "fake"; }
  double read_j() override { return 100 * clock_.now_s() + dynamic_j_; }
  double update_period_s() const override { return 0.1; }

 private:
  FakeClock& clock_;
  const double& dynamic_j_;
};

TEST(AcceleratorRecord, JoulesComeFromTheMeterOrTheReasonIsSaid) {
  FakeClock clock;
  double dynamic_j = 0;
  FakeBehaviour behaviour = card();
  behaviour.noise = 0;
  behaviour.on_run = [&](const Graph& graph) {
    for (const Node& node : graph.nodes)
      dynamic_j += 5e-12 * 2 * static_cast<double>(work_of(graph, node).macs);
    if (graph.nodes[0].target.find("clone") != std::string::npos)
      dynamic_j += 20e-12 * 2 * static_cast<double>(graph[graph.inputs[0]].type.bytes());
  };
  FakeDevice device(clock, behaviour, "cuda");
  Machine machine = detect_accelerator(device, SystemFiles(), {});
  PowerMeterSearch none;
  none.reasons = {"nvml: absent"};
  Machine without = machine;
  measure_accelerator_energy(device, none, clock, without, {});
  EXPECT_EQ(without.energy.source, Source::assumed);
  EXPECT_THAT(without.notes.back(), HasSubstr("nvml: absent"));

  PowerMeterSearch search;
  search.meter = std::make_unique<FakeMeter>(clock, dynamic_j);
  measure_accelerator_energy(device, search, clock, machine, {});
  EXPECT_EQ(machine.energy.source, Source::measured) << machine.notes.back();
  EXPECT_NEAR(machine.energy.idle_w, 100, 1);
  EXPECT_NEAR(machine.energy.energy_j_per_flop, 5e-12, 0.3e-12);
  EXPECT_NEAR(machine.energy.energy_j_per_byte, 20e-12, 1e-12);
}

}  // namespace
}  // namespace opgauge
