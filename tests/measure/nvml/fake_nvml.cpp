// SPDX-License-Identifier: Apache-2.0
// A library with NVML's C interface whose answers come from the environment, so that a test can
// change them while a meter is open: FAKE_NVML_ENERGY_MJ, FAKE_NVML_POWER_MW, FAKE_NVML_FAIL (the
// call that fails).
#include <cstdlib>
#include <cstring>

namespace {

const char* setting(const char* name) {
  const char* const value = std::getenv(name);
  return value ? value : "";
}
bool fails(const char* call) { return std::strcmp(setting("FAKE_NVML_FAIL"), call) == 0; }
int devices[2];

}  // namespace

extern "C" {
int nvmlInit_v2() { return fails("init") ? 9 : 0; }
int nvmlShutdown() { return 0; }
const char* nvmlErrorString(int status) {
  return status == 9 ? "Driver Not Loaded" : status == 3 ? "Not Supported" : "GPU is lost";
}
int nvmlDeviceGetHandleByIndex_v2(unsigned index, void** device) {
  if (index > 1) return 2;
  *device = &devices[index];
  return 0;
}
int nvmlDeviceGetHandleByUUID(const char* uuid, void** device) {
  *device = &devices[1];
  return std::strcmp(uuid, "GPU-other") == 0 ? 0 : 2;
}
int nvmlDeviceGetName(void* device, char* name, unsigned size) {
  std::strncpy(name, device == &devices[0] ? "Fake GPU" : "Other GPU", size);
  return 0;
}
int nvmlDeviceGetTotalEnergyConsumption(void*, unsigned long long* energy_mj) {
  if (fails("lost")) return 15;
  if (std::strlen(setting("FAKE_NVML_ENERGY_MJ")) == 0) return 3;
  *energy_mj = std::strtoull(setting("FAKE_NVML_ENERGY_MJ"), nullptr, 10);
  return 0;
}
int nvmlDeviceGetPowerUsage(void*, unsigned* power_mw) {
  if (fails("lost")) return 15;
  *power_mw = static_cast<unsigned>(std::atoi(setting("FAKE_NVML_POWER_MW")));
  return 0;
}
}
