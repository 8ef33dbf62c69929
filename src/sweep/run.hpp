// SPDX-License-Identifier: Apache-2.0
// Measures a planned sweep into a run folder, and writes its results from there.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "machine/system_files.hpp"
#include "measure/device.hpp"
#include "measure/meters/power_meter.hpp"
#include "sweep/prospect.hpp"
#include "sweep/record.hpp"
#include "sweep/result_file.hpp"
#include "sweep/run_folder.hpp"

namespace opgauge {

// What happens while it measures, for whoever shows it.
struct SweepProgress {
  size_t row = 0;  // being visited
  int round = 0;
  size_t rows = 0;
  size_t closed = 0;
  double elapsed_s = 0;
  double left_s = 0;  // predicted
};

struct SweepRun {
  const Sweep& sweep;
  const Plan& plan;
  std::string machine;  // name of its record
  ProtocolSettings protocol;
  ExecutionSettings execution;  // `threads` is each configuration's own

  // The border: real or fake.
  Clock& clock;
  std::function<std::unique_ptr<Device>(const std::string& kind, const ExecutionSettings&)>
      open_device;
  std::function<MachineSpeed()> probe = {};
  SystemFiles system = SystemFiles();
  bool energy = false;  // loops of a second around each row, where there is a meter
  MeterSources meters = {};
  std::function<bool()> interrupted = {};
  std::function<void(const SweepProgress&)> progress = {};
};

// Runs all rows that are open, device by device and thread count by thread count. Everything is in
// the journal of `folder` when it returns, and up to the visit in flight when it does not. Throws
// Error if the journal cannot be kept.
End run_sweep(const SweepRun& run, RunFolder& folder);

// What stands beside a run's journal when its rows are made.
struct RunContext {
  std::vector<RunContents> restarts = {};  // runs of fresh processes over some of the rows
  std::string why_no_restart = "no process was started again";
  std::optional<ProbeReference> reference = {};  // the run's own quiet readings if there is none
  ProtocolSettings protocol = {};                // for its two half-widths
};

// The rows as the journal has them now.
std::vector<SweepRow> rows_of(const Plan& plan, const RunContents& contents,
                              const RunContext& context = {});

// Seconds that measuring the plan will take, from the estimates: rounds x (warm-up + pairs of
// runs).
double predicted_s(const Plan& plan, const ProtocolSettings& protocol);

// One result a device, as the journal has it now.
std::vector<SweepResult> results_of(const Sweep& sweep, const Plan& plan,
                                    const RunContents& contents, const EstimateBasis& basis,
                                    const ProtocolSettings& protocol,
                                    const RunContext& context = {});

}  // namespace opgauge
