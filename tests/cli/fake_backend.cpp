// SPDX-License-Identifier: Apache-2.0
// A backend for $OPGAUGE_TORCH_BACKEND without LibTorch: the fake device of the tests.
#include "measure/fake_device.hpp"

extern "C" __attribute__((visibility("default"))) opgauge::Device* opgauge_create_device(
    const char* kind, const opgauge::ExecutionSettings*) {
  static opgauge::FakeClock clock;
  opgauge::FakeBehaviour behaviour;
  behaviour.versions = {{"libtorch", "fake"}};
  return new opgauge::FakeDevice(clock, behaviour, kind);
}
