// SPDX-License-Identifier: Apache-2.0
// The fixtures of tests/fixtures/make_fixtures.py, imported without executing them.
#include <gmock/gmock.h>

#include <cstring>
#include <filesystem>

#include "base/error.hpp"
#include "graph/builder.hpp"
#include "import/pt2.hpp"

namespace opgauge {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::filesystem::path fixture(const std::string& name) {
  return std::filesystem::path(OPGAUGE_SOURCE_DIR) / "tests/fixtures/pt2" / (name + ".pt2");
}
ImportedModel import(const std::string& name, const ImportOptions& options = {}) {
  return import_pt2(fixture(name), options);
}
std::string error_of(const std::string& name, const ImportOptions& options = {}) {
  try {
    import(name, options);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}
const Value& value_of(const Graph& graph, std::string_view source) {
  for (const Value& value : graph.values) {
    if (value.source == source) return value;
  }
  throw Error(source, "no such value");
}
int64_t count(const Graph& graph, std::string_view target) {
  int64_t found = 0;
  for (const Node& node : graph.nodes) found += node.target == target;
  return found;
}
std::vector<Dims> output_sizes(const Graph& graph) {
  std::vector<Dims> sizes;
  for (const ValueId id : graph.outputs) sizes.push_back(graph[id].type.sizes);
  return sizes;
}

TEST(Fixtures, EveryOneThatCanBeExecutedIsImportedAndConsistent) {
  int imported = 0;
  for (const auto& entry : std::filesystem::directory_iterator(fixture("x").parent_path())) {
    if (entry.path().extension() != ".json") continue;
    std::filesystem::path archive = entry.path();
    const ImportedModel model = import_pt2(archive.replace_extension(".pt2"));
    EXPECT_NO_THROW(verify(model.graph)) << archive;
    EXPECT_EQ(model.schema_version, "8.20") << archive;
    EXPECT_EQ(model.weights_absent_reason, "") << archive;
    for (const Value& value : model.graph.values) {
      if (value.source.empty()) continue;
      ASSERT_TRUE(model.weights.contains(value.source)) << archive << value.source;
      EXPECT_GE(model.weights.at(value.source).bytes.size(),
                static_cast<size_t>(value.type.storage_bytes()));
    }
    ++imported;
  }
  EXPECT_GE(imported, 18);
}

TEST(Fixtures, BatchIsBoundAndFollowsThroughTheGraph) {
  const ImportedModel model = import("mlp_dynamic_batch", {.bindings = {}, .batch = 32});
  EXPECT_THAT(output_sizes(model.graph), ElementsAre(Dims{160}));
  EXPECT_EQ(model.symbols.at(0).where, "x.0");
  EXPECT_EQ(model.symbols.at(0).hint, 4);
  EXPECT_EQ(model.symbols.at(0).maximum, 64);
  EXPECT_EQ(model.batch_symbol, model.symbols.at(0).name);
  EXPECT_THAT(error_of("mlp_dynamic_batch", {.bindings = {}, .batch = 65}),
              HasSubstr("at most 64"));
  EXPECT_THAT(error_of("mlp_static", {.bindings = {}, .batch = 8}),
              HasSubstr("torch.export.Dim(\"batch\")"));
}

TEST(Fixtures, NodesSayWhereTheyComeFrom) {
  const ImportedModel model = import("mlp_static");
  ASSERT_FALSE(model.graph.nodes.empty());
  EXPECT_EQ(model.graph.nodes[0].module, "fc1");
  EXPECT_THAT(model.graph.nodes[0].where, testing::StartsWith("make_fixtures.py:"));
}

TEST(Fixtures, TiedWeightsShareTheirStorage) {
  const ImportedModel model = import("tied_weights");
  const Graph& graph = model.graph;
  EXPECT_EQ(value_of(graph, "embedding.weight").storage, value_of(graph, "head.weight").storage);
  EXPECT_EQ(value_of(graph, "table").storage, value_of(graph, "row").storage);
  EXPECT_EQ(value_of(graph, "row").type.offset, 16);
  EXPECT_EQ(value_of(graph, "turned").type.strides, (Dims{1, 8}));
  EXPECT_EQ(model.weights.at("row").bytes.data(), model.weights.at("table").bytes.data());
  EXPECT_EQ(model.weights.at("row").bytes.size(), 6u * 8 * 4);
}

TEST(Fixtures, BufferMutationWritesTheBuffer) {
  const ImportedModel in_place = import("buffer_mutation");
  EXPECT_EQ(count(in_place.graph, "aten::copy_"), 0);
  const ImportedModel functional = import("buffer_mutation_functional");
  EXPECT_EQ(count(functional.graph, "aten::copy_"), 2);
  const Node& last = functional.graph.nodes.back();
  const ValueId target = std::get<ValueRef>(last.arguments[0]).id;
  EXPECT_EQ(functional.graph[target].role, Role::buffer);
  EXPECT_EQ(functional.graph[last.outputs.at(0)].storage, functional.graph[target].storage);
}

TEST(Fixtures, InputMutationWritesTheInput) {
  const ImportedModel model = import("input_mutation_functional");
  const Node& last = model.graph.nodes.back();
  EXPECT_EQ(last.target, "aten::copy_");
  EXPECT_EQ(std::get<ValueRef>(last.arguments[0]).id, model.graph.inputs[0]);
}

TEST(Fixtures, BuffersAndConstantsHaveTheirRolesUnderBothConfigNames) {
  for (const std::string name : {"buffers_and_constants", "old_config_names"}) {
    const ImportedModel model = import(name);
    EXPECT_EQ(value_of(model.graph, "scale").role, Role::buffer);
    EXPECT_EQ(value_of(model.graph, "offset").role, Role::buffer);  // not persistent
    int constants = 0;
    for (const Value& value : model.graph.values) constants += value.role == Role::constant;
    EXPECT_EQ(constants, 2);
    const auto* offset = reinterpret_cast<const float*>(model.weights.at("offset").bytes.data());
    std::vector<float> elements(6);
    std::memcpy(elements.data(), offset, 24);
    EXPECT_THAT(elements, ElementsAre(0, 1, 2, 3, 4, 5));
  }
}

TEST(Fixtures, NestedContainersAreFlattenedInOrder) {
  const ImportedModel model = import("nested_inputs_outputs");
  EXPECT_EQ(model.graph.inputs.size(), 4u);
  EXPECT_THAT(output_sizes(model.graph), ElementsAre(Dims{2, 3}, Dims{2, 3}, Dims{2, 1}, Dims{2, 2},
                                                     Dims{2, 3}, Dims{2}, Dims{2}, Dims{2, 2}));
  EXPECT_EQ(model.graph.outputs.back(), model.graph.inputs[2]);
}

TEST(Fixtures, InPlaceOpsStayOnTheirStorage) {
  const ImportedModel model = import("in_place");
  for (const Node& node : model.graph.nodes) {
    if (node.target != "aten::mul_.Tensor" && node.target != "aten::relu_") continue;
    const ValueId self = std::get<ValueRef>(node.arguments[0]).id;
    EXPECT_EQ(model.graph[node.outputs.at(0)].storage, model.graph[self].storage);
  }
}

TEST(Fixtures, SizesThatAreComputedAreFolded) {
  for (const int64_t half : {5, 7}) {
    const ImportedModel model =
        import("symbolic_sizes", {.bindings = {{"x.2", 2 * half}, {"x.3", 9}}, .batch = 3});
    const int64_t h = 2 * half, w = 9;
    EXPECT_THAT(output_sizes(model.graph), ElementsAre(Dims{3 * (h + (h + 1) / 4) * (w + w % 3), 4},
                                                       Dims{std::max(h, w), h * w / 2}));
  }
  EXPECT_THAT(error_of("symbolic_sizes", {.bindings = {{"x.2", 11}}, .batch = {}}),
              HasSubstr("never 11"));
  EXPECT_THAT(error_of("symbolic_sizes", {.bindings = {{"x.3", 2}}, .batch = {}}),
              HasSubstr("expected at least 4"));
}

TEST(Fixtures, AutocastBecomesCasts) {
  const ImportedModel model = import("scoped_regions");
  EXPECT_GE(count(model.graph, "aten::to.dtype"), 5);
  EXPECT_EQ(count(model.graph, "aten::linear"), 4);
  const auto& outputs = model.graph.outputs;
  EXPECT_EQ(model.graph[outputs.at(0)].type.dtype, Dtype::f32);   // autocast was off inside
  EXPECT_EQ(model.graph[outputs.at(1)].type.dtype, Dtype::f32);   // cat of bf16 and f32
  EXPECT_EQ(model.graph[outputs.at(2)].type.dtype, Dtype::bf16);  // matmul
}

TEST(Fixtures, OpsOutsideTheTableAreListed) {
  const ImportedModel model = import("unknown_op");
  ASSERT_EQ(model.unknown_ops.size(), 1u);
  EXPECT_EQ(model.unknown_ops[0].target, "aten::special_airy_ai");
  EXPECT_EQ(model.unknown_ops[0].count, 2);
  EXPECT_EQ(model.unknown_ops[0].places.size(), 2u);
  EXPECT_EQ(model.graph.nodes.size(), 4u);
}

TEST(Fixtures, ControlFlowIsRefused) {
  EXPECT_THAT(error_of("control_flow"),
              HasSubstr("torch.ops.higher_order.cond at make_fixtures.py:"));
}

TEST(Fixtures, DataDependentSizesMustBeBound) {
  EXPECT_THAT(error_of("data_dependent_size"), HasSubstr("depends on the input's values"));
  EXPECT_THAT(
      output_sizes(import("data_dependent_size", {.bindings = {{"u0", 4}}, .batch = {}}).graph),
      ElementsAre(Dims{4, 2}));
}

TEST(Fixtures, TheLayoutOfOlderVersionsHasAGraphButNoWeights) {
  const ImportedModel model = import("layout_2_6");
  EXPECT_EQ(model.schema_version, "8.2");
  EXPECT_TRUE(model.weights.empty());
  EXPECT_THAT(model.weights_absent_reason, HasSubstr("pickled"));
  EXPECT_EQ(value_of(model.graph, "fc1.weight").type.sizes, (Dims{16, 12}));
}

}  // namespace
}  // namespace opgauge
