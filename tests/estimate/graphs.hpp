// SPDX-License-Identifier: Apache-2.0
// Small graphs and the example machine, for the tests of the estimator.
#pragma once

#include <string>
#include <vector>

#include "graph/builder.hpp"
#include "machine/machine.hpp"

namespace opgauge {

inline Machine example_machine() {
  return read_machine(std::string(OPGAUGE_SOURCE_DIR) + "/tests/fixtures/machines/example.json");
}

// Linear layers of the given widths with ReLU between them.
inline Graph make_mlp(int64_t batch, const std::vector<int64_t>& widths, Dtype dtype = Dtype::f32) {
  GraphBuilder b("mlp");
  ValueId x = b.input("x", {dtype, {batch, widths.front()}});
  for (size_t i = 1; i < widths.size(); ++i) {
    const std::string name = "fc" + std::to_string(i);
    const ValueId w = b.parameter(name + ".weight", {dtype, {widths[i], widths[i - 1]}});
    const ValueId bias = b.parameter(name + ".bias", {dtype, {widths[i]}});
    x = b.call("aten::linear", {{"input", x}, {"weight", w}, {"bias", bias}});
    if (i + 1 < widths.size()) x = b.call("aten::relu", {{"self", x}});
  }
  return b.finish({x});
}

}  // namespace opgauge
