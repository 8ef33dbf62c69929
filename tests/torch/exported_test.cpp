// SPDX-License-Identifier: Apache-2.0
// The fixtures of tests/fixtures/make_fixtures.py, imported and executed with their own weights,
// against the outputs that PyTorch stored. Each is run twice: what a model changes (buffers,
// inputs) is put back between runs.
#include <gmock/gmock.h>

#include <bit>
#include <cmath>
#include <cstring>
#include <filesystem>

#include "base/json.hpp"
#include "device_under_test.hpp"
#include "import/pt2.hpp"

namespace opgauge {
namespace {

namespace fs = std::filesystem;

fs::path fixtures() { return fs::path(OPGAUGE_SOURCE_DIR) / "tests/fixtures/pt2"; }

template <class Element>
void append(std::vector<std::byte>& bytes, Element element) {
  const auto* begin = reinterpret_cast<const std::byte*>(&element);
  bytes.insert(bytes.end(), begin, begin + sizeof(Element));
}

// The stored values in the graph's dtype and, through `type`, its sizes.
StoredTensor stored_input(const Json& record, const TensorType& type) {
  auto bytes = std::make_shared<std::vector<std::byte>>();
  for (const Json& value : record.at("values")) {
    const double number = value.get<double>();
    switch (type.dtype) {
      case Dtype::f32:
        append(*bytes, static_cast<float>(number));
        break;
      case Dtype::bf16:  // the stored value is one exactly
        append(*bytes,
               static_cast<uint16_t>(std::bit_cast<uint32_t>(static_cast<float>(number)) >> 16));
        break;
      case Dtype::i64:
        append(*bytes, static_cast<int64_t>(number));
        break;
      case Dtype::boolean:
        append(*bytes, static_cast<uint8_t>(number != 0));
        break;
      default:
        throw Error(name_of(type.dtype), "this test has no such inputs");
    }
  }
  return {{bytes->data(), bytes->size()}, bytes, TensorType(type.dtype, type.sizes)};
}

class Exported : public testing::TestWithParam<std::string> {};

TEST_P(Exported, ComputesWhatPyTorchComputed) {
  if (GetParam() == "scoped_regions" && kind_under_test() != "cpu")
    GTEST_SKIP() << "its autocast region is one of the CPU, where layer_norm takes weights of another dtype";
  const ImportedModel model = import_pt2(fixtures() / (GetParam() + ".pt2"));
  if (!model.unknown_ops.empty())
    GTEST_SKIP() << "outside the op table: " << model.unknown_ops[0].target;
  const Json record = read_json(fixtures() / (GetParam() + ".json"));
  StoredTensors inputs;
  for (const ValueId id : model.graph.inputs) {
    const Value& value = model.graph[id];
    inputs.emplace(value.name, stored_input(record.at("inputs").at(value.name), value.type));
  }
  const auto executable = device_under_test().prepare(model.graph, model.weights, inputs);
  const bool half = model.graph.inputs.empty()
                        ? false
                        : model.graph[model.graph.inputs[0]].type.dtype == Dtype::bf16;
  for (int run = 0; run < 2; ++run) {
    const auto outputs = executable->outputs();
    const Json& expected = record.at("outputs");
    ASSERT_EQ(outputs.size(), expected.size());
    for (size_t i = 0; i < outputs.size(); ++i) {
      const Json& values = expected[i].at("values");
      ASSERT_EQ(outputs[i].size(), values.size()) << "output " << i;
      const bool rounded = half || expected[i].at("dtype") == "bfloat16";
      for (size_t k = 0; k < outputs[i].size(); ++k) {
        const double wanted = values[k].get<double>();
        const double allowed = (rounded ? 1.0 / 128 : fp32_tolerance()) * std::max(1.0, std::fabs(wanted));
        ASSERT_NEAR(outputs[i][k], wanted, allowed)
            << "run " << run << ", output " << i << ", element " << k;
      }
    }
  }
}

std::vector<std::string> names() {
  std::vector<std::string> found;
  for (const auto& entry : fs::directory_iterator(fixtures())) {
    if (entry.path().extension() == ".json") found.push_back(entry.path().stem().string());
  }
  std::sort(found.begin(), found.end());
  return found;
}
INSTANTIATE_TEST_SUITE_P(Fixtures, Exported, testing::ValuesIn(names()),
                         [](const auto& one) { return one.param; });

}  // namespace
}  // namespace opgauge
