// SPDX-License-Identifier: Apache-2.0
// Results of several runs of one sweep as one. The order of the inputs does not matter, and merging
// a merged result again with its parts changes nothing.
//
//   partition   shards of one sweep on machines of one hardware class; a configuration belongs to
//   the sweep once replicate   the whole sweep on several machines; a configuration belongs to each
//   machine once
#pragma once

#include <string>
#include <vector>

#include "sweep/result_file.hpp"

namespace opgauge {

enum class MergeMode { partition, replicate };
template <>
inline constexpr auto enum_names<MergeMode> = std::to_array<EnumName<MergeMode>>(
    {{MergeMode::partition, "partition"}, {MergeMode::replicate, "replicate"}});

struct MergeReport {
  size_t rows = 0;
  size_t identical = 0;               // rows that several inputs have, byte by byte the same
  std::vector<std::string> overlaps;  // measured more than once: which was kept, and the ratio
  std::vector<std::string>
      disagreements;  // of those, where neither interval contains the other value
};

// All of one sweep and device. Throws Error: another sweep, device or axes, or in `partition`
// machines of different hardware classes. Of a row that was measured twice the better verdict, then
// more rounds, then the smaller key of machine and time is kept.
SweepResult merge_results(const std::vector<SweepResult>& results, MergeMode mode,
                          MergeReport& report);

}  // namespace opgauge
