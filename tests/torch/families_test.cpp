// SPDX-License-Identifier: Apache-2.0
// Families executed: small instances compute what the reference implementation computed with
// weights and inputs of the same formula (tests/fixtures/models/make_reference.py), and every
// family's peak of live bytes is the predicted one, to the byte.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "base/json.hpp"
#include "../cpu_kernels.hpp"
#include "device_under_test.hpp"
#include "graph/liveness.hpp"
#include "graph/rewrite.hpp"
#include "models/family.hpp"

namespace opgauge {
namespace {

// splitmix64 of fnv1a(name) + i, its upper 24 bits, in [-1, 1): `uniform` of the script.
uint64_t fnv1a(std::string_view text) {
  uint64_t value = 0xcbf29ce484222325;
  for (const char c : text) value = (value ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return value;
}
double uniform(uint64_t seed, uint64_t i) {
  uint64_t z = (seed + i) * 0x9e3779b97f4a7c15;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  z ^= z >> 31;
  return static_cast<double>(z >> 40) * 0x1p-23 - 1;
}

// `element` of the script: one element of a parameter, buffer or input.
double element(const std::string& leaf, const TensorType& type, double u, int64_t i) {
  if (type.dtype == Dtype::i64) {
    if (leaf == "position_ids") return static_cast<double>(i);
    return leaf == "input_ids" ? std::floor((u + 1) * 50) : 0;
  }
  if (leaf == "running_var") return 1 + 0.5 * std::abs(u);
  if (leaf == "running_mean" || leaf.ends_with("bias")) return 0.1 * u;
  if (leaf == "weight" && type.rank() == 1) return 1 + 0.1 * u;
  if (type.rank() >= 2 && leaf.ends_with("weight")) {
    return u * std::sqrt(3 / static_cast<double>(type.numel() / type.sizes[0]));
  }
  return u;
}

StoredTensor formula_tensor(const std::string& name, const TensorType& type) {
  const std::string leaf = name.substr(name.rfind('.') + 1);
  const uint64_t seed = fnv1a(name);
  const auto bytes = std::make_shared<std::vector<std::byte>>(static_cast<size_t>(type.bytes()));
  const auto fill = [&]<class T>(T* to) {
    for (int64_t i = 0; i < type.numel(); ++i) {
      to[i] = static_cast<T>(element(leaf, type, uniform(seed, static_cast<uint64_t>(i)), i));
    }
  };
  if (type.dtype == Dtype::i64) {
    fill(reinterpret_cast<int64_t*>(bytes->data()));
  } else {
    fill(reinterpret_cast<float*>(bytes->data()));
  }
  return {{bytes->data(), bytes->size()}, bytes};
}

// Tied values have the elements of the one that is declared first.
StoredTensors formula_weights(const Graph& graph) {
  StoredTensors stored;
  std::map<StorageId, std::string> owners;
  for (const Value& value : graph.values) {
    if (value.source.empty()) continue;
    const std::string& owner = owners.emplace(value.storage, value.source).first->second;
    stored[value.source] =
        owner == value.source ? formula_tensor(owner, value.type) : stored.at(owner);
  }
  return stored;
}

std::string test_name(std::string text) {
  for (char& c : text) {
    if (!std::isalnum(static_cast<unsigned char>(c))) c = '_';
  }
  return text;
}

const Json& reference() {
  static const Json file = read_json(OPGAUGE_SOURCE_DIR "/tests/fixtures/models/reference.json");
  return file;
}

class FamilyOutputs : public testing::TestWithParam<size_t> {};

TEST_P(FamilyOutputs, AreThoseOfTheReferenceImplementation) {
  const Json& entry = reference()["outputs"][GetParam()];
  const Graph graph = build_model(entry["spec"].get<std::string>(), entry["batch"].get<int64_t>());
  StoredTensors inputs;
  for (const ValueId id : graph.inputs) {
    inputs[graph[id].name] = formula_tensor(graph[id].name, graph[id].type);
  }
  const auto computed = device_under_test().prepare(graph, formula_weights(graph), inputs)->outputs();
  ASSERT_EQ(computed.size(), entry["outputs"].size());
  for (size_t k = 0; k < computed.size(); ++k) {
    const Json& expected = entry["outputs"][k];
    ASSERT_EQ(computed[k].size(), expected["elements"].get<size_t>());
    const size_t step = expected["step"].get<size_t>();
    for (size_t i = 0; i < expected["values"].size(); ++i) {
      const double value = expected["values"][i].get<double>();
      ASSERT_NEAR(computed[k][i * step], value, fp32_tolerance() * std::max(1.0, std::abs(value)))
          << "output " << k << " element " << i * step;
    }
  }
}
INSTANTIATE_TEST_SUITE_P(, FamilyOutputs, testing::Range(size_t{0}, reference()["outputs"].size()),
                         [](const auto& info) {
                           return test_name(reference()["outputs"][info.param]["spec"]);
                         });

// Every family, small where its usual size would take long; and some at their usual size.
std::vector<std::string> small_instances() {
  std::vector<std::string> specs;
  for (const ModelFamily& family : model_families()) {
    std::string spec(family.name);
    char separator = ':';
    for (const ModelParameter& parameter : family.parameters) {
      const auto set = [&](std::string_view name, std::string_view value) {
        if (parameter.name != name) return;
        spec += separator + std::string(name) + "=" + std::string(value);
        separator = ',';
      };
      set("image", "64");
      set("hidden", "256");
      set("seq", "32");
      set("vocab", "1000");
      if (family.name != "mlp") set("layers", "2");
    }
    specs.push_back(spec);
  }
  return specs;
}

class FamilyMemory : public testing::TestWithParam<std::string> {};

void check_memory(const std::string& spec, int64_t batch, const std::string& precision) {
  SCOPED_TRACE(spec + " batch " + std::to_string(batch) + " " + precision);
  const Graph graph = to_precision(build_model(spec, batch), precision);
  const auto executable = device_under_test().prepare(graph);
  const MemoryPlan plan = plan_memory(graph);
  EXPECT_EQ(plan.peak_intermediate_bytes, executable->measure_peak_intermediate_bytes())
      << "predicted during " << graph.nodes[plan.peak_node].target << " ("
      << graph.nodes[plan.peak_node].module << ")";
  EXPECT_EQ(plan.parameter_bytes + plan.input_bytes, executable->held_bytes());
}

TEST_P(FamilyMemory, PredictedPeakIsTheMeasuredOne) {
  if (kind_under_test() != "cpu") GTEST_SKIP() << other_allocator_reason;
  if (!has_avx512_kernels()) GTEST_SKIP() << no_avx512_reason;
  for (const int64_t batch : {1, 8}) {
    for (const char* precision : {"fp32", "bf16"}) check_memory(GetParam(), batch, precision);
  }
}
INSTANTIATE_TEST_SUITE_P(, FamilyMemory, testing::ValuesIn(small_instances()),
                         [](const auto& info) { return test_name(info.param); });

TEST(FamilyMemoryAtUsualSize, PredictedPeakIsTheMeasuredOne) {
  if (kind_under_test() != "cpu") GTEST_SKIP() << other_allocator_reason;
  if (!has_avx512_kernels()) GTEST_SKIP() << no_avx512_reason;
  check_memory("resnet50", 1, "fp32");
  check_memory("resnet18", 8, "bf16");
  check_memory("mobilenet_v2", 8, "fp32");
  check_memory("efficientnet_b0", 1, "bf16");
  check_memory("vit_b_32", 1, "fp32");
  check_memory("bert-base", 1, "fp32");
  check_memory("gpt2:seq=64", 1, "bf16");
}

}  // namespace
}  // namespace opgauge
