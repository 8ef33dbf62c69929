// SPDX-License-Identifier: Apache-2.0
// What `opgauge sweep` can be asked for.
#pragma once

#include <CLI/CLI.hpp>
#include <optional>
#include <string>
#include <vector>

#include "cli/command.hpp"
#include "cli/machine_choice.hpp"
#include "measure/protocol.hpp"
#include "sweep/configuration.hpp"

namespace opgauge {

struct SweepOptions {
  std::string sweep;
  bool quick = false, full = false, dry_run = false, estimate_only = false, resume = false,
       energy = false, quiet = false;
  std::vector<std::string> models, devices, precisions, axes;
  std::vector<int> threads;
  std::string batch_sizes, scenario, filter, budget, spread = "30s", folder, shard, estimator = "auto",
                                                                    allocator = "resident";
  double target_pct = 2.5, repeat_pct = 5;
  int min_rounds = 12, max_rounds = 60;
  uint64_t seed = 1;
  std::optional<int> restarts;
  int restart_rows = 64;
  std::vector<size_t> rows;
  MachineOptions machine;
  OutputOptions output;

  void declare(CLI::App& app);
  // Throw Error naming the option.
  Selection selection() const;
  ProtocolSettings protocol() const;
  // Arguments of the program that measure rows of the same plan again, in another folder.
  std::vector<std::string> words_for(const std::vector<size_t>& rows, const std::string& folder,
                                     std::optional<double> budget_s) const;
};


}  // namespace opgauge
