// SPDX-License-Identifier: Apache-2.0
#include <c10/core/Allocator.h>
#include <c10/util/ThreadLocalDebugInfo.h>
#include <malloc.h>

#include <chrono>
#include <vector>

#include "measure/available_memory.hpp"
#include "measure/torch/hardware.hpp"

namespace opgauge {
namespace {

// LibTorch tells it of every allocation that the calling thread makes through the CPU allocator.
// Not seen: what oneDNN and MKL allocate for themselves, and what kernels allocate on other
// threads.
struct AllocationSum final : c10::MemoryReportingInfoBase {
  int64_t live = 0;
  int64_t highest = 0;
  void reportMemoryUsage(void*, int64_t bytes, size_t, size_t, c10::Device) override {
    live += bytes;
    highest = std::max(highest, live);
  }
  bool memoryProfilingEnabled() const override { return true; }
};

class CpuHardware final : public Hardware {
 public:
  c10::Device device() const override { return c10::Device(c10::kCPU); }
  void mark(size_t mark) override {
    if (mark >= marks_.size()) marks_.resize(mark + 1);
    marks_[mark] = std::chrono::steady_clock::now();
  }
  void wait() override {}
  double elapsed_s(size_t from, size_t to) const override {
    return std::chrono::duration<double>(marks_[to] - marks_[from]).count();
  }
  int64_t peak_bytes(const std::function<void()>& run) override {
    const auto sum = std::make_shared<AllocationSum>();
    {
      c10::DebugInfoGuard guard(c10::DebugInfoKind::PROFILER_STATE, sum);
      run();
    }
    return sum->highest;
  }
  std::optional<int64_t> available_bytes() const override {
    // What the heap keeps for reuse (AllocatorMode::resident) is taken from the system, yet free.
    const auto outside = available_memory_bytes();
    if (!outside) return std::nullopt;
    return *outside + static_cast<int64_t>(mallinfo2().fordblks);
  }

 private:
  std::vector<std::chrono::steady_clock::time_point> marks_;
};

}  // namespace

std::unique_ptr<Hardware> cpu_hardware() { return std::make_unique<CpuHardware>(); }

}  // namespace opgauge
