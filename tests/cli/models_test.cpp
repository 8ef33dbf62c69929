// SPDX-License-Identifier: Apache-2.0
// describe, list and measure as a user runs them: exit codes, one error line, names in the JSON.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "base/json.hpp"
#include "cli/program.hpp"
#include "scratch_folder.hpp"

namespace opgauge {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

void expect_one_error_line(const ProgramRun& run, const std::string& with) {
  EXPECT_EQ(run.code, 2) << run.err;
  EXPECT_EQ(run.out, "");
  EXPECT_THAT(run.err, StartsWith("opgauge: "));
  EXPECT_EQ(std::count(run.err.begin(), run.err.end(), '\n'), 1) << run.err;
  EXPECT_THAT(run.err, HasSubstr(with));
}

TEST(CliDescribe, JsonHasTheAgreedNamesAndTheExactCounts) {
  const ProgramRun run = run_program({"describe", "resnet50", "--json", "-"});
  ASSERT_EQ(run.code, 0) << run.err;
  EXPECT_EQ(run.err, "");
  const Json json = parse_json("describe", run.out);
  for (const char* name :
       {"model", "parameters", "parameter_bytes", "buffers", "macs", "flops", "other_ops",
        "read_bytes", "write_bytes", "peak_live_bytes", "inputs", "outputs", "nodes",
        "op_histogram", "heaviest_cases", "unsupported_ops"}) {
    EXPECT_TRUE(json.contains(name)) << name;
  }
  EXPECT_EQ(json["parameters"], 25557032);
  EXPECT_EQ(json["macs"], 4089184256);
  EXPECT_EQ(json["flops"], 2 * int64_t{4089184256});
  EXPECT_EQ(json["op_histogram"]["aten::conv2d"], 53);
}

// Every published row, to the integer.
TEST(CliDescribe, PublishedCountsAreMet) {
  const Json file = read_json(OPGAUGE_SOURCE_DIR "/tests/fixtures/models/published.json");
  for (const auto& [name, row] : file["models"].items()) {
    SCOPED_TRACE(name);
    const ProgramRun run =
        run_program({"describe", row["spec"].get<std::string>(), "--batch", "1", "--json", "-"});
    ASSERT_EQ(run.code, 0) << run.err;
    const Json json = parse_json("describe", run.out);
    EXPECT_EQ(json["parameters"], row["params"]);
    EXPECT_EQ(json["macs"], row["macs"]);
    EXPECT_EQ(json["flops"], 2 * row["macs"].get<int64_t>());
    EXPECT_FALSE(json["lower_bound"].get<bool>());
  }
  EXPECT_GE(file["models"].size(), 10u);
}

TEST(CliDescribe, BatchPrecisionAndMemoryOrderChangeTheGraph) {
  const auto described = [](std::vector<std::string> more) {
    std::vector<std::string> arguments = {"describe", "conv_block:image=8", "--json", "-"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const ProgramRun run = run_program(arguments);
    EXPECT_EQ(run.code, 0) << run.err;
    return parse_json("describe", run.out);
  };
  const Json plain = described({}), batch = described({"--batch", "4"}),
             half = described({"--precision", "bf16"}), last = described({"--channels-last"});
  EXPECT_EQ(batch["macs"], 4 * plain["macs"].get<int64_t>());
  EXPECT_EQ(half["parameter_bytes"], plain["parameter_bytes"].get<int64_t>() / 2);
  EXPECT_EQ(half["precision"], "bf16");
  EXPECT_THAT(last["inputs"][0]["type"].get<std::string>(), HasSubstr("{4096,1,512,64}"));
}

TEST(CliDescribe, TheGraphItPrintsIsAModelAgain) {
  const ProgramRun printed = run_program({"describe", "mlp:8-4", "--graph"});
  ASSERT_EQ(printed.code, 0) << printed.err;
  const ScratchFolder folder;
  const std::string path = folder / "mlp.graph";
  std::ofstream(path) << printed.out;
  EXPECT_EQ(run_program({"describe", path, "--graph"}).out, printed.out);
}

TEST(CliDescribe, OpsOutsideTheTableAreListedAndCountedOnlyIfAllowed) {
  const ScratchFolder folder;
  const std::string path = folder / "unknown.graph";
  std::ofstream(path)
      << "graph odd\n%x = input f32[2]\n%y: f32[2] = my::op(x=%x)  # a, model.py:3\n"
         "%z = aten::relu(self=%y)\nreturn %z\n";
  const ProgramRun refused = run_program({"describe", path});
  EXPECT_EQ(refused.code, 0) << refused.err;
  EXPECT_THAT(refused.out, HasSubstr("unknown: ops outside the op table"));
  EXPECT_THAT(refused.out, HasSubstr("model.py:3"));
  const ProgramRun allowed = run_program({"describe", path, "--allow-unknown"});
  EXPECT_THAT(allowed.out, HasSubstr("at least"));
}

TEST(CliDescribe, WrongUseIsOneLineWithASuggestion) {
  expect_one_error_line(run_program({"describe", "resnet5"}), "did you mean \"resnet50\"?");
  expect_one_error_line(run_program({"describe", "resnet50:widht=3"}), "did you mean \"width\"?");
  expect_one_error_line(run_program({"describe", "mlp", "--bath", "3"}),
                        "did you mean \"--batch\"?");
  expect_one_error_line(run_program({"describe", "mlp", "--batch", "-3"}), "--batch");
  expect_one_error_line(run_program({"describe", "mlp", "--precision", "fp23"}),
                        "did you mean \"fp32\"?");
  expect_one_error_line(run_program({"describe", "mlp", "--dim", "s0"}), "expected NAME=SIZE");
  expect_one_error_line(run_program({"describe", "nowhere/model.pt2"}), "no such file");
  expect_one_error_line(run_program({"describe"}), "model is required");
  expect_one_error_line(run_program({"descirbe", "mlp"}), "did you mean \"describe\"?");
  expect_one_error_line(run_program({"describe", "mlp", "--json", "/nowhere/out.json"}),
                        "/nowhere/out.json");
}

TEST(CliList, ListsModelsAndOps) {
  const ProgramRun models = run_program({"list", "models"});
  EXPECT_EQ(models.code, 0);
  EXPECT_THAT(models.out, HasSubstr("efficientnet_b0"));
  const ProgramRun ops = run_program({"list", "ops", "--json", "-"});
  const Json json = parse_json("list", ops.out);
  EXPECT_TRUE(std::any_of(json.begin(), json.end(),
                          [](const Json& row) { return row["op"] == "aten::linear"; }));
  expect_one_error_line(run_program({"list", "model"}), "did you mean \"models\"?");
}

TEST(CliMeasure, WithoutABackendItSaysWhatIsMissing) {
  expect_one_error_line(
      run_program({"measure", "mlp:8-4"}, {"OPGAUGE_TORCH_BACKEND=/nowhere/backend.so"}),
      "/nowhere/backend.so");
  expect_one_error_line(run_program({"measure", "mlp:8-4", "--budget", "fast"}),
                        "expected a duration");
}

}  // namespace
}  // namespace opgauge
