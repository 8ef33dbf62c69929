// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <numeric>

#include "device_under_test.hpp"
#include "graph/builder.hpp"
#include "graph/liveness.hpp"

namespace opgauge {
namespace {

// linear, relu, linear, relu, … without a last relu.
Graph mlp(int64_t batch, const std::vector<int64_t>& widths, const std::string& name = "mlp") {
  GraphBuilder b(name);
  ValueId x = b.input("x", {Dtype::f32, {batch, widths[0]}});
  for (size_t i = 1; i < widths.size(); ++i) {
    const std::string layer = "layers." + std::to_string(i - 1);
    b.set_origin(layer);
    const ValueId w = b.parameter(layer + ".weight", {Dtype::f32, {widths[i], widths[i - 1]}});
    const ValueId bias = b.parameter(layer + ".bias", {Dtype::f32, {widths[i]}});
    x = b.call("aten::linear", {{"input", x}, {"weight", w}, {"bias", bias}});
    if (i + 1 < widths.size()) x = b.call("aten::relu", {{"self", x}});
  }
  return b.finish({x});
}

StoredTensor stored(const std::vector<float>& elements) {
  auto copy = std::make_shared<std::vector<float>>(elements);
  return {std::as_bytes(std::span(*copy)), copy};
}

int64_t macs_of(const Graph& graph) {
  int64_t macs = 0;
  for (const Node& node : graph.nodes) macs += work_of(graph, node).macs;
  return macs;
}

TEST(TorchExecutable, ComputesWhatTheGraphSays) {
  const Graph g = mlp(1, {2, 2, 1});
  const StoredTensors weights = {{"layers.0.weight", stored({1, 2, 3, 4})},
                                 {"layers.0.bias", stored({0.5f, -20})},
                                 {"layers.1.weight", stored({10, 100})},
                                 {"layers.1.bias", stored({1})}};
  const auto executable = device_under_test().prepare(g, weights, {{"x", stored({1, 2})}});
  // [1 2; 3 4] (1, 2) + (0.5, -20) = (5.5, -9), relu, 10 * 5.5 + 1
  EXPECT_THAT(executable->outputs(), testing::ElementsAre(testing::ElementsAre(56)));
  EXPECT_THAT(executable->outputs(), testing::ElementsAre(testing::ElementsAre(56)));
}

TEST(TorchExecutable, CountsTheWorkThatTheOpTableSays) {
  for (const int64_t batch : {1, 7, 64}) {
    const Graph g = mlp(batch, {96, 128, 33, 10});
    const ExecutedWork work = device_under_test().prepare(g)->count_work();
    EXPECT_EQ(work.macs, macs_of(g));
    EXPECT_EQ(work.calls, 3);
  }
}

TEST(TorchExecutable, PeakIsThatOfTheMemoryPlanBecauseValuesAreFreedAtTheirLastUse) {
  if (kind_under_test() != "cpu") GTEST_SKIP() << other_allocator_reason;
  for (const int64_t batch : {1, 8, 100}) {
    const Graph g = mlp(batch, {64, 512, 256, 1024, 10});
    EXPECT_EQ(device_under_test().prepare(g)->measure_peak_intermediate_bytes(),
              plan_memory(g).peak_intermediate_bytes);
  }
}

TEST(TorchExecutable, HoldsItsInputsAndParameters) {
  const Graph g = mlp(4, {64, 512, 10});
  EXPECT_EQ(device_under_test().prepare(g)->held_bytes(), 4 * (4 * 64 + 64 * 512 + 512 + 512 * 10 + 10));
}

TEST(TorchExecutable, TimesEachNode) {
  const Graph g = mlp(4, {64, 512, 10});
  const auto executable = device_under_test().prepare(g);
  std::vector<double> node_s(g.nodes.size());
  executable->run_s();
  const double total_s = executable->run_timed_s(node_s);
  EXPECT_GT(executable->run_s(), 0);
  for (const double one_s : node_s) EXPECT_GT(one_s, 0);
  const double sum_s = std::accumulate(node_s.begin(), node_s.end(), 0.0);
  // CUDA's events count in steps of half a microsecond and more.
  EXPECT_NEAR(sum_s, total_s, kind_under_test() == "cpu" ? 1e-12 : 5e-6);
}

TEST(TorchExecutable, RandomWeightsDependOnSeedAndNameAlone) {
  const Graph a = mlp(2, {64, 512, 10}, "a"), b = mlp(2, {64, 512, 10}, "b");
  const auto first = device_under_test().prepare(a)->outputs();
  EXPECT_EQ(first, device_under_test().prepare(b)->outputs());
  ExecutionSettings other;
  other.seed = 2;
  EXPECT_NE(first, open_device(kind_under_test(), other)->prepare(a)->outputs());
}

TEST(TorchExecutable, DeepNetworksStayFinite) {
  const Graph g = mlp(2, std::vector<int64_t>(201, 64));
  const auto outputs = device_under_test().prepare(g)->outputs();
  double largest = 0;
  for (const double y : outputs[0]) {
    ASSERT_TRUE(std::isfinite(y));
    largest = std::max(largest, std::abs(y));
  }
  EXPECT_GT(largest, 1e-4);
  EXPECT_LT(largest, 1e4);
}

// Megabytes that this process has allocated and not freed, by the C library's own count.
double resident_mb() {
  FILE* file = std::fopen("/proc/self/statm", "r");
  long pages = 0, resident = 0;
  EXPECT_EQ(std::fscanf(file, "%ld %ld", &pages, &resident), 2);
  std::fclose(file);
  return static_cast<double>(resident) * 4096e-6;
}

TEST(TorchExecutable, SharesEqualWeightsBetweenExecutables) {
  std::vector<std::unique_ptr<Executable>> executables;
  executables.push_back(device_under_test().prepare(mlp(1, {4096, 4096, 8})));
  executables.back()->run_s();
  const double before_mb = resident_mb();
  for (int64_t batch = 2; batch < 12; ++batch) {
    executables.push_back(device_under_test().prepare(mlp(batch, {4096, 4096, 8})));
    executables.back()->run_s();
  }
  EXPECT_LT(resident_mb() - before_mb,
            67);  // one more copy of the weights would be 67 MB, ten of them 670
}

TEST(TorchExecutable, RestoresWhatARunOverwrites) {
  const OpRow* in_place = find_op("aten::relu_");
  if (!in_place) GTEST_SKIP() << "the op table has no relu_";
  GraphBuilder b("in_place");
  const ValueId x = b.input("x", {Dtype::f32, {2}});
  const ValueId w = b.parameter("w", {Dtype::f32, {1, 2}});
  const ValueId y = b.call("aten::linear", {{"input", x}, {"weight", w}});
  b.call("aten::relu_", {{"self", x}});
  const ValueId z = b.call("aten::linear", {{"input", x}, {"weight", w}});
  const auto executable =
      device_under_test().prepare(b.finish({y, z}), {{"w", stored({1, 1})}}, {{"x", stored({-1, 3})}});
  for (int run = 0; run < 3; ++run) {
    EXPECT_THAT(executable->outputs(),
                testing::ElementsAre(testing::ElementsAre(2), testing::ElementsAre(3)));
  }
}

std::string message_of(const std::function<void()>& call) {
  try {
    call();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

TEST(TorchExecutable, NamesAnOpOutsideTheTable) {
  GraphBuilder b("unknown");
  b.set_origin("head", "model.py:7");
  const ValueId x = b.input("x", {Dtype::f32, {2}});
  const auto y = b.call_unknown("my::op", {{"x", x}}, {{"y", {Dtype::f32, {2}}}});
  const Graph g = b.finish({y[0]});
  EXPECT_EQ(message_of([&] { device_under_test().prepare(g); }),
            "[my::op at model.py:7] op is not in the op table, it cannot be executed");
}

TEST(TorchExecutable, RefusesWhatDoesNotFitIntoMemory) {
  EXPECT_THAT(
      message_of([] {
        device_under_test().prepare(mlp(1, {1 << 20, 1 << 24}));
      }),
      testing::MatchesRegex(
          ".mlp. would need 70[0-9]+\\.[0-9]+ GB more memory \\(predicted\\), .* are available"));
}

TEST(TorchExecutable, RefusesStoredBytesOfAnotherSize) {
  EXPECT_EQ(message_of([] {
              device_under_test().prepare(mlp(1, {2, 2}), {{"layers.0.weight", stored({1})}});
            }),
            "[layers.0.weight] found 4 stored bytes, expected 16");
}

TEST(TorchDevice, SaysItsVersions) {
  const auto versions = device_under_test().versions();
  EXPECT_THAT(versions.at("libtorch"), testing::MatchesRegex("2\\.[0-9]+\\.[0-9]+\\+.*"));
  for (const auto& [key, value] : versions) {
    EXPECT_FALSE(value.empty()) << key;
    EXPECT_EQ(value.find('\n'), std::string::npos) << key;
  }
}

TEST(TorchDevice, SaysWhatItLacks) {
  EXPECT_EQ(device_under_test().name(), kind_under_test());
  for (const char* precision : {"fp32", "bf16", "fp16"})
    EXPECT_EQ(device_under_test().lacks(precision), std::nullopt);
  EXPECT_THROW(device_under_test().lacks("fp8"), Error);
}

TEST(TorchDevice, CudaIsThereOrSaysWhyNot) {
  try {
    const auto device = open_device("cuda", ExecutionSettings());
    EXPECT_EQ(device->name(), "cuda");
    EXPECT_EQ(device->prepare(mlp(4, {64, 32}))->count_work().macs, 4 * 64 * 32);
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), testing::StartsWith("[cuda] no accelerator found: "));
    EXPECT_EQ(kind_under_test(), "cpu") << "the device under test is missing";
  }
}

TEST(TorchDevice, ThreadsFollowTheDeviceThatRuns) {
  ExecutionSettings two;
  two.threads = 2;
  const auto device = open_device("cpu", two);
  const auto executable = device->prepare(mlp(64, {256, 256}));
  const auto one = open_device("cpu", {});
  const auto single = one->prepare(mlp(64, {256, 256}));
  EXPECT_EQ(device->versions().at("threads"), "2");
  single->run_s();
  EXPECT_EQ(one->versions().at("threads"), "1");
  executable->run_s();
  EXPECT_EQ(single->outputs()[0].size(), executable->outputs()[0].size());
}

}  // namespace
}  // namespace opgauge
