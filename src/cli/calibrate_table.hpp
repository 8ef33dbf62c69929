// SPDX-License-Identifier: Apache-2.0
// `opgauge calibrate --table gemm.csv --map m=M,n=N,k=K,latency_s=ms*1e-3`: the cost classes, fitted to timings of single
// ops that were measured elsewhere.
#pragma once

#include <string>

#include "cli/command.hpp"
#include "cli/machine_choice.hpp"
#include "measure/device.hpp"

namespace opgauge {

struct CalibrationFromTable {
  std::string file, map;
  size_t train = 400;
  void declare(CLI::App& app);  // not what all ways to calibrate share: machine, threads, seed and output
  // `output`: a file, "-" for standard output alone, or "" for a dated one where calibrations are kept.
  int run(const MachineOptions& machine, const ExecutionSettings& settings, const std::string& output) const;
};

}  // namespace opgauge
