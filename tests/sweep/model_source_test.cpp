// SPDX-License-Identifier: Apache-2.0
#include "sweep/model_source.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "base/error.hpp"
#include "scratch_folder.hpp"

namespace opgauge {
namespace {

using testing::HasSubstr;

std::string message(const std::string& text, const ModelBindings& bindings = {}) {
  try {
    load_model(text, bindings);
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

class GraphFile : public testing::Test {
 protected:
  void write(const std::string& text) { std::ofstream(path_) << text; }
  const ScratchFolder folder_;
  const std::string path_ = folder_ / "model.graph";
};

TEST(ModelSource, AFamilyTakesABatch) {
  const ModelSource source = load_model("mlp:8-4", {.batch = 3, .dims = {}});
  EXPECT_EQ(source.kind, ModelKind::family);
  EXPECT_EQ(source.name, "mlp:8-4");
  EXPECT_EQ(source.graph[source.graph.inputs[0]].type.sizes, (Dims{3, 8}));
  EXPECT_THAT(message("mlp:8-4", {.batch = {}, .dims = {{"s0", 3}}}),
              HasSubstr("size \"s0\" cannot be bound: a family's sizes are its parameters"));
}

TEST(ModelSource, ACaseIsAModelOfOneCall) {
  const ModelSource source = load_model("aten::relu(f32[8])");
  EXPECT_EQ(source.kind, ModelKind::op_case);
  EXPECT_EQ(source.name, "aten::relu(f32[8])");
  EXPECT_THAT(message("aten::relu(f32[8])", {.batch = 3, .dims = {}}),
              HasSubstr("a batch cannot be bound"));
}

TEST_F(GraphFile, IsRead) {
  write("graph one\n%x = input f32[8]\n%y = aten::relu(self=%x)\nreturn %y\n");
  const ModelSource source = load_model(path_);
  EXPECT_EQ(source.kind, ModelKind::graph_file);
  EXPECT_EQ(source.name, "one");
  EXPECT_EQ(source.graph.nodes.size(), 1u);
}

TEST_F(GraphFile, ErrorsNameFileLineAndColumn) {
  write("graph one\n%x = input f33[8]\n");
  EXPECT_THAT(message(path_), HasSubstr(path_ + ": line 2, column 12] unknown dtype \"f33\""));
}

TEST(ModelSource, WrongNamesSayWhatExists) {
  EXPECT_THAT(message("resnet51"), HasSubstr("expected one of mlp, conv_block, resnet18"));
  EXPECT_THAT(message("resnet51"), HasSubstr("did you mean \"resnet50\"?"));
  EXPECT_THAT(message("nowhere/model.pt2"), HasSubstr("no such file"));
  EXPECT_THAT(message(""), HasSubstr("expected a family"));
  EXPECT_THAT(message("/"), HasSubstr("found a directory"));
}

}  // namespace
}  // namespace opgauge
