// SPDX-License-Identifier: Apache-2.0
#include "models/family.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "base/json.hpp"
#include "graph/builder.hpp"
#include "graph/text.hpp"
#include "models/graph_lines.hpp"

namespace opgauge {
namespace {

using testing::HasSubstr;

std::string message(const std::function<void()>& act) {
  try {
    act();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

TEST(Spec, DefaultsNamedAndLeadingParameters) {
  const ModelSpec spec = parse_spec("resnet50:width=32,image=128");
  EXPECT_EQ(spec.family().name, "resnet50");
  EXPECT_EQ(spec.integer("width"), 32);
  EXPECT_EQ(spec.integer("classes"), 1000);
  EXPECT_EQ(spec.print(), "resnet50:width=32,image=128");
  EXPECT_EQ(parse_spec("resnet50:image=224").print(), "resnet50");
  EXPECT_EQ(parse_spec("mlp:8-4").text("layers"), "8-4");
  EXPECT_EQ(parse_spec("mlp:8-4,activation=tanh").print(), "mlp:8-4,activation=tanh");
  EXPECT_EQ(parse_spec("mlp:layers=8-4").print(), "mlp:8-4");
  EXPECT_EQ(parse_spec("mlp").print(), "mlp:1024-512-512-10");
}

TEST(Spec, WrongNamesAndValuesAreErrorsWithSuggestions) {
  EXPECT_THAT(message([] { parse_spec("resnet5"); }), HasSubstr("did you mean \"resnet50\"?"));
  EXPECT_THAT(
      message([] { parse_spec("resnet50:widht=3"); }),
      HasSubstr(
          "unknown parameter of resnet50 \"widht\", expected one of width, image, classes; did you "
          "mean \"width\"?"));
  EXPECT_THAT(message([] { parse_spec("resnet50:64"); }),
              HasSubstr("found \"64\", expected NAME=VALUE"));
  EXPECT_THAT(message([] { parse_spec("resnet50:"); }),
              HasSubstr("found \"\", expected NAME=VALUE"));
  EXPECT_THAT(message([] { parse_spec("resnet50:width=1,width=2"); }), HasSubstr("given twice"));
  const auto build = [](const char* text) { return message([&] { build_model(text, 1); }); };
  EXPECT_EQ(
      build("resnet50:width=0"),
      "[resnet50:width=0: resnet50: width] found \"0\", expected a whole number of at least 1");
  EXPECT_THAT(build("resnet50:width=1e3"), HasSubstr("expected a whole number"));
  EXPECT_THAT(build("mlp:1024"), HasSubstr("at least an input and an output width"));
  EXPECT_THAT(build("mlp:1024-0"), HasSubstr("expected widths as in"));
  EXPECT_THAT(build("mlp:1024-8x"), HasSubstr("expected widths as in"));
  EXPECT_THAT(build("mlp:1024-8x999999999-3"), HasSubstr("more than 100000 layers"));
  EXPECT_THAT(build("mlp:8-4,activation=rleu"), HasSubstr("did you mean \"relu\"?"));
  EXPECT_THAT(build("bert-base:seq=513"), HasSubstr("expected at most positions=512"));
  EXPECT_THAT(build("vit_b_16:image=100"), HasSubstr("not a multiple of the patch"));
  EXPECT_THAT(build("vit_b_16:heads=7"), HasSubstr("do not divide the width"));
  EXPECT_THAT(message([] { build_model("mlp", 0); }), HasSubstr("found 0, expected at least 1"));
}

TEST(Families, NamesAreUniqueAndRowsAreComplete) {
  std::set<std::string_view> names;
  for (const ModelFamily& family : model_families()) {
    EXPECT_TRUE(names.insert(family.name).second) << family.name;
    EXPECT_FALSE(family.doc.empty()) << family.name;
    EXPECT_FALSE(family.reference.empty()) << family.name;
    for (const ModelParameter& parameter : family.parameters) {
      EXPECT_FALSE(parameter.doc.empty()) << family.name << " " << parameter.name;
    }
  }
}

// Rows that a family needs and the op table lacks: its tests wait for them.
bool lacks_rows(std::string_view spec) {
  return message([&] { build_model(spec, 1); }).find("op is not in the op table") !=
         std::string::npos;
}

int64_t elements(const Graph& graph, Role role) {
  std::set<StorageId> seen;
  int64_t count = 0;
  for (const Value& value : graph.values) {
    if (value.role == role && seen.insert(value.storage).second) count += value.type.numel();
  }
  return count;
}

std::map<std::string, int64_t> histogram(const Graph& graph) {
  std::map<std::string, int64_t> counts;
  for (const Node& node : graph.nodes) ++counts[node.target];
  return counts;
}

int64_t macs(const Graph& graph) {
  int64_t sum = 0;
  for (const Node& node : graph.nodes) sum += work_of(graph, node).macs;
  return sum;
}

Json reference() { return read_json(OPGAUGE_SOURCE_DIR "/tests/fixtures/models/reference.json"); }

// What the reference implementation exports: the same calls on the same operands in the same order.
TEST(Families, EveryFamilyIsTheGraphThatTheReferenceExports) {
  const Json file = reference();
  std::set<std::string> covered, lacking;
  for (const Json& entry : file["graphs"]) {
    const std::string spec = entry["spec"];
    SCOPED_TRACE(spec);
    covered.insert(spec.substr(0, spec.find(':')));
    if (lacks_rows(spec)) {
      lacking.insert(spec);
      continue;
    }
    const Graph graph = build_model(spec, entry["batch"].get<int64_t>());
    verify(graph);
    EXPECT_EQ(elements(graph, Role::parameter), entry["parameters"].get<int64_t>());
    EXPECT_EQ(elements(graph, Role::buffer), entry["buffer_elements"].get<int64_t>());
    EXPECT_EQ(macs(graph), entry["macs"].get<int64_t>());
    EXPECT_EQ(graph.nodes.size(), entry["calls"].get<size_t>());
    EXPECT_EQ(histogram(graph), (entry["histogram"].get<std::map<std::string, int64_t>>()));
    EXPECT_EQ(graph_hash(graph), entry["graph_hash"].get<std::string>());
  }
  if (!lacking.empty()) {
    GTEST_SKIP() << "op rows are lacking for " << testing::PrintToString(lacking);
  }
  for (const ModelFamily& family : model_families())
    EXPECT_TRUE(covered.contains(std::string(family.name))) << family.name;
}

TEST(Families, WorkIsLinearInTheBatch) {
  for (const char* spec : {"mlp:64-32-10", "conv_block:image=8"}) {
    if (lacks_rows(spec)) continue;
    EXPECT_EQ(macs(build_model(spec, 7)), 7 * macs(build_model(spec, 1))) << spec;
  }
}

TEST(Families, TheTextFormHoldsThemWhole) {
  for (const ModelFamily& family : model_families()) {
    SCOPED_TRACE(family.name);
    if (lacks_rows(family.name)) continue;
    const Graph graph = build_model(family.name, 2);
    EXPECT_EQ(parse_graph(print_graph(graph)), graph);
  }
}

}  // namespace
}  // namespace opgauge
