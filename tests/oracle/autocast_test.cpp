// SPDX-License-Identifier: Apache-2.0
// The importer's autocast lists against the ops for which LibTorch registers an autocast kernel.
#include "import/autocast.hpp"

#include <ATen/core/dispatch/Dispatcher.h>
#include <gtest/gtest.h>

namespace opgauge {
namespace {

void compare(DeviceKind device, c10::DispatchKey key) {
  for (const c10::OperatorName& name : c10::Dispatcher::singleton().getAllOpNames()) {
    if (name.getNamespace() != "aten") continue;
    const auto op = c10::Dispatcher::singleton().findOp(name);
    if (!op) continue;
    const std::string target =
        name.name + (name.overload_name.empty() ? "" : "." + name.overload_name);
    const bool registered = op->hasKernelForDispatchKey(key);
    EXPECT_EQ(find_cast_policy(device, target) != nullptr, registered)
        << target << " on " << name_of(device);
  }
}

TEST(Autocast, ListsHoldTheOpsThatLibTorchRegisters) {
  compare(DeviceKind::cpu, c10::DispatchKey::AutocastCPU);
  compare(DeviceKind::cuda, c10::DispatchKey::AutocastCUDA);
}

}  // namespace
}  // namespace opgauge
