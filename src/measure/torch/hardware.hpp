// SPDX-License-Identifier: Apache-2.0
// What differs between a CPU and an accelerator when a graph is executed and timed; the rest is one
// code path.
#pragma once

#include <c10/core/Device.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

namespace opgauge {

class Hardware {
 public:
  virtual ~Hardware() = default;
  virtual c10::Device device() const = 0;
  // Notes the time at which everything issued so far is done, as number `mark`; marks may be used
  // again.
  virtual void mark(size_t mark) = 0;
  // Waits until every mark has been reached.
  virtual void wait() = 0;
  // Seconds from one mark to another; after wait().
  virtual double elapsed_s(size_t from, size_t to) const = 0;
  // Highest sum of bytes allocated through LibTorch's allocator while `run` runs, beyond what was
  // allocated before.
  virtual int64_t peak_bytes(const std::function<void()>& run) = 0;
  // Of the accelerator; nullopt for the CPU.
  virtual std::optional<int64_t> memory_bytes() const { return std::nullopt; }
  // Bytes that can still be allocated; nullopt if that is not known.
  virtual std::optional<int64_t> available_bytes() const = 0;
};

std::unique_ptr<Hardware> cpu_hardware();
// The accelerator that this LibTorch was built for; Error if it has none or the machine has none.
std::unique_ptr<Hardware> accelerator_hardware();

}  // namespace opgauge
