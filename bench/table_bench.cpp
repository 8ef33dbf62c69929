// SPDX-License-Identifier: Apache-2.0
// Tables of timings of 5,000 and 1,000,000 rows: reading them, choosing 400 rows, fitting those, predicting the rest; with
// the peak memory of this process.
#include <benchmark/benchmark.h>
#include <fmt/format.h>
#include <sys/resource.h>

#include <cmath>
#include <filesystem>
#include <fstream>

#include "calibrate/random.hpp"
#include "calibrate/table_fit.hpp"

namespace opgauge {
namespace {

std::filesystem::path write_table(int64_t rows) {
  const auto path = std::filesystem::temp_directory_path() / fmt::format("opgauge_table_bench_{}.csv", rows);
  std::ofstream file(path);
  file << "M,N,K,dtype,latency_ms\n";
  Random random(1);
  for (int64_t i = 0; i < rows; ++i) {
    const int64_t m = random.log_whole(16, 8192), n = random.log_whole(16, 8192), k = random.log_whole(16, 8192);
    const double flops = 2.0 * static_cast<double>(m * n) * static_cast<double>(k);
    const double bytes = 4 * (static_cast<double>(m * k) + static_cast<double>(n * k) + static_cast<double>(m * n));
    const double seconds = (5e-6 + std::max(flops / 8e12, bytes / 1e12)) * std::exp(0.05 * (random.uniform() - 0.5));
    file << fmt::format("{},{},{},float32,{:.6g}\n", m, n, k, 1e3 * seconds);
  }
  return path;
}

void fit_a_table(benchmark::State& state) {
  const auto path = write_table(state.range(0));
  double mape = 0;
  for (auto _ : state) {
    mape = fit_table(read_timing_table(path, "m=M,n=N,k=K,dtype=dtype,latency_s=latency_ms*1e-3"), {}).rest.mape;
  }
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  state.counters["peak_MiB"] = static_cast<double>(usage.ru_maxrss) / 1024;
  state.counters["mape_percent"] = 100 * mape;
  std::filesystem::remove(path);
}
BENCHMARK(fit_a_table)->Arg(5000)->Arg(1000000)->Iterations(1)->UseRealTime()->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace opgauge
