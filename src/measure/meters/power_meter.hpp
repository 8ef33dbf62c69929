// SPDX-License-Identifier: Apache-2.0
// The border to energy counters: a meter says how many joules were used since it was opened.
//
//   PowerMeterSearch found = find_power_meter("cpu");
//   if (!found.meter) …                     // found.reasons: one line for each kind of meter that
//   was looked for const double before_j = found.meter->read_j();
//
// Each kind is one row of a table in find.cpp: RAPL (package counters of x86), hwmon (INA sensors
// of boards, socket counters of drivers), NVML (NVIDIA GPUs).
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "machine/system_files.hpp"

namespace opgauge {

class PowerMeter {
 public:
  virtual ~PowerMeter() = default;
  // Kind and what is in the sum: "rapl: package-0 + dram".
  virtual std::string name() const = 0;
  // Joules since the meter was opened; never falls. Throws Error if the counter has vanished or can
  // no longer be read.
  virtual double read_j() = 0;
  // How old a reading can be: shorter windows are not resolved.
  virtual double update_period_s() const = 0;
};

struct MeterSources {
  SystemFiles system;
  std::string nvml_library = "libnvidia-ml.so.1";
  // NVML's index or the UUID of a GPU; "": the first of $CUDA_VISIBLE_DEVICES, else 0. NVML counts
  // in the order of the bus, CUDA too if CUDA_DEVICE_ORDER=PCI_BUS_ID or all cards are alike.
  std::string gpu;
};

struct PowerMeterSearch {
  std::unique_ptr<PowerMeter> meter;  // null if there is none
  std::vector<std::string>
      reasons;  // why not, a line for each kind: "rapl: sys/class/powercap is absent …"
  std::string reason() const;  // the lines joined, for a row
};

// `device` is "cpu" or "cuda". Never throws for a meter that is absent or unreadable.
PowerMeterSearch find_power_meter(const std::string& device, const MeterSources& sources = {});

// "NVIDIA H100 80GB HBM3". Throws Error if NVML is not there.
std::string nvml_device_name(const MeterSources& sources = {});

// The kinds, each gives a meter or throws Error with the reason.
std::unique_ptr<PowerMeter> open_rapl(const MeterSources& sources);
std::unique_ptr<PowerMeter> open_hwmon(const MeterSources& sources);
std::unique_ptr<PowerMeter> open_nvml(const MeterSources& sources);

}  // namespace opgauge
