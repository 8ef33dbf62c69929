// SPDX-License-Identifier: Apache-2.0
// Every precision through the real backend: right numbers, counted work, planned memory.
#include "measure/precision.hpp"

#include <gtest/gtest.h>

#include <cstdio>

#include "../cpu_kernels.hpp"
#include "device_under_test.hpp"
#include "graph/builder.hpp"
#include "graph/case.hpp"
#include "graph/liveness.hpp"
#include "measure/sanity.hpp"

namespace opgauge {
namespace {

Graph mlp(int64_t batch, const std::vector<int64_t>& widths) {
  GraphBuilder b("mlp");
  ValueId x = b.input("x", {Dtype::f32, {batch, widths[0]}});
  for (size_t i = 1; i < widths.size(); ++i) {
    const std::string layer = "layers." + std::to_string(i - 1);
    const ValueId w = b.parameter(layer + ".weight", {Dtype::f32, {widths[i], widths[i - 1]}});
    const ValueId bias = b.parameter(layer + ".bias", {Dtype::f32, {widths[i]}});
    x = b.call("aten::linear", {{"input", x}, {"weight", w}, {"bias", bias}});
    if (i + 1 < widths.size()) x = b.call("aten::relu", {{"self", x}});
  }
  return b.finish({x});
}

// conv, batch norm, ReLU, twice; then the mean over the image and a linear layer.
Graph conv_net(int64_t batch, int64_t groups) {
  GraphBuilder b("conv_net");
  ValueId x = b.input("x", {Dtype::f32, {batch, 8, 14, 14}});
  for (const std::string layer : {"a", "b"}) {
    const ValueId w =
        b.parameter(layer + ".weight", {Dtype::f32, {16, b.type(x).sizes[1] / groups, 3, 3}});
    x = b.call("aten::conv2d",
               {{"input", x}, {"weight", w}, {"padding", Dims{1, 1}}, {"groups", groups}});
    if (find_op("aten::batch_norm")) {
      const auto per_channel = [&](const char* name, bool learnt) {
        const TensorType type(Dtype::f32, {16});
        return learnt ? b.parameter(layer + "." + name, type) : b.buffer(layer + "." + name, type);
      };
      x = b.call("aten::batch_norm", {{"input", x},
                                      {"weight", per_channel("gamma", true)},
                                      {"bias", per_channel("beta", true)},
                                      {"running_mean", per_channel("mean", false)},
                                      {"running_var", per_channel("var", false)},
                                      {"training", false},
                                      {"momentum", 0.1},
                                      {"eps", 1e-5},
                                      {"cudnn_enabled", false}});
    }
    x = b.call("aten::relu", {{"self", x}});
  }
  x = b.call("aten::mean.dim", {{"self", x}, {"dim", Dims{2, 3}}});
  const ValueId w = b.parameter("head.weight", {Dtype::f32, {10, 16}});
  return b.finish({b.call("aten::linear", {{"input", x}, {"weight", w}})});
}

int64_t macs_of(const Graph& graph) {
  int64_t macs = 0;
  for (const Node& node : graph.nodes) macs += work_of(graph, node).macs;
  return macs;
}

bool has_int8_convolution(const Graph& graph) {
  for (const Node& node : graph.nodes) {
    if (node.target == "onednn::qconv2d_pointwise") return true;
  }
  return false;
}

// Each precision of a model: sane, and counted as the op table says.
void check_all(const Graph& graph) {
  for (const char* precision : precisions) {
    SCOPED_TRACE(graph.name + " " + precision);
    if (const auto lack = device_under_test().lacks(precision)) {
      ASSERT_NE(kind_under_test(), "cpu") << *lack;
      std::printf("%s %s: %s\n", graph.name.c_str(), precision, lack->c_str());
      continue;
    }
    const Graph rewritten = in_precision(device_under_test(), graph, precision);
    verify(rewritten);
    const Sanity sanity = check_sanity(device_under_test(), graph, rewritten, precision);
    EXPECT_TRUE(sanity.sane) << sanity.reason;
    if (std::string_view(precision) != "fp32") {
      EXPECT_GT(sanity.relative_error, 0);
    }
    const auto executable = device_under_test().prepare(rewritten);
    EXPECT_EQ(executable->count_work().macs, macs_of(graph));
    const int64_t peak = executable->measure_peak_intermediate_bytes();
    const int64_t planned = plan_memory(rewritten).peak_intermediate_bytes;
    if (kind_under_test() != "cpu") {
      std::printf("%s %s: peak not judged: %s\n", graph.name.c_str(), precision, other_allocator_reason);
    } else if (!has_avx512_kernels()) {
      std::printf("%s %s: peak not judged: %s\n", graph.name.c_str(), precision, no_avx512_reason);
    } else if (has_int8_convolution(rewritten)) {
      EXPECT_NEAR(static_cast<double>(peak), static_cast<double>(planned),
                  128 << 10);  // oneDNN's own memory
    } else {
      EXPECT_EQ(peak, planned);
    }
    if (has_avx512_kernels()) {  // packed weights
      EXPECT_EQ(executable->held_bytes(),
                plan_memory(rewritten).parameter_bytes + plan_memory(rewritten).input_bytes);
    }
  }
}

TEST(Precision, MlpsRunInAll) {
  for (const int64_t batch : {1, 16, 100}) check_all(mlp(batch, {64, 512, 256, 10}));
}

TEST(Precision, ProductsRunInAll) {
  for (const char* text :
       {"aten::mm(f32[16,64], parameter f32[64,96])", "aten::mm(f32[1,64], parameter f32[64,32])",
        "aten::addmm(parameter f32[96], f32[16,64], parameter f32[64,96])"}) {
    check_all(parse_case(text));
  }
}

TEST(Precision, DeepMlpsStaySane) { check_all(mlp(8, std::vector<int64_t>(33, 64))); }

TEST(Precision, ConvolutionsRunInAll) {
  for (const int64_t groups : {1, 8}) check_all(conv_net(2, groups));
}

TEST(Precision, ConvolutionsRunChannelsLast) {
  const Graph g = conv_net(2, 1), last = to_channels_last(g);
  const Sanity sanity = check_sanity(device_under_test(), g, last, "fp32");
  EXPECT_TRUE(sanity.sane) << sanity.reason;
  const auto executable = device_under_test().prepare(last);
  EXPECT_EQ(executable->count_work().macs, macs_of(g));
}

TEST(Precision, Int8HoldsAQuarterOfTheWeights) {
  if (const auto lack = device_under_test().lacks("int8")) GTEST_SKIP() << *lack;
  const Graph g = mlp(1, {1024, 1024, 1024});
  const double full = static_cast<double>(device_under_test().prepare(g)->held_bytes());
  const double small = static_cast<double>(device_under_test().prepare(to_precision(g, "int8"))->held_bytes());
  EXPECT_NEAR(small / full, 0.25, 0.01);
}

TEST(Precision, StoredWeightsAreConverted) {
  const Graph g = mlp(1, {2, 1});
  static const float weight[] = {1, 2}, bias[] = {3}, x[] = {4, 5};
  const StoredTensors stored = {{"layers.0.weight", {std::as_bytes(std::span(weight)), nullptr}},
                                {"layers.0.bias", {std::as_bytes(std::span(bias)), nullptr}}};
  const StoredTensors inputs = {{"x", {std::as_bytes(std::span(x)), nullptr}}};
  const Graph half = to_precision(g, "bf16");
  const auto executable = device_under_test().prepare(half, with_types(g, stored), with_types(g, inputs));
  EXPECT_EQ(executable->outputs()[0].at(0), 17);
}

}  // namespace
}  // namespace opgauge
