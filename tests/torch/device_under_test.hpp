// SPDX-License-Identifier: Apache-2.0
// The device that the tests of this folder run on: the CPU, or $OPGAUGE_TEST_DEVICE ("cuda").
#pragma once

#include <cstdlib>
#include <memory>
#include <string>

#include "measure/device.hpp"

namespace opgauge {

inline std::string kind_under_test() {
  const char* const kind = std::getenv("OPGAUGE_TEST_DEVICE");
  return kind && *kind ? kind : "cpu";
}

// Why a planned peak of live bytes is not asked of another device.
inline constexpr const char* other_allocator_reason =
    "the memory plan states LibTorch's CPU allocator, a device's own rounds and pools";

inline Device& device_under_test() {
  static const std::unique_ptr<Device> device = open_device(kind_under_test(), ExecutionSettings());
  return *device;
}

// Relative difference allowed between a device and PyTorch's CPU kernels: convolutions of CUDA
// multiply fp32 in TF32, of ten mantissa bits, unless a program forbids it.
inline double fp32_tolerance() { return kind_under_test() == "cpu" ? 1e-4 : 5e-3; }

}  // namespace opgauge
