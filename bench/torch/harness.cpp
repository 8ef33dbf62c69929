// SPDX-License-Identifier: Apache-2.0
// What the measuring harness adds to an op: the same sigmoid, of about 20 us, in a bare loop over
// LibTorch and through the executable that a visit runs, in turns (so that the machine's mood meets
// both).
//
//   bench_harness [seconds]     default 10
//
// Each figure is the mean of one op over a block of 64, and the least over blocks: the bare loop
// between one pair of clock readings; what the harness reports for the node, and end to end; and
// the harness between one pair, with all that it does around a run. Exit 1 if what it reports is
// more than 1 % above the bare loop.
#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <limits>

#include "graph/case.hpp"
#include "measure/clock.hpp"
#include "measure/device.hpp"

namespace opgauge {
namespace {

constexpr int loop_runs = 64;

// Seconds of one op in a bare loop; each result dies before the next is made, as in the harness.
double bare_s(Clock& clock, const at::Tensor& x) {
  const c10::InferenceMode inference;
  const double begin_s = clock.now_s();
  for (int i = 0; i < loop_runs; ++i) {
    const at::Tensor y = at::sigmoid(x);
  }
  return (clock.now_s() - begin_s) / loop_runs;
}

int compare(double budget_s) {
  SteadyClock clock;
  const std::unique_ptr<Device> device = open_device("cpu", ExecutionSettings());
  int64_t elements = 4096;
  for (;; elements += elements / 4) {
    const at::Tensor x = at::rand({elements});
    double least_s = std::numeric_limits<double>::infinity();
    for (int i = 0; i < 20; ++i) least_s = std::min(least_s, bare_s(clock, x));
    if (least_s >= 18e-6) break;
  }
  const Graph graph = parse_case("aten::sigmoid(f32[" + std::to_string(elements) + "])");
  const std::unique_ptr<Executable> executable = device->prepare(graph);
  const at::Tensor x = at::rand({elements}) * 2 - 1;
  double bare = 1, node = 1, end_to_end = 1, around = 1;
  int blocks = 0;
  for (const double end_s = clock.now_s() + budget_s; clock.now_s() < end_s; ++blocks) {
    bare = std::min(bare, bare_s(clock, x));
    double node_sum_s = 0, run_sum_s = 0, node_s = 0;
    for (int i = 0; i < loop_runs; ++i) run_sum_s += executable->run_s();
    const double begin_s = clock.now_s();
    for (int i = 0; i < loop_runs; ++i) {
      executable->run_timed_s({&node_s, 1});
      node_sum_s += node_s;
    }
    around = std::min(around, (clock.now_s() - begin_s) / loop_runs);
    node = std::min(node, node_sum_s / loop_runs);
    end_to_end = std::min(end_to_end, run_sum_s / loop_runs);
  }
  const auto line = [&](const char* label, double time_s) {
    std::printf("  %-34s %8.3f us  %+.2f %%\n", label, time_s * 1e6, 100 * (time_s / bare - 1));
  };
  std::printf("aten::sigmoid(f32[%lld]), %d blocks of %d\n", static_cast<long long>(elements),
              blocks, loop_runs);
  line("bare loop", bare);
  line("harness, reported for the node", node);
  line("harness, reported end to end", end_to_end);
  line("harness, with what is around a run", around);
  return node <= 1.01 * bare && end_to_end <= 1.01 * bare ? 0 : 1;
}

}  // namespace
}  // namespace opgauge

int main(int count, char** words) {
  try {
    const double budget_s = count > 1 ? std::atof(words[1]) : 10;
    return opgauge::compare(budget_s > 0 ? budget_s : 10);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bench_harness: %s\n", error.what());
    return 2;
  }
}
