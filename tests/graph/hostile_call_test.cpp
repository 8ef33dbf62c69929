// SPDX-License-Identifier: Apache-2.0
// Any arguments of the right kinds, however senseless, give results or one Error from every row:
// never a crash, never undefined behaviour (the sanitizers watch), never much memory or time.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "graph/builder.hpp"

namespace opgauge {
namespace {

class Nonsense {
 public:
  explicit Nonsense(unsigned seed) : random_(seed) {}

  // Calls the row with arguments drawn at random; true if it gave results.
  bool call(const OpRow& op) {
    GraphBuilder build("hostile");
    std::vector<Given> given;
    for (const SchemaArgument& argument : op.schema->arguments) {
      if (argument.fallback && chance(2)) continue;
      if (argument.type.ends_with('?') && chance(3)) continue;
      given.emplace_back(argument.name, value(build, argument.type));
    }
    try {
      const std::vector<ValueId> outputs = build.call_all(op.target(), std::move(given));
      const Graph graph = build.finish(outputs);
      for (const ValueId id : outputs) {
        if (id == no_value) continue;
        const TensorType& type = graph[id].type;
        EXPECT_EQ(type.sizes.size(), type.strides.size()) << op.target();
        EXPECT_GE(type.numel(), 0) << op.target();
        EXPECT_GE(type.offset, 0) << op.target();
      }
      const Work work = work_of(graph, graph.nodes[0]);
      EXPECT_GE(std::min({work.macs, work.other_ops, work.read_bytes, work.write_bytes}), 0)
          << op.target();
      EXPECT_GE(scratch_bytes_of(graph, graph.nodes[0]), 0) << op.target();
      return true;
    } catch (const Error&) {
      return false;
    }
  }

 private:
  bool chance(int of) { return random_() % static_cast<unsigned>(of) == 0; }
  template <class T>
  T one_of(std::initializer_list<T> choices) {
    return choices.begin()[random_() % choices.size()];
  }
  int64_t whole() {
    if (chance(12)) {
      return one_of({INT64_MIN, INT64_MIN + 1, INT64_MAX, INT64_MAX - 1, int64_t{1} << 40,
                     -(int64_t{1} << 40), int64_t{1} << 62});
    }
    return static_cast<int64_t>(random_() % 8) - 2;
  }
  double real() {
    if (chance(8)) return one_of({0.0, -0.0, 1e300, -1e300, double(INFINITY), double(NAN), 1e-300});
    return static_cast<double>(whole());
  }
  Dims wholes() {
    Dims list(random_() % 5);
    for (int64_t& one : list) one = whole();
    return list;
  }
  ValueId tensor(GraphBuilder& build) {
    TensorType type;
    type.dtype = chance(3) ? enum_names<Dtype>[random_() % enum_names<Dtype>.size()].value
                           : one_of({Dtype::f32, Dtype::f32, Dtype::bf16, Dtype::i64});
    const bool huge = chance(20);
    const Dims sizes =
        one_of<Dims>({{}, {4}, {2, 4}, {4, 4}, {2, 4, 4}, {1, 4, 4, 4}, {2, 4, 4, 4, 4}});
    type.sizes = sizes;
    for (int64_t& size : type.sizes) {
      if (chance(4)) size = static_cast<int64_t>(random_() % 5);
      if (huge) size = one_of({int64_t{0}, int64_t{1}, int64_t{1} << 20, int64_t{1} << 45});
    }
    for (size_t i = 0; i < type.sizes.size(); ++i) {
      type.strides.push_back(chance(3)
                                 ? one_of({int64_t{0}, int64_t{1}, int64_t{4}, int64_t{1} << 47})
                                 : int64_t{1} << (2 * (type.sizes.size() - 1 - i)));
    }
    if (chance(5)) type.offset = one_of({int64_t{1}, int64_t{2}, int64_t{1} << 47});
    type.check();
    return build.input("x", type);
  }
  Argument value(GraphBuilder& build, const std::string& type) {
    const bool list = type.find('[') != std::string::npos;
    if (type.starts_with("Tensor")) {
      if (list) {
        ValueList values;
        for (size_t i = random_() % 4; i-- > 0;) {
          values.push_back({type.starts_with("Tensor?") && chance(3) ? no_value : tensor(build)});
        }
        return values;
      }
      if (chance(12))
        return one_of<Argument>({Argument(2.5), Argument(int64_t{3}), Argument(true)});
      return ValueRef{tensor(build)};
    }
    if (type.starts_with("bool") && list) return std::vector<bool>(random_() % 4, chance(2));
    if (type.starts_with("float") && list) return std::vector<double>(random_() % 4, real());
    if (type.starts_with("ScalarType"))
      return enum_names<Dtype>[random_() % enum_names<Dtype>.size()].value;
    if (type.starts_with("Scalar")) {
      return one_of<Argument>({Argument(real()), Argument(whole()), Argument(chance(2))});
    }
    if (list) return wholes();
    if (type.starts_with("SymInt") || type.starts_with("int")) return whole();
    if (type.starts_with("bool")) return chance(2);
    if (type.starts_with("float")) return real();
    if (type.starts_with("str")) {
      return std::string(one_of(
          {"", "none", "tanh", "floor", "same", "valid", "ij", "xy", "mean", "ij,jk->ik", "..."}));
    }
    if (type.starts_with("MemoryFormat")) {
      return enum_names<MemoryFormat>[random_() % enum_names<MemoryFormat>.size()].value;
    }
    return std::monostate();
  }

  std::mt19937 random_;
};

TEST(HostileCalls, GiveResultsOrOneError) {
  size_t row = 0, good = 0;
  for (const OpRow& op : op_table()) {
    Nonsense nonsense(static_cast<unsigned>(row++));
    for (int i = 0; i < 60; ++i) {
      try {
        good += nonsense.call(op);
      } catch (const Error&) {  // an operand that no machine holds
      }
    }
  }
  EXPECT_GT(good, 2000U);  // most rows are reached beyond their checks
}

}  // namespace
}  // namespace opgauge
