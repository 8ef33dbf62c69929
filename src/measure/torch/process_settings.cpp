// SPDX-License-Identifier: Apache-2.0
#include "measure/torch/process_settings.hpp"

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <malloc.h>
#include <sched.h>

#include <atomic>
#include <cstdlib>
#include <vector>

// The worker threads are those of the OpenMP runtime that LibTorch brings. Compiling with -fopenmp
// would bring a second one, so its entry point (GNU's ABI, which LLVM's and Intel's runtimes have
// too) is called by name.
extern "C" {
__attribute__((weak)) void GOMP_parallel(void (*body)(void*), void* data, unsigned threads,
                                         unsigned flags);
__attribute__((weak)) int omp_get_thread_num(void);
}

namespace opgauge {
namespace {

struct WorkerSettings {
  bool flush_denormal;
  bool pin;
  cpu_set_t allowed;       // of this process before anything was bound
  std::vector<int> cores;  // the same as a list
  std::atomic<int> workers{0};
  std::atomic<int> not_flushed{0};
  std::atomic<int> not_bound{0};
};

void apply_on_this_thread(void* data) {
  auto& settings = *static_cast<WorkerSettings*>(data);
  ++settings.workers;
  // Sets the mode of the calling thread only.
  if (!at::Context::setFlushDenormal(settings.flush_denormal) && settings.flush_denormal) {
    ++settings.not_flushed;
  }
  cpu_set_t wanted = settings.allowed;
  if (settings.pin) {
    const auto thread = static_cast<size_t>(omp_get_thread_num ? omp_get_thread_num() : 0);
    CPU_ZERO(&wanted);
    CPU_SET(static_cast<size_t>(settings.cores[thread % settings.cores.size()]), &wanted);
  }
  if (sched_setaffinity(0, sizeof wanted, &wanted) != 0 && settings.pin) ++settings.not_bound;
}

void keep_freed_memory() {
  // Without this, freeing a large tensor gives its pages back and the next run faults them in
  // again: up to twice the time of a memory-bound op. 64 MiB more than asked for at each growth of
  // the heap.
  mallopt(M_MMAP_MAX, 0);
  mallopt(M_TRIM_THRESHOLD, -1);
  mallopt(M_TOP_PAD, 64 << 20);
}

// oneDNN keeps the 1,024 kernels that were used last. A process that visits hundreds of models in turn would compile
// each kernel again at every visit, which a process of one model never does. Read when the first kernel is made.
void keep_compiled_kernels() { setenv("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "32768", 0); }

}  // namespace

void apply_settings(const ExecutionSettings& settings) {
  static std::optional<ExecutionSettings> applied;
  static const cpu_set_t allowed = [] {
    cpu_set_t set;
    CPU_ZERO(&set);
    sched_getaffinity(0, sizeof set, &set);
    return set;
  }();
  if (applied && applied->threads == settings.threads &&
      applied->pin_threads == settings.pin_threads &&
      applied->flush_denormal == settings.flush_denormal &&
      applied->allocator == settings.allocator) {
    return;
  }
  applied.reset();
  keep_compiled_kernels();
  if (settings.allocator == AllocatorMode::resident) keep_freed_memory();
  at::set_num_threads(settings.threads);

  WorkerSettings workers{settings.flush_denormal, settings.pin_threads, allowed, {}};
  for (int core = 0; core < CPU_SETSIZE; ++core) {
    if (CPU_ISSET(core, &allowed)) workers.cores.push_back(core);
  }
  const auto threads = static_cast<size_t>(settings.threads);
  if (settings.pin_threads && workers.cores.size() < threads) {
    throw Error("--threads", "found " + std::to_string(threads) +
                                 " threads to bind to one core each, expected at most " +
                                 std::to_string(workers.cores.size()) +
                                 ", the cores of this process");
  }
  if (settings.threads > 1 && GOMP_parallel) {
    GOMP_parallel(apply_on_this_thread, &workers, static_cast<unsigned>(settings.threads), 0);
  } else {
    apply_on_this_thread(&workers);
  }
  if (workers.workers != settings.threads) {
    throw Error("--threads", "asked for " + std::to_string(settings.threads) +
                                 " worker threads, the OpenMP runtime gave " +
                                 std::to_string(workers.workers));
  }
  if (workers.not_flushed > 0)
    throw Error("flush_denormal", "this CPU cannot flush subnormal numbers");
  if (workers.not_bound > 0)
    throw Error("pin_threads", "the system refused to bind a thread to its core");
  applied = settings;
}

}  // namespace opgauge
