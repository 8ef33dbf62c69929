// SPDX-License-Identifier: Apache-2.0
#include "estimate/predict.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "base/error.hpp"
#include "base/json.hpp"
#include "estimate/estimators.hpp"
#include "estimate/graphs.hpp"
#include "estimate/latency.hpp"
#include "graph/liveness.hpp"
#include "graph/rewrite.hpp"

namespace opgauge {
namespace {

using testing::HasSubstr;

template <class F>
std::string error_of(F&& f) {
  try {
    f();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

std::vector<Graph> some_graphs() {
  std::vector<Graph> graphs;
  for (const int64_t batch : {1, 4, 32, 128}) {
    for (const int64_t width : {16, 256, 1024})
      graphs.push_back(make_mlp(batch, {width, 2 * width, width, 10}));
  }
  return graphs;
}

Calibration example_calibration() {
  Calibration calibration;
  calibration.machine = "example";
  calibration.created_at = "2026-01-31T12:00:00Z";
  RooflineFit fit;
  fit.precision = "fp32";
  fit.threads = 1;
  fit.interval_ratio = 1.25;
  const auto add = [&](const char* name, const char* level, double value) {
    Coefficient one;
    one.name = name;
    one.level = level;
    one.value = value;
    fit.coefficients.push_back(one);
  };
  add("efficiency_factor", "", 0.5);
  add("memory_bottleneck_factor", "", 0.8);
  add("memory_bottleneck_factor", "DRAM", 0.25);
  add("launch_s", "", 1e-6);
  calibration.roofline = {fit};
  return calibration;
}

TEST(Predict, TotalsAreSumsOverRegions) {
  const Graph g = make_mlp(32, {1024, 512, 64});
  const Estimate e = predict(g, example_machine());
  double latency = 0;
  int64_t macs = 0;
  for (const RegionEstimate& region : e.regions) {
    latency += region.latency_s;
    macs += region.work.macs;
    EXPECT_DOUBLE_EQ(region.latency_s,
                     region.launch_s + std::max(region.compute_s, region.memory_s));
    double memory = 0, bytes = 0;
    for (const LevelTerm& term : region.levels) {
      memory += term.time_s;
      bytes += term.bytes;
    }
    EXPECT_DOUBLE_EQ(memory, region.memory_s);
    EXPECT_NEAR(bytes, static_cast<double>(region.work.bytes()), 1e-6 * bytes);
  }
  EXPECT_DOUBLE_EQ(e.latency_s, latency);
  EXPECT_EQ(e.macs, macs);
  EXPECT_EQ(e.macs, 32 * (1024 * 512 + 512 * 64));
  EXPECT_EQ(e.flops, 2 * e.macs);
  EXPECT_EQ(e.parameter_bytes, 4 * (1024 * 512 + 512 + 512 * 64 + 64));
  EXPECT_EQ(e.memory_peak_bytes, plan_memory(g).peak_live_bytes());
  EXPECT_EQ(e.precision, "fp32");
  EXPECT_EQ(e.coefficients, "assumed");
  EXPECT_FALSE(e.latency_low_s);
  EXPECT_EQ(e.regions[0].text,
            "aten::linear(f32[32,1024], parameter f32[512,1024], parameter f32[512])");
}

TEST(Predict, WorkIsLinearInBatch) {
  const Machine machine = example_machine();
  const auto estimate = [&](int64_t batch) {
    return predict(make_mlp(batch, {64, 128, 32}), machine);
  };
  const Estimate one = estimate(1), two = estimate(2);
  for (const int64_t batch : {3, 7, 64, 1000}) {
    const Estimate e = estimate(batch);
    EXPECT_EQ(e.macs, batch * one.macs);
    EXPECT_EQ(e.other_ops, batch * one.other_ops);
    EXPECT_EQ(e.bytes - one.bytes, (batch - 1) * (two.bytes - one.bytes));
  }
}

TEST(Predict, MoreBandwidthOrArithmeticNeverCostsTime) {
  std::mt19937 random(7);
  for (const Graph& g : some_graphs()) {
    for (const int threads : {1, 2}) {
      const Machine machine = example_machine();
      const double before = predict(g, machine, {.threads = threads}).latency_s;
      for (int k = 0; k < 4; ++k) {
        Machine faster = machine;
        MemoryLevel& level = faster.levels[random() % faster.levels.size()];
        for (Bandwidth& one : level.bandwidths) one.bytes_per_s *= 1.5;
        EXPECT_LE(predict(g, faster, {.threads = threads}).latency_s, before);
        faster = machine;
        for (ComputeCeiling& one : faster.compute) one.flops_per_s *= 1.5;
        EXPECT_LE(predict(g, faster, {.threads = threads}).latency_s, before);
      }
    }
  }
}

TEST(Predict, MoreWorkNeverCostsLess) {
  const Machine machine = example_machine();
  for (const int64_t width : {16, 200, 1024, 4096}) {
    double before = 0;
    for (const int64_t batch : {1, 2, 4, 16, 64, 256}) {
      const double now = predict(make_mlp(batch, {width, width, 10}), machine).latency_s;
      EXPECT_GE(now, before);
      before = now;
    }
  }
}

TEST(Predict, FusedIsNeverSlowerAndMovesNoMoreBytes) {
  const Machine machine = example_machine();
  for (const Graph& g : some_graphs()) {
    const Estimate eager = predict(g, machine);
    const Estimate fused = predict(g, machine, {.mode = PartitionMode::fused});
    EXPECT_LE(fused.bytes, eager.bytes);
    EXPECT_LE(fused.latency_s, eager.latency_s);
    EXPECT_LT(fused.regions.size(), eager.regions.size());
  }
}

TEST(Predict, TheBottleneckFollowsTheFittedRidgePoint) {
  const Machine machine = example_machine();
  const Rates rates(machine, 1);
  Calibration calibration = example_calibration();
  const Graph g = make_mlp(64, {800, 800});
  const double intensity = predict(g, machine).arithmetic_intensity();
  for (const double factor : {0.5, 2.0}) {
    // an efficiency that puts the ridge of the level that serves the bytes at factor x this
    // intensity
    RooflineTerms<double> by;
    by.memory_bottleneck_factor.fill(1);
    by.efficiency_factor = 1;
    by.efficiency_factor = factor * intensity / ridge_flops_per_byte(rates, by, Precision::fp32, 2);
    calibration.roofline[0].coefficients.clear();
    const auto add = [&](const char* name, double value) {
      Coefficient one;
      one.name = name;
      one.value = value;
      calibration.roofline[0].coefficients.push_back(one);
    };
    add("efficiency_factor", by.efficiency_factor);
    add("memory_bottleneck_factor", 1);
    add("launch_s", 0);
    const Estimate e = predict(g, machine, {.calibration = &calibration});
    ASSERT_EQ(e.regions[0].levels.size(), 1u);
    ASSERT_EQ(e.regions[0].levels[0].level, "L3");
    EXPECT_EQ(e.bottleneck, factor < 1 ? Bottleneck::compute : Bottleneck::memory);
  }
}

TEST(Predict, SmallCallsAreBoundByLaunch) {
  EXPECT_EQ(predict(make_mlp(1, {8, 8}), example_machine()).bottleneck, Bottleneck::launch);
}

TEST(Predict, ACalibrationsCoefficientsAreUsedAndNamed) {
  const Machine machine = example_machine();
  const Graph g = make_mlp(256, {1024, 1024});
  const Calibration calibration = example_calibration();
  const Estimate assumed = predict(g, machine);
  const Estimate e = predict(g, machine, {.calibration = &calibration});
  EXPECT_EQ(e.coefficients, "calibration example 2026-01-31T12:00:00Z");
  ASSERT_EQ(e.bottleneck, Bottleneck::compute);
  EXPECT_NEAR(e.compute_s / assumed.compute_s, 0.70 / 0.5, 1e-9);
  EXPECT_DOUBLE_EQ(e.launch_s, 1e-6);
  ASSERT_TRUE(e.latency_low_s);
  EXPECT_DOUBLE_EQ(*e.latency_low_s, e.latency_s / 1.25);
  EXPECT_DOUBLE_EQ(*e.latency_high_s, e.latency_s * 1.25);
}

TEST(Predict, AnotherThreadCountThanCalibratedIsSaid) {
  const Calibration calibration = example_calibration();
  const Estimate e = predict(make_mlp(8, {64, 64}), example_machine(),
                             {.threads = 2, .calibration = &calibration});
  EXPECT_THAT(e.notes, testing::ElementsAre(HasSubstr("calibrated on 1 threads, used for 2")));
  EXPECT_FALSE(e.latency_low_s);
}

TEST(Predict, ParametersComeFromTheLevelThatHoldsTheWholeModel) {
  const Machine machine = example_machine();  // L2 1 MiB, L3 16 MiB
  const auto level_of_weights = [&](const Graph& g) {
    const Estimate e = predict(g, machine);
    const LevelTerm* most = nullptr;
    for (const LevelTerm& term : e.regions[0].levels) {
      if (!most || term.bytes > most->bytes) most = &term;
    }
    return most->level;
  };
  EXPECT_EQ(level_of_weights(make_mlp(1, {256, 256})), "L2");
  EXPECT_EQ(level_of_weights(make_mlp(1, {256, 256, 4096, 512})),
            "L3");  // the same layer in a larger model
  EXPECT_EQ(level_of_weights(make_mlp(1, {4096, 4096})), "DRAM");
}

TEST(Predict, EnergyFollowsTheMachineAndSaysItsSource) {
  Machine machine = example_machine();
  const Graph g = make_mlp(16, {256, 256});
  const Estimate e = predict(g, machine);
  EXPECT_EQ(e.energy_source, "assumed");
  ASSERT_TRUE(e.energy_j);
  const double flops = static_cast<double>(e.flops + e.other_ops);
  EXPECT_NEAR(*e.energy_j,
              flops * machine.energy.energy_j_per_flop + e.latency_s * machine.energy.idle_w +
                  e.regions[0].dram_bytes * machine.energy.energy_j_per_byte,
              1e-12);
}

TEST(Predict, LowPrecisionUsesItsOwnCeiling) {
  const Machine machine = example_machine();
  const Estimate f32 = predict(make_mlp(256, {1024, 1024}), machine);
  const Estimate bf16 = predict(make_mlp(256, {1024, 1024}, Dtype::bf16), machine);
  EXPECT_EQ(bf16.precision, "bf16");
  EXPECT_LT(bf16.compute_s, f32.compute_s);
}

// One rate for all: what a calibration of `dtypes` looks like to the choice of the estimator.
Calibration op_level_calibration(std::initializer_list<const char*> suffixes) {
  Calibration calibration = example_calibration();
  calibration.op_model.emplace();
  for (const char* suffix : suffixes) {
    ClassFit any;
    any.key = std::string("any") + suffix;
    any.cases = 50;
    any.coefficients = {{"call", 2e-6, {}, true, 1}, {"flops", 1e-11, {}, true, 1e9}};
    any.smallest_s = 1e-6, any.largest_s = 1;
    calibration.op_model->classes.push_back(any);
  }
  return calibration;
}

// Products of int8 have operands of two types: unsigned activations, signed weights.
TEST(Predict, ACalibrationOfInt8IsUsedForInt8) {
  const Graph g = to_precision(make_mlp(16, {64, 64, 8}), "int8");
  const Calibration fp32 = op_level_calibration({""}), int8 = op_level_calibration({"", "@u8"});
  EXPECT_EQ(predict(g, example_machine(), {.estimator = "auto", .calibration = &int8}).estimator, "calibrated");
  EXPECT_EQ(predict(g, example_machine(), {.estimator = "auto", .calibration = &fp32}).estimator, "roofline");
}

TEST(Predict, ACalibrationNeedsNoCeilingOfItsPrecision) {
  const Graph g = make_mlp(16, {64, 64, 8}, Dtype::f16);
  ASSERT_THAT(error_of([&] { predict(g, example_machine()); }), HasSubstr("no measured ceiling for f16"));
  const Calibration calibration = op_level_calibration({"", "@f16"});
  const Estimate e = predict(g, example_machine(), {.estimator = "auto", .calibration = &calibration});
  EXPECT_EQ(e.estimator, "calibrated");
  EXPECT_THAT(e.notes, testing::Contains(HasSubstr("no measured ceiling for fp16")));
}

TEST(Predict, RegionsAndTextsCanBeLeftOut) {
  const Graph g = make_mlp(16, {256, 256});
  const Estimate whole = predict(g, example_machine());
  const Estimate totals = predict(g, example_machine(), {.with_regions = false});
  EXPECT_TRUE(totals.regions.empty());
  EXPECT_EQ(totals.latency_s, whole.latency_s);
  EXPECT_EQ(predict(g, example_machine(), {.with_text = false}).regions[0].text, "");
}

TEST(Predict, ErrorsNameWhatIsMissing) {
  const Graph g = make_mlp(16, {256, 256});
  Machine machine = example_machine();
  EXPECT_THAT(error_of([&] { predict(g, machine, {.threads = 0}); }),
              HasSubstr("[threads] found 0, expected at least 1"));
  EXPECT_THAT(error_of([&] { predict(g, machine, {.estimator = "roofine"}); }),
              HasSubstr("\"roofline\""));
  EXPECT_THAT(error_of([&] {
                predict(make_mlp(2, {4, 4}, Dtype::f16), machine);
              }),
              HasSubstr("no measured ceiling for f16"));
  machine.levels[1].bandwidths.clear();
  EXPECT_THAT(error_of([&] { predict(g, machine); }), HasSubstr("level L2 has no bandwidth"));
  machine.levels.clear();
  EXPECT_THAT(error_of([&] { predict(g, machine); }), HasSubstr("found 0 memory levels"));
}

TEST(Predict, OpsOutsideTheTableAreRefusedOrLabelled) {
  GraphBuilder b("unknown");
  const ValueId x = b.input("x", {Dtype::f32, {4, 4}});
  const ValueId w = b.parameter("w", {Dtype::f32, {4, 4}});
  const ValueId y = b.call_unknown("custom::op", {{"self", x}}, {{"y", {Dtype::f32, {4, 4}}}})[0];
  const ValueId z = b.call("aten::linear", {{"input", y}, {"weight", w}});
  const Graph g = b.finish({z});
  EXPECT_THAT(error_of([&] { predict(g, example_machine()); }), HasSubstr("custom::op"));
  const Estimate e = predict(g, example_machine(), {.allow_unknown = true});
  EXPECT_TRUE(e.lower_bound);
  EXPECT_THAT(e.notes, testing::ElementsAre(HasSubstr("custom::op x1")));
  EXPECT_EQ(e.macs, 4 * 4 * 4);
}

TEST(Predict, TheEstimateIsARecord) {
  const Estimate e = predict(make_mlp(16, {256, 256}), example_machine());
  const Json json = encode(e);
  EXPECT_EQ(json["regions"][0]["work"]["macs"], 16 * 256 * 256);
  EXPECT_TRUE(json["latency_low_s"].is_null());
}

TEST(LevelShares, SumToOneAndMoveOutwardWithDistance) {
  const Rates rates(example_machine(), 1);
  double before = 0;
  for (double distance = 1e3; distance < 1e9; distance *= 1.3) {
    const auto shares = level_shares(rates, distance);
    double sum = 0, depth = 0;
    for (size_t i = 0; i < rates.levels.size(); ++i) {
      EXPECT_GE(shares[i], 0);
      sum += shares[i];
      depth += static_cast<double>(i) * shares[i];
    }
    EXPECT_NEAR(sum, 1, 1e-12);
    EXPECT_GE(depth, before - 1e-12);
    before = depth;
  }
}

}  // namespace
}  // namespace opgauge
