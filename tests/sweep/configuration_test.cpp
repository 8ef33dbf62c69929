// SPDX-License-Identifier: Apache-2.0
#include "sweep/configuration.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace opgauge {
namespace {

using testing::HasSubstr;

std::string error_of(const std::function<void()>& act) {
  try {
    act();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

// clang-format off
constexpr const char* gemm = R"json({
  "name": "gemm", "summary": "matrix products", "label": "gemm_{kind}",
  "graph": "aten::mm(f32[{m},{k}], f32[{k},{n}])",
  "axes": {"kind": ["square", "any"], "m": "[64:256:*2]", "n": [64, 128], "k": [64]},
  "constraints": ["kind == 'any' || m == n"],
  "usual": {"m": [64]},
  "sizes": ["m"]
})json";
// clang-format on

TEST(Configurations, TheFullMlpGridHas480PointsPerPrecision) {
  const Sweep mlp = find_sweep("mlp");
  Selection selection;
  selection.extent = Extent::full;
  const Grid grid = expand(mlp, selection);
  EXPECT_EQ(grid.configurations.size(), 480u * mlp.precisions.size());
  EXPECT_EQ(grid.duplicates, 0u);
  EXPECT_EQ(mlp.axis_names(),
            (std::vector<std::string>{"input_dim", "hidden_dims", "output_dim", "batch_size"}));
  EXPECT_EQ(grid.configurations[0].key(), "mlp:256-128-10 batch=1 fp32 cpu threads=1");
  EXPECT_EQ(grid.configurations[0].model, "mlp_1layer");
  EXPECT_EQ(grid.configurations[479].graph, "mlp:4096-2048-2048-2048-2048-256");
  EXPECT_EQ(grid.configurations[479].batch_size, 128);
}

TEST(Configurations, QuickAndUsualAreSmaller) {
  const Sweep mlp = find_sweep("mlp");
  EXPECT_EQ(expand(mlp, {}).configurations.size(), 120u);
  Selection quick;
  quick.extent = Extent::quick;
  EXPECT_EQ(expand(mlp, quick).configurations.size(), 5u);
  quick.axes["batch_size"] = "1,16";
  quick.precisions = {"fp32", "bf16"};
  quick.threads = {1, 2};
  const Grid grid = expand(mlp, quick);
  EXPECT_EQ(grid.configurations.size(), 20u);
  EXPECT_EQ(grid.configurations[1].batch_size, 16);
}

TEST(Configurations, OverriddenAxesDuplicatesAndFilter) {
  const Sweep mlp = find_sweep("mlp");
  Selection selection;
  selection.axes = {{"hidden_dims", "512-512,512x2,64"},
                    {"input_dim", "[32:64:+32]"},
                    {"batch_size", "1"},
                    {"output_dim", "8"}};
  selection.devices = {"cpu", "cpu"};
  Grid grid = expand(mlp, selection);
  EXPECT_EQ(grid.configurations.size(), 4u);
  EXPECT_EQ(grid.duplicates, 4u);
  selection.filter = "mlp:32-.*fp32";
  grid = expand(mlp, selection);
  EXPECT_EQ(grid.configurations.size(), 2u);
  EXPECT_EQ(grid.filtered, 2u);
}

TEST(Configurations, AnAxisOfOneFamilyLeavesTheOthersAlone) {
  const Sweep sweep = find_sweep("gemm");
  const auto values_of = [&](size_t family, const char* axis, const Selection& selection) {
    std::set<Json> values;
    for (const Configuration& one : expand(sweep, selection).configurations) {
      if (one.family == family) values.insert(one.parameters[axis]);
    }
    return values;
  };
  using Values = std::set<Json>;
  const Selection own{.axes = {{"batched.m", "48"}}};
  EXPECT_EQ(values_of(0, "m", own), values_of(0, "m", {}));
  EXPECT_EQ(values_of(1, "m", own), Values{48});
  const Selection both{.axes = {{"m", "24"}, {"batched.m", "48"}}};
  EXPECT_EQ(values_of(0, "m", both), Values{24});
  EXPECT_EQ(values_of(1, "m", both), Values{48});
  const Selection quick{.extent = Extent::quick, .axes = {{"plain.m", "24"}}};
  EXPECT_EQ(values_of(0, "m", quick), Values{24});
  EXPECT_EQ(values_of(1, "m", quick), values_of(1, "m", {.extent = Extent::quick}));
  EXPECT_THAT(error_of([&] { expand(sweep, {.axes = {{"bached.m", "48"}}}); }),
              HasSubstr("did you mean \"batched.m\"?"));
}

TEST(Configurations, ConstraintsAndCases) {
  const Sweep sweep = parse_sweep("gemm.json", gemm);
  Selection full;
  full.extent = Extent::full;
  const Grid grid = expand(sweep, full);
  EXPECT_EQ(grid.points, 12u);
  EXPECT_EQ(grid.constrained, 4u);
  EXPECT_EQ(grid.duplicates, 2u);
  EXPECT_EQ(grid.configurations.size(), 6u);
  EXPECT_EQ(grid.configurations[0].key(),
            "aten::mm(f32[64,64], f32[64,64]) batch=1 fp32 cpu threads=1");
  EXPECT_EQ(expand(sweep, {}).points, 4u);
}

TEST(Configurations, SaysWhatIsWrongInASelection) {
  const Sweep mlp = find_sweep("mlp");
  const auto wrong = [&](Selection selection) { return error_of([&] { expand(mlp, selection); }); };
  EXPECT_THAT(wrong({.axes = {{"bacth_size", "1"}}}), HasSubstr("did you mean \"batch_size\"?"));
  EXPECT_THAT(wrong({.axes = {{"batch_size", "-1"}}}),
              HasSubstr("expected a whole number above 0"));
  EXPECT_THAT(wrong({.filter = "("}), HasSubstr("not a regular expression"));
  EXPECT_THAT(wrong({.filter = "nothing like it"}),
              HasSubstr("no configuration is left of 120 points"));
  EXPECT_THAT(wrong({.axes = {{"batch_size", "[1:9999]"}, {"input_dim", "[1:9999]"}}}),
              HasSubstr("more than 1000000 points"));
}

TEST(Sweeps, SayWhatIsWrongInAFile) {
  const auto wrong = [](std::string_view from, std::string_view to) {
    std::string text = gemm;
    text.replace(text.find(from), from.size(), to);
    return error_of([&] { parse_sweep("g.json", text); });
  };
  EXPECT_EQ(error_of([] { parse_sweep("g.json", gemm); }), "no error");
  EXPECT_THAT(wrong("\"usual\"", "\"usaul\""), HasSubstr("did you mean \"usual\"?"));
  EXPECT_THAT(wrong("\"m\": [64]", "\"q\": [64]"), HasSubstr("[g.json.usual] unknown axis \"q\""));
  EXPECT_THAT(wrong("m == n", "m == q"), HasSubstr("unknown name \"q\""));
  EXPECT_THAT(wrong("{m},{k}", "{m},{"), HasSubstr("g.json"));
  EXPECT_THAT(wrong("\"name\": \"gemm\", ", ""), HasSubstr("field \"name\" is missing"));
  EXPECT_THAT(wrong("[64, 128]", "[64, -1]"), HasSubstr("[g.json.axes.n[1]] found -1"));
  EXPECT_THAT(wrong("[\"m\"]", "3"), HasSubstr("found 3, expected a list"));
  EXPECT_THAT(error_of([] { parse_sweep("g.json", "[]"); }),
              HasSubstr("found a list, expected an object"));
  EXPECT_THAT(error_of([] { parse_sweep("g.json", "{\"name\":"); }), HasSubstr("not valid JSON"));
  EXPECT_THAT(error_of([] { find_sweep("mpl"); }), HasSubstr("did you mean \"mlp\"?"));
  EXPECT_THAT(error_of([] { find_sweep("./none.json"); }),
              HasSubstr("[./none.json] cannot be opened"));
}

TEST(Sweeps, EveryBuiltInSweepExpands) {
  for (const BuiltInSweep& one : built_in_sweeps()) {
    const Sweep sweep = find_sweep(std::string(one.name));
    EXPECT_EQ(sweep.name, one.name);
    EXPECT_FALSE(sweep.summary.empty());
    for (const Extent extent : {Extent::quick, Extent::usual, Extent::full}) {
      EXPECT_GE(expand(sweep, {.extent = extent}).configurations.size(), 4u) << one.name;
    }
  }
}

}  // namespace
}  // namespace opgauge
