// SPDX-License-Identifier: Apache-2.0
// CUDA and what else LibTorch calls an accelerator, by its device-independent interfaces: this
// compiles with any build.
#include <ATen/DeviceAccelerator.h>
#include <ATen/ops/empty.h>
#include <c10/core/Event.h>
#include <c10/core/Stream.h>

#include <deque>

#include "base/error.hpp"
#include "measure/torch/hardware.hpp"

namespace opgauge {
namespace {

class AcceleratorHardware final : public Hardware {
 public:
  explicit AcceleratorHardware(c10::DeviceType type)
      : device_(type, at::accelerator::getDeviceIndex()),
        stream_(at::accelerator::getCurrentStream(device_.index())) {
    // Its allocator has no statistics, and refuses the question, before something was allocated.
    at::empty({1}, at::TensorOptions().device(device_));
  }

  c10::Device device() const override { return device_; }
  void mark(size_t mark) override {
    // The default flag would make events without a time.
    while (mark >= events_.size())
      events_.emplace_back(device_.type(), c10::EventFlag::BACKEND_DEFAULT);
    events_[mark].record(stream_);
  }
  void wait() override { at::accelerator::synchronizeDevice(device_.index()); }
  double elapsed_s(size_t from, size_t to) const override {
    return events_[from].elapsedTime(events_[to]) * 1e-3;
  }
  int64_t peak_bytes(const std::function<void()>& run) override {
    wait();
    at::accelerator::resetPeakStats(device_.index());
    const auto before = at::accelerator::getDeviceStats(device_.index()).allocated_bytes[0].current;
    run();
    wait();
    return at::accelerator::getDeviceStats(device_.index()).allocated_bytes[0].peak - before;
  }
  std::optional<int64_t> memory_bytes() const override {
    return static_cast<int64_t>(at::accelerator::getMemoryInfo(device_.index()).second);
  }
  std::optional<int64_t> available_bytes() const override {
    const auto [free, total] = at::accelerator::getMemoryInfo(device_.index());
    (void)total;
    const auto stats = at::accelerator::getDeviceStats(device_.index());
    return static_cast<int64_t>(free) + stats.reserved_bytes[0].current -
           stats.allocated_bytes[0].current;
  }

 private:
  c10::Device device_;
  c10::Stream stream_;
  std::deque<c10::Event> events_;
};

}  // namespace

std::unique_ptr<Hardware> accelerator_hardware() {
  const auto type = at::accelerator::getAccelerator(false);
  if (!type) throw Error("cuda", "no accelerator found: this LibTorch is a build for CPUs");
  if (at::accelerator::deviceCount() == 0) {
    throw Error(
        "cuda",
        "no accelerator found: LibTorch supports one, the machine or its driver shows none");
  }
  if (*type != c10::DeviceType::CUDA) {
    throw Error("cuda",
                "found the accelerator " + c10::DeviceTypeName(*type, true) + ", expected cuda");
  }
  return std::make_unique<AcceleratorHardware>(*type);
}

}  // namespace opgauge
