// SPDX-License-Identifier: Apache-2.0
#include "sweep/scenarios.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sweep/prospect.hpp"

namespace opgauge {
namespace {

// Capacities that no real machine has: nothing may depend on the usual ones.
Machine odd_machine() {
  Machine machine =
      read_machine(std::string(OPGAUGE_SOURCE_DIR) + "/tests/fixtures/machines/example.json");
  const double capacities[] = {5e3, 70e3, 900e3};
  for (size_t i = 0; i < machine.levels.size(); ++i) {
    MemoryLevel& level = machine.levels[i];
    level.shared_by_cores = 1;
    if (i < 3) level.measured_capacity_bytes = capacities[i];
  }
  return machine;
}

// clang-format off
constexpr const char* products = R"json({
  "name": "products", "summary": "matrix products", "label": "mm",
  "graph": "aten::mm(f32[{m},{k}], f32[{k},{n}])",
  "axes": {"m": [64, 512], "n": [64], "k": [64]},
  "constraints": ["m % 2 == 0 || m == 1"],
  "sizes": ["m", "n", "k"]
})json";
// clang-format on

TEST(Scenarios, ComeFromTheMachinesCapacities) {
  const std::vector<Scenario> all = scenarios(odd_machine(), 1);
  ASSERT_EQ(all.size(), 4u);
  EXPECT_EQ(all[0].name, "L1_fit");
  EXPECT_EQ(all[0].up_to_bytes, 5e3);
  EXPECT_EQ(scenario_of(all, 5e3).name, "L1_fit");
  EXPECT_EQ(scenario_of(all, 5001).name, "L2_fit");
  EXPECT_EQ(scenario_of(all, 900e3).name, "L3_fit");
  EXPECT_EQ(scenario_of(all, 900001).name, "DRAM_spill");
  try {
    find_scenario(all, "L4_fit");
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(),
                testing::HasSubstr("expected one of L1_fit, L2_fit, L3_fit, DRAM_spill"));
  }
}

TEST(Scenarios, MeasuredCapacityGoesBeforeTheDeclaredOne) {
  Machine machine = odd_machine();
  machine.levels[0].declared_capacity_bytes = 32768;
  EXPECT_EQ(scenarios(machine, 1)[0].up_to_bytes, 5e3);
  machine.levels[0].measured_capacity_bytes.reset();
  EXPECT_EQ(scenarios(machine, 1)[0].up_to_bytes, 32768);
}

TEST(Scenarios, EveryOneIsCoveredBySolvedSizesWhereTheGridDoesNot) {
  const Machine machine = odd_machine();
  const Sweep sweep = parse_sweep("products.json", products);
  const Grid grid = expand(sweep, {});
  const Plan plan = plan_sweep(sweep, grid, {machine}, "", true);
  for (const Scenario& scenario : scenarios(machine, 1)) {
    size_t rows = 0;
    for (size_t i = 0; i < plan.configurations.size(); ++i) {
      if (plan.prospects[i].scenario != scenario.name) continue;
      ++rows;
      EXPECT_TRUE(scenario.contains(plan.prospects[i].working_set_bytes));
      const int64_t m = plan.configurations[i].parameters["m"].get<int64_t>();
      EXPECT_TRUE(m % 2 == 0 || m == 1) << "constraints hold for solved sizes too";
    }
    EXPECT_GE(rows, 1u) << scenario.name;
  }
  EXPECT_EQ(plan.solved, 2u) << "one for L1 and one for DRAM; 64 and 512 rows are L2 and L3";
}

TEST(Scenarios, OnlyTheAskedOneIsKept) {
  const Machine machine = odd_machine();
  const Sweep sweep = parse_sweep("products.json", products);
  const Plan grid_points = plan_sweep(sweep, expand(sweep, {}), {machine}, "L3_fit", true);
  EXPECT_EQ(grid_points.configurations.size(), 1u);
  EXPECT_EQ(grid_points.outside_scenario, 1u);
  EXPECT_EQ(grid_points.solved, 0u);
  const Plan solved = plan_sweep(sweep, expand(sweep, {}), {machine}, "DRAM_spill", true);
  EXPECT_EQ(solved.configurations.size(), 1u);
  EXPECT_TRUE(solved.configurations[0].solved);
}

TEST(Scenarios, TheMlpSweepCoversAllOfThem) {
  const Machine machine =
      read_machine(std::string(OPGAUGE_SOURCE_DIR) + "/tests/fixtures/machines/example.json");
  const Sweep mlp = find_sweep("mlp");
  const Plan plan = plan_sweep(mlp, expand(mlp, {}), {machine}, "", true);
  std::set<std::string> covered;
  for (const Prospect& prospect : plan.prospects) covered.insert(prospect.scenario);
  EXPECT_EQ(covered, (std::set<std::string>{"L1_fit", "L2_fit", "L3_fit", "DRAM_spill"}));
}

// An accelerator is estimated with its own record, calibrations being asked for by machine, or not at all.
TEST(Scenarios, EachDeviceHasItsOwnMachine) {
  const Machine machine = odd_machine();
  Machine card = machine;
  card.name = card.accelerator = "card";
  for (ComputeCeiling& one : card.compute) one.flops_per_s *= 100;
  for (MemoryLevel& level : card.levels) {
    for (Bandwidth& one : level.bandwidths) one.bytes_per_s *= 100;
  }
  const Sweep sweep = parse_sweep("products.json", products);
  Selection selection;
  selection.devices = {"cpu", "cuda"};
  const Grid grid = expand(sweep, selection);
  std::set<std::string> asked;
  const EstimateBasis both{.machine = machine,
                           .accelerator = &card,
                           .calibration_for = [&](const Machine& of, const CalibrationUse& use) {
                             asked.insert(of.name + " " + use.precision);
                             return nullptr;
                           }};
  const Plan plan = plan_sweep(sweep, grid, both, "", false);
  const size_t half = plan.prospects.size() / 2;
  EXPECT_LT(plan.prospects[half].estimate->latency_s, plan.prospects[0].estimate->latency_s);
  EXPECT_EQ(asked, (std::set<std::string>{machine.name + " fp32", "card fp32"}));
  const Plan without = plan_sweep(sweep, grid, {machine}, "", false);
  EXPECT_TRUE(without.prospects[0].estimate);
  EXPECT_FALSE(without.prospects[half].estimate);
  EXPECT_NE(without.prospects[half].no_estimate.find("run `opgauge machine detect --device cuda`"),
            std::string::npos);
}

}  // namespace
}  // namespace opgauge
