// SPDX-License-Identifier: Apache-2.0
// Findings as a Markdown report: summary, bottleneck analysis, recommended updates, memory scenario
// transitions, insights.
#pragma once

#include <string>
#include <vector>

#include "report/findings.hpp"

namespace opgauge {

std::string findings_markdown(const Findings& findings);

// "1-4, 7, 9-12"; a list of more than `most` ranges ends in "… (n rows)".
std::string row_ranges(std::vector<int> rows, size_t most = 12);

}  // namespace opgauge
