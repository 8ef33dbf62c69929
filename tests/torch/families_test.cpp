// SPDX-License-Identifier: Apache-2.0
// Every built-in model through the real backend: what is counted from the graph is what is
// executed, in every precision.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "graph/liveness.hpp"
#include "graph/op_table.hpp"
#include "measure/precision.hpp"
#include "measure/sanity.hpp"
#include "models/family.hpp"

namespace opgauge {
namespace {

int64_t macs_of(const Graph& graph) {
  int64_t macs = 0;
  for (const Node& node : graph.nodes) macs += work_of(graph, node).macs;
  return macs;
}

class Families : public testing::TestWithParam<std::string> {
 protected:
  static Device& cpu() {
    static const std::unique_ptr<Device> device = open_device("cpu", {});
    return *device;
  }
};

// Work exactly, memory to 1 % (private memory of oneDNN's kernels is observed, not derived).
TEST_P(Families, CountsAndPlansAreWhatIsExecuted) {
  for (const int64_t batch : {1, 8}) {
    const Graph graph = build_model(GetParam(), batch);
    if (batch > 1 && macs_of(graph) > 15'000'000'000) continue;  // minutes on a small machine
    for (const char* precision : {"fp32", "bf16"}) {
      SCOPED_TRACE(graph.name + " batch " + std::to_string(batch) + " " + precision);
      const Graph rewritten = to_precision(graph, precision);
      const MemoryPlan plan = plan_memory(rewritten);
      const auto executable = cpu().prepare(rewritten);
      EXPECT_EQ(executable->count_work().macs, macs_of(graph));
      EXPECT_EQ(executable->held_bytes(), plan.parameter_bytes + plan.input_bytes);
      const auto planned = static_cast<double>(plan.peak_intermediate_bytes);
      const auto peak = static_cast<double>(executable->measure_peak_intermediate_bytes());
      EXPECT_LE(std::abs(peak - planned), 0.01 * peak)
          << "planned " << planned << ", measured " << peak;
      if (peak != planned) {
        std::printf("%s batch %ld %s: planned %.0f, measured %.0f\n", graph.name.c_str(), batch,
                    precision, planned, peak);
      }
    }
  }
}

// Random weights are sane at every depth, and each precision computes the same within its
// tolerance.
TEST_P(Families, ComputesTheSameInEveryPrecision) {
  const Graph graph = build_model(GetParam(), 1);
  for (const char* precision : precisions) {
    SCOPED_TRACE(graph.name + " " + precision);
    const Sanity sanity =
        check_sanity(cpu(), graph, in_precision(cpu(), graph, precision), precision);
    EXPECT_TRUE(sanity.sane) << sanity.reason;
    std::printf("%s %s: error %.3g, tolerance %.3g\n", graph.name.c_str(), precision,
                sanity.relative_error, sanity.tolerance);
  }
}

std::vector<std::string> family_names() {
  std::vector<std::string> names;
  for (const ModelFamily& family : model_families()) names.emplace_back(family.name);
  return names;
}
INSTANTIATE_TEST_SUITE_P(All, Families, testing::ValuesIn(family_names()), [](const auto& info) {
  std::string name = info.param;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
});

}  // namespace
}  // namespace opgauge
