// SPDX-License-Identifier: Apache-2.0
// Describes an accelerator as a machine of its own: what estimates need of it (arithmetic, memory
// levels, joules), measured by LibTorch's own calls on it, beside the facts of the host.
//
//   compute    [8192,8192] x [8192,8192] in each floating-point dtype: the best of some runs
//   memory     aten::clone over working sets from 1 MiB in half octaves; a byte read and a byte
//              written count as two; the time of a copy of 4 KiB, which is launching alone, is taken
//              off. The best over the largest sets is DRAM's rate; the sets that beat it by a quarter
//              lie in a cache ("L2"), whose capacity is the largest of them
//
// Limits: a cache that is copied in less time than a launch takes is not seen; TF32, sparsity and
// 8-bit units are not measured.
#pragma once

#include <functional>
#include <string>

#include "machine/machine.hpp"
#include "machine/system_files.hpp"
#include "measure/clock.hpp"
#include "measure/device.hpp"
#include "measure/meters/power_meter.hpp"

namespace opgauge {

struct AcceleratorOptions {
  std::string name;  // "" makes one of the accelerator's
  int visits = 10;   // of each size; the best counts
  int64_t product_size = 8192;
  double largest_working_set_bytes = 4e9;  // less where less memory is free
  std::function<void(const std::string&)> progress = [](const std::string&) {};  // one line each
};

// Some seconds. Error if the device is not an accelerator (Device::accelerator() is empty).
Machine detect_accelerator(Device& device, const SystemFiles& system,
                           const AcceleratorOptions& options);

// Replaces the assumed joules by measured ones where there is a meter, else notes the reason.
void measure_accelerator_energy(Device& device, PowerMeterSearch& search, Clock& clock,
                                Machine& machine, const AcceleratorOptions& options);

}  // namespace opgauge
