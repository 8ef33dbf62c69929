// SPDX-License-Identifier: Apache-2.0
#include "graph/text.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <random>

#include "graph/builder.hpp"

namespace opgauge {
namespace {

constexpr const char* mlp_text = R"(graph mlp
%x = input f32[32,1024]
%p_fc_weight = parameter f32[512,1024] "fc.weight"
%linear: f32[32,512] = aten::linear(input=%x, weight=%p_fc_weight)  # fc, model.py:12
%relu: f32[32,512] = aten::relu(self=%linear)
return %relu
)";

TEST(Text, ReadsAndPrintsTheSame) {
  const Graph g = parse_graph(mlp_text);
  EXPECT_EQ(print_graph(g), mlp_text);
  ASSERT_EQ(g.nodes.size(), 2u);
  EXPECT_EQ(g.nodes[0].module, "fc");
  EXPECT_EQ(g.nodes[0].where, "model.py:12");
  EXPECT_EQ(g.nodes[1].module, "");
  EXPECT_EQ(g[g.outputs[0]].type, TensorType(Dtype::f32, {32, 512}));
  verify(g);
}

TEST(Text, TypesOfKnownOpsAndCommentsMayBeLeftOut) {
  const Graph g = parse_graph(R"(
# a model
graph mlp   # its name
  %x = input f32[32,1024]   # the batch

%p_fc_weight = parameter f32[512,1024] "fc.weight"
%linear = aten::linear(weight=%p_fc_weight,input=%x) # fc, model.py:12
%relu = aten::relu(self = %linear)
return %relu   # done
)");
  EXPECT_EQ(print_graph(g), mlp_text);
}

TEST(Text, TiedWeightsShareAStorage) {
  const std::string text = R"(graph tied
%x = input f32[2,8]
%a = parameter f32[8,8] "embed.weight"
%b = parameter f32[8,8] "head.weight" shares %a
%linear: f32[2,8] = aten::linear(input=%x, weight=%b)
return %linear, %x
)";
  const Graph g = parse_graph(text);
  EXPECT_EQ(g.values[1].storage, g.values[2].storage);
  EXPECT_EQ(g.storages, 3);
  EXPECT_EQ(print_graph(g), text);
}

TEST(Text, OpsOutsideTheTableCarryTheirTypesAndEveryKindOfArgument) {
  const std::string text = R"(graph odd
%x = input f32[2,8]{1,2}+3
%y: f32[2,8], _, %z: i64[] = my::op(x=%x, none=None, list=[%x, None], i=-3, d=1e-05, e=2.0, f=-inf, s="a\"b\n#", ints=[1,-2], reals=[0.5,2.0], flags=[true,false], empty=[], t=f32, m=channels_last, l=strided, dev=cuda, b=false)  # "a, b", x.py:1
my::effect(x=%y)
inputs %x
return %y, None, %z
)";
  std::string expected = text;
  expected.erase(expected.find("inputs"), std::string("inputs %x\n").size());
  const Graph g = parse_graph(text);
  EXPECT_EQ(print_graph(g), expected);
  EXPECT_EQ(g.nodes[0].module, "a, b");
  EXPECT_EQ(g.nodes[0].op, nullptr);
  EXPECT_EQ(parse_graph(expected), g);
}

TEST(Text, NodesThatRunOnce) {
  const std::string text = R"(graph packed
%x = input f32[2,8]
%w = parameter f32[4,8] "w"
once %relu: f32[4,8] = aten::relu(self=%w)  # fc
%linear: f32[2,4] = aten::linear(input=%x, weight=%relu)
return %linear
)";
  const Graph g = parse_graph(text);
  ASSERT_EQ(g.preparation.size(), 1u);
  EXPECT_EQ(g.values[2].role, Role::constant);
  EXPECT_EQ(print_graph(g), text);
}

TEST(Text, InputOrderIsKeptWhereItIsNotTheOrderOfTheLines) {
  const std::string text =
      "graph two\n%a = input f32[1]\n%b = input f32[2]\ninputs %b, %a\nreturn %a\n";
  const Graph g = parse_graph(text);
  EXPECT_EQ(g.inputs, (std::vector<ValueId>{ValueId(1), ValueId(0)}));
  EXPECT_EQ(print_graph(g), text);
}

