// SPDX-License-Identifier: Apache-2.0
// Importing an exported model: time, and the most memory the process ever held.
//
//   .venv/bin/python bench/make_large_export.py build/large.pt2
//   OPGAUGE_BENCH_PT2=build/large.pt2 build/release/bin/bench_import
#include <benchmark/benchmark.h>
#include <sys/resource.h>

#include <cstdlib>

#include "base/error.hpp"
#include "import/archive.hpp"
#include "import/pt2.hpp"

namespace opgauge {
namespace {

double peak_bytes() {
  rusage use{};
  getrusage(RUSAGE_SELF, &use);
  return static_cast<double>(use.ru_maxrss) * 1024;
}

std::string file() {
  const char* given = std::getenv("OPGAUGE_BENCH_PT2");
  return given ? given : OPGAUGE_SOURCE_DIR "/tests/fixtures/pt2/attention.pt2";
}

void import_file(benchmark::State& state, const ImportOptions& options) {
  size_t nodes = 0;
  for (auto _ : state) {
    const ImportedModel model = import_pt2(file(), options);
    nodes = model.graph.nodes.size();
  }
  state.counters["nodes"] = static_cast<double>(nodes);
  state.counters["peak_rss_bytes"] = peak_bytes();
}

void Import(benchmark::State& state) { import_file(state, {}); }
void ImportOtherBatch(benchmark::State& state) {
  import_file(state, {.bindings = {}, .batch = 16});
}
void ReadProgramJson(benchmark::State& state) {
  for (auto _ : state) {
    const Archive archive(file());
    benchmark::DoNotOptimize(archive.read("models/model.json", uint64_t{1} << 30));
  }
}

BENCHMARK(ReadProgramJson)->Unit(benchmark::kMillisecond);
BENCHMARK(Import)->Unit(benchmark::kMillisecond);
BENCHMARK(ImportOtherBatch)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace opgauge

BENCHMARK_MAIN();
