// SPDX-License-Identifier: Apache-2.0
// NVIDIA GPUs through NVML, opened with dlopen: nothing links to it. The energy counter (Volta and
// later) is used where there is one, else the power reading is integrated. On A100 and H100 the
// driver samples power in a quarter of the time only (Yang et al., arXiv 2312.02741): loops must be
// long and repeated, single short windows read 0.
#include <dlfcn.h>
#include <fmt/format.h>

#include <charconv>
#include <cstdlib>

#include "base/error.hpp"
#include "measure/meters/integrated.hpp"
#include "measure/meters/power_meter.hpp"

namespace opgauge {
namespace {

// The part of NVML's C interface that is used; its ABI is stable.
using Device = void*;
struct Nvml {
  int (*init)() = nullptr;
  int (*shutdown)() = nullptr;
  int (*device_by_index)(unsigned, Device*) = nullptr;
  int (*device_by_uuid)(const char*, Device*) = nullptr;
  int (*device_name)(Device, char*, unsigned) = nullptr;
  int (*total_energy_mj)(Device, unsigned long long*) = nullptr;  // may be missing in old libraries
  int (*power_mw)(Device, unsigned*) = nullptr;
  const char* (*error_text)(int) = nullptr;
};

class Library {
 public:
  explicit Library(const std::string& name)
      : handle_(::dlopen(name.c_str(), RTLD_NOW | RTLD_LOCAL)) {
    if (!handle_) {
      const char* const why = ::dlerror();
      throw Error("nvml",
                  fmt::format("{} cannot be loaded: {}", name, why ? why : "unknown reason"));
    }
    load("nvmlInit_v2", nvml_.init);
    load("nvmlShutdown", nvml_.shutdown);
    load("nvmlDeviceGetHandleByIndex_v2", nvml_.device_by_index);
    load("nvmlDeviceGetHandleByUUID", nvml_.device_by_uuid, true);
    load("nvmlDeviceGetName", nvml_.device_name);
    load("nvmlDeviceGetPowerUsage", nvml_.power_mw);
    load("nvmlErrorString", nvml_.error_text);
    load("nvmlDeviceGetTotalEnergyConsumption", nvml_.total_energy_mj, true);
    check(nvml_.init(), "nvmlInit");
    initialised_ = true;
  }
  ~Library() {
    if (initialised_) nvml_.shutdown();
  }
  Library(const Library&) = delete;
  Library& operator=(const Library&) = delete;

  const Nvml& operator*() const { return nvml_; }
  const Nvml* operator->() const { return &nvml_; }
  void check(int status, const char* call) const {
    if (status != 0)
      throw Error("nvml", fmt::format("{} failed: {}", call, nvml_.error_text(status)));
  }

 private:
  template <class F>
  void load(const char* symbol, F& function, bool optional = false) {
    function = reinterpret_cast<F>(::dlsym(handle_.get(), symbol));
    if (!function && !optional) throw Error("nvml", fmt::format("the library has no {}", symbol));
  }
  struct Close {
    void operator()(void* handle) const { ::dlclose(handle); }
  };
  std::unique_ptr<void, Close> handle_;
  Nvml nvml_;
  bool initialised_ = false;
};

std::string visible_gpu(const MeterSources& sources) {
  if (!sources.gpu.empty()) return sources.gpu;
  const char* const visible = std::getenv("CUDA_VISIBLE_DEVICES");
  const std::string text = visible ? visible : "";
  const std::string first = text.substr(0, text.find(','));
  return first.empty() ? "0" : first;
}

Device open_gpu(const Library& library, const std::string& gpu) {
  Device device = nullptr;
  unsigned index = 0;
  const auto [end, failed] = std::from_chars(gpu.data(), gpu.data() + gpu.size(), index);
  if (failed == std::errc() && end == gpu.data() + gpu.size()) {
    library.check(library->device_by_index(index, &device), "nvmlDeviceGetHandleByIndex");
  } else if (library->device_by_uuid) {
    library.check(library->device_by_uuid(gpu.c_str(), &device), "nvmlDeviceGetHandleByUUID");
  } else {
    throw Error("nvml", fmt::format("the library has no nvmlDeviceGetHandleByUUID to find {}", gpu));
  }
  return device;
}

std::string name_of_gpu(const Library& library, Device device) {
  char text[96] = {};
  library.check(library->device_name(device, text, sizeof text), "nvmlDeviceGetName");
  return text;
}

class NvmlEnergyMeter final : public PowerMeter {
 public:
  NvmlEnergyMeter(std::shared_ptr<Library> library, Device device, std::string name)
      : library_(std::move(library)), device_(device), name_(std::move(name)) {
    start_mj_ = last_mj_ = read_mj();
  }
  std::string name() const override { return name_; }
  double read_j() override {
    const unsigned long long now_mj = read_mj();
    if (now_mj < last_mj_)
      throw Error(name_, "the meter vanished: its counter went back, the driver was reloaded");
    last_mj_ = now_mj;
    return static_cast<double>(now_mj - start_mj_) * 1e-3;
  }
  double update_period_s() const override { return 0.1; }

 private:
  unsigned long long read_mj() {
    unsigned long long value = 0;
    library_->check((*library_)->total_energy_mj(device_, &value),
                    "the meter vanished: nvmlDeviceGetTotalEnergyConsumption");
    return value;
  }
  std::shared_ptr<Library> library_;
  Device device_;
  std::string name_;
  unsigned long long start_mj_ = 0, last_mj_ = 0;
};

}  // namespace

std::string nvml_device_name(const MeterSources& sources) {
  const Library library(sources.nvml_library);
  return name_of_gpu(library, open_gpu(library, visible_gpu(sources)));
}

std::unique_ptr<PowerMeter> open_nvml(const MeterSources& sources) {
  const auto library = std::make_shared<Library>(sources.nvml_library);
  const Nvml& nvml = **library;
  const std::string gpu = visible_gpu(sources);
  const Device device = open_gpu(*library, gpu);
  const std::string name = fmt::format("nvml: {} ({})", name_of_gpu(*library, device), gpu);
  unsigned long long energy_mj = 0;
  if (nvml.total_energy_mj && nvml.total_energy_mj(device, &energy_mj) == 0) {
    return std::make_unique<NvmlEnergyMeter>(library, device, name);
  }
  unsigned power_mw = 0;
  library->check(nvml.power_mw(device, &power_mw), "nvmlDeviceGetPowerUsage");
  return std::make_unique<IntegratedMeter>(name + ", integrated power", 0.02, [library, device] {
    unsigned value = 0;
    library->check((*library)->power_mw(device, &value),
                   "the meter vanished: nvmlDeviceGetPowerUsage");
    return static_cast<double>(value) * 1e-3;
  });
}

}  // namespace opgauge