TEST(Text, Types) {
  EXPECT_EQ(print_type(TensorType(Dtype::f32, {8, 3})), "f32[8,3]");
  EXPECT_EQ(print_type(TensorType(Dtype::boolean, {})), "bool[]");
  EXPECT_EQ(print_type(TensorType(Dtype::bf16, {8, 3}, {1, 8}, 16)), "bf16[8,3]{1,8}+16");
  for (const char* text : {"f32[8,3]{1,8}+16", "i64[]", "u8[0,4]", "f16[1,1]{7,1}"}) {
    EXPECT_EQ(print_type(parse_type(text)), text);
  }
}

struct Wrong {
  const char* text;
  const char* what;
};

TEST(Text, ErrorsNameLineAndColumn) {
  const Wrong wrongs[] = {
      {"", "[line 1, column 1] found the end, expected graph NAME"},
      {"grph x\n", "[line 1, column 1] found \"grph\", expected graph NAME"},
      {"graph x\n%a = input f33[2]\n",
       "[line 2, column 12] unknown dtype \"f33\", expected one of f32, f64, f16, bf16, i8, u8, "
       "i16, i32, i64, bool, "
       "c64; did you mean \"f32\"?"},
      {"graph x\n%a = input f32[2\n", "[line 2, column 17] found the line's end, expected \"]\""},
      {"graph x\n%a = input f32[-2]\nreturn %a",
       "[line 2, column 12] found the size -2, expected at least 0"},
      {"graph x\n%a = input f32[2]\n%a = input f32[2]\nreturn %a\n",
       "[line 3, column 1] %a is defined twice"},
      {"graph x\n%abc = input f32[2]\n%b = aten::relu(self=%abd)\nreturn %b\n",
       "[line 3, column 22] %abd is not defined above; did you mean \"%abc\"?"},
      {"graph x\n%a = input f32[2]\n%b = aten::rleu(self=%a)\nreturn %b\n",
       "[line 3, column 6: aten::rleu] op is not in the op table, expected the types of its "
       "outputs (%y: f32[8] = …); "
       "did you mean \"aten::relu\"?"},
      {"graph x\n%a = input f32[2]\n%b: f32[3] = aten::relu(self=%a)\nreturn %b\n",
       "[line 3, column 1] %b is declared f32[3], but aten::relu gives f32[2]"},
      {"graph x\n%a = input f32[2]\n%b, %c = aten::relu(self=%a)\nreturn %b\n",
       "[line 3, column 10: aten::relu] found 2 names, expected one per output (1)"},
      {"graph x\n%a = input f32[2]\n%b = aten::relu(self=%a, k=1)\nreturn %b\n",
       "[line 3, column 6: aten::relu] unknown argument \"k\", expected one of self"},
      {"graph x\n%a = input f32[2]\n", "[line 3, column 1] found the end, expected return"},
      {"graph x\n%a = input f32[2]\nreturn %a\nreturn %a\n",
       "[line 4, column 1] found \"return\", expected nothing after return"},
      {"graph x\n%y: f32[1] = my::op(a=[1,%q])\n", "[line 2, column 26] %q is not defined above"},
      {"graph x\n%y: f32[1] = my::op(a=[1,true])\n",
       "[line 2, column 23] a list mixes kinds, expected tensors, numbers or true and false"},
      {"graph x\n%a = input f32[2]\nonce %b = aten::relu(self=%a)\n",
       "[line 3, column 11: aten::relu] %a is not known before the first run"},
      {"graph x\nonce %b = input f32[2]\n",
       "[line 2, column 11] found \"input\", expected an op after once"},
      {"graph x\n%y: f32[1] = my::op(a=\"b)\n", "[line 2, column 23] this text has no closing \""},
      {"graph x\n%y: f32[1] = my::op(a=99999999999999999999)\n",
       "[line 2, column 23] found \"99999999999999999999\", expected a whole number of at most 63 "
       "bits"},
  };
  for (const Wrong& wrong : wrongs) {
    try {
      parse_graph(wrong.text);
      ADD_FAILURE() << "read without an error: " << wrong.text;
    } catch (const Error& error) {
      EXPECT_STREQ(error.what(), wrong.what);
    }
  }
}

