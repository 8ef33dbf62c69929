// SPDX-License-Identifier: Apache-2.0
#include "import/program.hpp"

#include <gmock/gmock.h>

#include "base/error.hpp"
#include "import/programs.hpp"

namespace opgauge {
namespace {

using testing::HasSubstr;

std::string error_of(const TinyProgram& program, const ImportOptions& options = {}) {
  try {
    program.read(options);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

TEST(Program, BecomesAGraph) {
  const ImportedModel model = TinyProgram().read();
  ASSERT_EQ(model.graph.nodes.size(), 1u);
  EXPECT_EQ(model.graph.nodes[0].target, "aten::relu");
  EXPECT_EQ(model.graph.nodes[0].where, "model.py:7");
  EXPECT_EQ(model.graph[model.graph.outputs.at(0)].name, "y");
  EXPECT_EQ(model.schema_version, "8.20");
  EXPECT_EQ(model.torch_version, "2.13.0");
  EXPECT_EQ(model.weights_absent_reason, "none");
}

TEST(Program, OtherSchemaVersionsAreRefused) {
  TinyProgram program;
  program.version = "{\"major\":9,\"minor\":0}";
  EXPECT_THAT(error_of(program), HasSubstr("[schema_version] found 9.0, expected 8.x"));
  program.version = "{\"minor\":0}";
  EXPECT_THAT(error_of(program), HasSubstr("\"major\" is missing"));
}

TEST(Program, UnknownMembersAreIgnored) {
  TinyProgram program;
  program.extra = ",\"later_addition\":{\"a\":[1,2,{\"b\":null}]}";
  EXPECT_EQ(error_of(program), "");
}

TEST(Program, UnknownArgumentKindsNameTheNode) {
  TinyProgram program;
  program.nodes = node("torch.ops.aten.relu.default", input("self", "\"as_quaternion\":[1,2,3,4]"),
                       "{" + tensor("y") + "}", "relu_3");
  EXPECT_EQ(error_of(program),
            "[node relu_3: torch.ops.aten.relu.default at model.py:7] argument \"self\": found the "
            "argument kind "
            "\"as_quaternion\", which schema 8 does not have");
  program.nodes = node("torch.ops.aten.relu.default", input("self", "\"as_strings\":[\"a\"]"),
                       "{" + tensor("y") + "}");
  EXPECT_THAT(error_of(program), HasSubstr("the argument kind \"as_strings\" is not supported"));
}

TEST(Program, NamesMustBeDefinedOnceAndBefore) {
  TinyProgram program;
  program.nodes = relu("y", "z") + "," + relu("z", "y");
  program.tensors += ",\"z\":" + meta("2;3");
  EXPECT_THAT(
      error_of(program),
      HasSubstr("node z: torch.ops.aten.relu.default at model.py:7] argument \"self\": the name "
                "\"y\" is used before it is defined"));
  program.nodes = relu("x", "y") + "," + relu("x", "y");
  EXPECT_THAT(error_of(program), HasSubstr("the name \"y\" is defined twice"));
  program.nodes = relu("x", "x");
  EXPECT_THAT(error_of(program), HasSubstr("the name \"x\" is defined twice"));
}

TEST(Program, InferredShapesAreComparedWithTheFile) {
  TinyProgram program;
  program.tensors = "\"x\":" + meta("2;3") + ",\"y\":" + meta("2;4");
  EXPECT_THAT(error_of(program),
              HasSubstr("inferred f32[2,3], but the file records f32[2,4] for y"));
  program.tensors = "\"x\":" + meta("2;3") + ",\"y\":" + meta("2;3", 8);
  EXPECT_THAT(error_of(program),
              HasSubstr("inferred f32[2,3], but the file records f64[2,3] for y"));
}

TEST(Program, SizesThatNoTensorHasAreRefused) {
  TinyProgram program;
  program.tensors = "\"x\":" + meta("-2;3") + ",\"y\":" + meta("2;3");
  EXPECT_THAT(error_of(program), HasSubstr("found the sizes -2, expected at least 0"));
  program.tensors = "\"x\":" + meta("4294967296;4294967296") + ",\"y\":" + meta("2;3");
  EXPECT_THAT(error_of(program), HasSubstr("more than 2^48 elements"));
  program.tensors = "\"x\":" + meta("nan;3") + ",\"y\":" + meta("2;3");
  EXPECT_THAT(error_of(program), HasSubstr("expected a finite size"));
  program.tensors = "\"x\":" + meta("9223372036854775808;3") + ",\"y\":" + meta("2;3");
  EXPECT_THAT(error_of(program), HasSubstr("expected a whole number of 64 bits"));
  program.tensors = "\"x\":" + meta("FloorDiv(1, 0);3") + ",\"y\":" + meta("2;3");
  EXPECT_THAT(error_of(program), HasSubstr("divides by zero"));
}

TEST(Program, OpsOutsideTheTableAreTypedFromTheFile) {
  TinyProgram program;
  program.nodes =
      node("torch.ops.mylib.fancy.default",
           input("a", tensor("x")) + "," + input("k", "\"as_int\":3"), "{" + tensor("y") + "}");
  program.tensors = "\"x\":" + meta("2;3") + ",\"y\":" + meta("5;7", 13);
  const ImportedModel model = program.read();
  ASSERT_EQ(model.unknown_ops.size(), 1u);
  EXPECT_EQ(model.unknown_ops[0].target, "mylib::fancy");
  EXPECT_EQ(model.unknown_ops[0].count, 1);
  EXPECT_THAT(model.unknown_ops[0].places, testing::ElementsAre("model.py:7"));
  EXPECT_EQ(model.graph[model.graph.outputs.at(0)].type.sizes, (Dims{5, 7}));
  EXPECT_EQ(model.graph[model.graph.outputs.at(0)].type.dtype, Dtype::bf16);
}

// x has the symbolic batch s0; a node computes 2 * s0 / 4 from it.
TinyProgram dynamic_program() {
  TinyProgram program;
  program.ranges = "{\"s0\":{\"min_val\":2,\"max_val\":64}}";
  program.tensors = "\"x\":" + meta("Symbol('s0', positive=True);3") +
                    ",\"y\":" + meta("Symbol('s0', positive=True);3");
  return program;
}

TEST(Program, SymbolsTakeTheirHintsUnlessBound) {
  const TinyProgram program = dynamic_program();
  EXPECT_EQ(program.read().graph.values[0].type.sizes, (Dims{4, 3}));
  EXPECT_EQ(program.read({.bindings = {}, .batch = 8}).graph.values[0].type.sizes, (Dims{8, 3}));
  EXPECT_EQ(program.read({.bindings = {{"s0", 9}}, .batch = {}}).graph.values[0].type.sizes,
            (Dims{9, 3}));
  EXPECT_EQ(program.read({.bindings = {{"x.0", 5}}, .batch = {}}).graph.values[0].type.sizes,
            (Dims{5, 3}));
  const ImportedModel model = program.read();
  ASSERT_EQ(model.symbols.size(), 1u);
  EXPECT_EQ(model.batch_symbol, "s0");
  EXPECT_EQ(model.symbols[0].where, "x.0");
  EXPECT_EQ(model.symbols[0].minimum, 2);
  EXPECT_EQ(model.symbols[0].maximum, 64);
}

TEST(Program, BindingsAreChecked) {
  const TinyProgram program = dynamic_program();
  EXPECT_EQ(error_of(program, {.bindings = {}, .batch = 65}),
            "[batch] found 65 for s0, expected at least 2 and at most 64 as exported");
  EXPECT_THAT(error_of(program, {.bindings = {{"s0", 9}}, .batch = 8}),
              HasSubstr("already bound to 8"));
  EXPECT_THAT(error_of(program, {.bindings = {{"s1", 9}}, .batch = {}}),
              HasSubstr("did you mean \"s0\""));
  EXPECT_THAT(error_of(program, {.bindings = {{"x.7", 9}}, .batch = {}}),
              HasSubstr("the input has 2 dimensions"));
  EXPECT_THAT(error_of(program, {.bindings = {{"x.1", 9}}, .batch = {}}),
              HasSubstr("exported with the fixed size 3"));
  EXPECT_EQ(error_of(program, {.bindings = {{"x.1", 3}}, .batch = {}}), "");
  EXPECT_EQ(
      error_of(TinyProgram(), {.bindings = {}, .batch = 8}),
      "[batch] dimension 0 of input x was exported with the fixed size 2, found 8; export with "
      "dynamic_shapes={\"x\": {0: torch.export.Dim(\"batch\")}} to choose it");
}

TEST(Program, ADimensionThatIsAnExpressionIsSolvedFor) {
  TinyProgram program;
  program.ranges =
      "{\"s0\":{\"min_val\":1,\"max_val\":64},\"2*s0\":{\"min_val\":2,\"max_val\":20}}";
  program.tensors = "\"x\":" + meta("Mul(Integer(2), Symbol('s0'));3") +
                    ",\"y\":" + meta("Mul(Integer(2), Symbol('s0'));3");
  EXPECT_EQ(program.read().symbols.at(0).size, 2);  // 2 * s0 was 4
  EXPECT_EQ(program.read({.bindings = {}, .batch = 10}).symbols.at(0).size, 5);
  EXPECT_THAT(error_of(program, {.bindings = {}, .batch = 7}), HasSubstr("which is never 7"));
  EXPECT_THAT(error_of(program, {.bindings = {}, .batch = 40}),
              HasSubstr("[2*s0] found 40 for 2*s0"));
}

TEST(Program, NumbersAreFolded) {
  TinyProgram program = dynamic_program();
  program.nodes =
      node("torch.ops.aten.sym_size.int",
           input("self", tensor("x")) + "," + input("dim", "\"as_int\":0"),
           "{\"as_sym_int\":{\"as_name\":\"n\"}}") +
      "," +
      node("_operator.floordiv",
           input("a", "\"as_sym_int\":{\"as_name\":\"n\"}") + "," + input("b", "\"as_int\":2"),
           "{\"as_sym_int\":{\"as_name\":\"half\"}}") +
      "," +
      node("_operator.mul",
           input("a", "\"as_sym_int\":{\"as_name\":\"half\"}") + "," +
               input("b", "\"as_float\":3.0"),
           "{\"as_sym_float\":{\"as_name\":\"scale\"}}") +
      "," +
      node("torch.ops.mylib.fancy.default",
           input("self", tensor("x")) + "," +
               input("sizes", "\"as_sym_ints\":[{\"as_name\":\"half\"},{\"as_int\":-1}]") + "," +
               input("scale", "\"as_sym_float\":{\"as_name\":\"scale\"}"),
           "{" + tensor("y") + "}");
  program.tensors = "\"x\":" + meta("Symbol('s0', positive=True);3") + ",\"y\":" + meta("1");
  const ImportedModel model = program.read({.bindings = {}, .batch = 11});
  ASSERT_EQ(model.graph.nodes.size(), 1u);
  EXPECT_EQ(std::get<Dims>(model.graph.nodes[0].arguments[1]), (Dims{5, -1}));
  EXPECT_EQ(std::get<double>(model.graph.nodes[0].arguments[2]), 15.0);
}

TEST(Program, ConditionsOnSizesAreChecked) {
  TinyProgram program = dynamic_program();
  program.nodes =
      node("torch.ops.aten.sym_size.int",
           input("self", tensor("x")) + "," + input("dim", "\"as_int\":0"),
           "{\"as_sym_int\":{\"as_name\":\"n\"}}") +
      "," +
      node("_operator.lt",
           input("a", "\"as_sym_int\":{\"as_name\":\"n\"}") + "," + input("b", "\"as_int\":6"),
           "{\"as_sym_bool\":{\"as_name\":\"small\"}}") +
      "," +
      node("torch.ops.aten._assert_scalar.default",
           input("self", "\"as_sym_bool\":{\"as_name\":\"small\"}") + "," +
               input("assert_msg", "\"as_string\":\"n < 6\""),
           "", "check") +
      "," + relu("x", "y");
  EXPECT_EQ(error_of(program), "");
  EXPECT_THAT(error_of(program, {.bindings = {}, .batch = 7}),
              HasSubstr("node check: torch.ops.aten._assert_scalar.default at model.py:7] the "
                        "model's condition on its "
                        "sizes does not hold: n < 6"));
}

std::string wrapped(const std::string& wrapper, const std::string& first,
                    const std::string& inner_nodes) {
  return node("torch.ops.higher_order." + wrapper,
              first + "," +
                  input("", "\"as_graph\":{\"name\":\"sub\",\"graph\":{\"inputs\":[{" +
                                tensor("a") + "}],\"outputs\":[{" + tensor("b") + "}],\"nodes\":[" +
                                inner_nodes + "],\"tensor_values\":{\"a\":" + meta("2;3") +
                                ",\"b\":" + meta("2;3") + "}}}") +
                  "," + input("", tensor("x")),
              "{\"as_tensors\":[{\"name\":\"y\"}]}", "wrap");
}

TEST(Program, ScopingWrappersAreInlined) {
  TinyProgram program;
  program.nodes =
      wrapped("wrap_with_set_grad_enabled", input("", "\"as_bool\":false"), relu("a", "b"));
  const ImportedModel model = program.read();
  ASSERT_EQ(model.graph.nodes.size(), 1u);
  EXPECT_EQ(model.graph.nodes[0].target, "aten::relu");
  EXPECT_EQ(model.graph.outputs.at(0), model.graph.nodes[0].outputs.at(0));
}

TEST(Program, OtherHigherOrderOperatorsNameTheNode) {
  for (const std::string op : {"cond", "map_impl", "while_loop", "wrap_with_set_grad_enabled_v2"}) {
    TinyProgram program;
    program.nodes = wrapped(op, input("", "\"as_bool\":false"), relu("a", "b"));
    EXPECT_THAT(error_of(program), HasSubstr("[node wrap: torch.ops.higher_order." + op +
                                             " at model.py:7] this higher-order "
                                             "operator is not supported"));
  }
}

TEST(Program, WrappersInsideEachOtherEndSomewhere) {
  std::string nodes = relu("a", "b");
  for (int i = 0; i < 35; ++i)
    nodes = wrapped("wrap_with_set_grad_enabled", input("", "\"as_bool\":false"), nodes);
  TinyProgram program;
  program.nodes = nodes;
  EXPECT_NE(error_of(program), "");
}

TEST(Program, PicksFromListsAreFolded) {
  TinyProgram program;
  program.nodes = node("_operator.getitem",
                       input("a", "\"as_tensors\":[{\"name\":\"x\"},{\"name\":\"x\"}]") + "," +
                           input("b", "\"as_int\":-1"),
                       "{" + tensor("z") + "}") +
                  "," + relu("z", "y");
  program.tensors += ",\"z\":" + meta("2;3");
  EXPECT_EQ(program.read().graph.nodes.size(), 1u);
}

TEST(Program, CustomObjectsAreRefused) {
  TinyProgram program;
  program.inputs +=
      ",{\"custom_obj\":{\"arg\":{\"name\":\"o\",\"class_fqn\":\"A\"},\"custom_obj_name\":"
      "\"queue\"}}";
  EXPECT_EQ(error_of(program), "[queue] the model holds a custom object, which is not supported");
}

TEST(Program, PickledWeightsAreRefused) {
  TinyProgram program;
  ProgramText text = program.text();
  text.weights =
      "{\"config\":{\"fc.weight\":{\"path_name\":\"weight_0\",\"is_param\":true,\"use_pickle\":"
      "true}}}";
  try {
    read_program(text, {});
    FAIL();
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(),
                 "[weight fc.weight] is stored as a Python pickle (a tensor subclass), expected a "
                 "plain tensor");
  }
}

TEST(Program, WeightNamesStayInTheirFolder) {
  TinyProgram program;
  ProgramText text = program.text();
  text.weights =
      "{\"config\":{\"w\":{\"path_name\":\"../../etc/"
      "passwd\",\"use_pickle\":false,\"tensor_meta\":" +
      meta("2") + "}}}";
  EXPECT_THROW(read_program(text, {}), Error);
}

TEST(Program, DeepNestingIsOneError) {
  TinyProgram program;
  program.extra = ",\"deep\":" + std::string(100000, '[') + std::string(100000, ']');
  EXPECT_THAT(error_of(program), HasSubstr("[models/model.json] is not JSON as expected"));
}

TEST(Program, AMillionNodesAreRefusedAtOnce) {
  TinyProgram program;
  const std::string one =
      "{\"target\":\"torch.ops.aten._assert_async.default\",\"inputs\":[],\"outputs\":[]},";
  program.nodes.clear();
  program.nodes.reserve(one.size() * 1000000 + 1000);
  for (int i = 0; i < 1000000; ++i) program.nodes += one;
  program.nodes += relu("x", "y");
  EXPECT_EQ(error_of(program), "[nodes] found 1000001, expected at most 500000");
}

}  // namespace
}  // namespace opgauge
