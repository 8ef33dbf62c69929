// SPDX-License-Identifier: Apache-2.0
// The visits of a calibration as they happen, so that one that was killed goes on where it was: nothing is measured twice,
// and what was spent counts against the budget.
//
//   {"calibration": {"seed": "1", "threads": "1", ...}}          what is measured; must be the same when it goes on
//   {"network": "calibration_17", "visit": {...}}
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "base/journal.hpp"
#include "calibrate/design.hpp"
#include "measure/protocol.hpp"

namespace opgauge {

class VisitJournal {
 public:
  // Makes the file, or reads what it holds of `networks`. Throws Error: it is damaged, another process writes to it, or it
  // is of another calibration (the first field that differs is named).
  VisitJournal(const std::filesystem::path& path, const std::map<std::string, std::string>& calibration,
               std::span<const DesignedNetwork> networks);

  const std::vector<std::vector<Visit>>& earlier() const { return earlier_; }  // per network, as found when opened
  double spent_s() const { return spent_s_; }                                  // by those visits
  void add(size_t network, const Visit& visit);

 private:
  Journal journal_;
  std::vector<std::string> names_;
  std::vector<std::vector<Visit>> earlier_;
  double spent_s_ = 0;
};

}  // namespace opgauge