// A random graph of table ops and ops outside the table, with every kind of argument.
Graph random_graph(uint64_t seed) {
  std::mt19937_64 random(seed);
  const auto below = [&](int64_t n) {
    return static_cast<int64_t>(random() % static_cast<uint64_t>(n));
  };
  const std::string odd = "ab_.,#\"\\ \n\t%é\x01";
  const auto text = [&] {
    std::string s;
    for (int64_t i = below(8); i > 0; --i)
      s += odd[static_cast<size_t>(below(static_cast<int64_t>(odd.size())))];
    return s;
  };
  GraphBuilder b(text());
  std::vector<ValueId> values = {b.input("x", {Dtype::f32, {below(4), 8}})};
  const auto any = [&] {
    return values[static_cast<size_t>(below(static_cast<int64_t>(values.size())))];
  };
  const auto argument = [&]() -> Argument {
    const double reals[] = {0.1, 1, -1e300, 5e-324, std::numeric_limits<double>::infinity(), 1e17};
    const auto real = [&] { return reals[below(6)]; };
    switch (below(12)) {
      case 0:
        return std::monostate();
      case 1:
        return ValueRef{any()};
      case 2:
        return ValueList{{any()}, {}, {any()}};
      case 3:
        return below(2) == 0;
      case 4:
        return static_cast<int64_t>(random());
      case 5:
        return real();
      case 6:
        return text();
      case 7:
        return Dims{below(9), -below(9)};
      case 8:
        return std::vector<double>{real(), real()};
      case 9:
        return std::vector<bool>{true, below(2) == 0};
      case 10:
        return Dims{};
      default:
        return Dtype::bf16;
    }
  };
  const Role leaves[] = {Role::input, Role::parameter, Role::buffer, Role::constant};
  for (int i = 0; i < 20; ++i) {
    if (below(2) == 0) b.set_origin(text(), text());
    switch (below(5)) {
      case 0: {
        const Role role = leaves[below(4)];
        const ValueId shares = below(3) == 0 && role != Role::input ? any() : no_value;
        values.push_back(b.declare("leaf", {Dtype::f16, {2, 3}, {1, 2}, below(3)}, role,
                                   role == Role::input ? "" : text(), shares));
        break;
      }
      case 1:
        values.push_back(b.call("aten::relu", {{"self", any()}}));
        break;
      case 2: {
        const ValueId x = b.input("x", {Dtype::f32, {2, 4}});
        const ValueId w = b.parameter(text(), {Dtype::f32, {3, 4}});
        const ValueId bias = below(2) == 0 ? b.parameter("b", {Dtype::f32, {3}}) : no_value;
        values.push_back(b.call("aten::linear", {{"input", x}, {"weight", w}, {"bias", bias}}));
        break;
      }
      case 3: {
        const ValueId w = b.parameter(text(), {Dtype::f32, {3, 4}});
        const ValueId once = b.call_once("aten::relu", {{"self", w}});
        if (below(2) == 0) values.push_back(once);
        break;
      }
      default: {
        std::vector<Given> given;
        for (int64_t k = below(5); k > 0; --k)
          given.emplace_back("a" + std::to_string(k), argument());
        std::vector<std::pair<std::string, TensorType>> outputs;
        for (int64_t k = below(3); k > 0; --k) {
          outputs.emplace_back(below(3) == 0 ? "_" : "out", TensorType(Dtype::i64, {k, 2}));
        }
        for (const ValueId id : b.call_unknown("my::op", std::move(given), std::move(outputs))) {
          if (id != no_value) values.push_back(id);
        }
      }
    }
  }
  return b.finish({any(), any()});
}

TEST(Text, ReadingWhatWasPrintedGivesTheSameGraph) {
  for (uint64_t seed = 0; seed < 500; ++seed) {
    const Graph g = random_graph(seed);
    const std::string text = print_graph(g);
    const Graph back = parse_graph(text);
    ASSERT_EQ(back, g) << "seed " << seed << "\n" << text;
    ASSERT_EQ(print_graph(back), text);
  }
}

TEST(Text, BrokenTextsAreErrorsAndNothingElse) {
  for (uint64_t seed = 0; seed < 500; ++seed) {
    std::string text = print_graph(random_graph(seed));
    std::mt19937_64 random(seed);
    for (int k = 0; k < 3; ++k) {
      const size_t at = random() % text.size();
      switch (random() % 3) {
        case 0:
          text.erase(at, 1 + random() % 5);
          break;
        case 1:
          text[at] = static_cast<char>(random() % 128);
          break;
        default:
          text.insert(at, 1, "%[]{}=,:()\"#\n"[random() % 13]);
      }
      if (text.empty()) break;
    }
    try {
      parse_graph(text);
    } catch (const Error&) {
    }
  }
}

}  // namespace
}  // namespace opgauge
