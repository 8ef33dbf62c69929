// SPDX-License-Identifier: Apache-2.0
// The machine records and calibrations that the devices of one sweep are estimated with.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "cli/machine_choice.hpp"
#include "sweep/prospect.hpp"

namespace opgauge {

// `--machine` names the CPU's record, or the accelerator's where a sweep runs there alone. An
// accelerator without a record is measured and not estimated; its rows then carry the CPU's.
class SweepMachines {
 public:
  SweepMachines(const MachineOptions& options, const std::vector<std::string>& devices);
  const Machine& first() const { return cpu_ ? *cpu_ : *accelerator_; }
  EstimateBasis basis(const std::string& estimator) const;
  // Reads each calibration once; null if there is none.
  const Calibration* calibration_for(const Machine& machine, const CalibrationUse& use) const;

 private:
  MachineOptions options_;
  std::optional<Machine> cpu_, accelerator_;
  mutable std::map<std::tuple<std::string, int, std::string>, std::optional<StoredCalibration>>
      calibrations_;
};

}  // namespace opgauge
