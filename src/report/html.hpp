// SPDX-License-Identifier: Apache-2.0
// Findings as one self-contained page: roofline plot, errors, tables; light and dark. The page's
// program (Vega-Lite and web/report.js) is built into the binary from web/; where it was not there
// at build time, rendering is an Error that says how to get it.
#pragma once

#include <string>

#include "report/findings.hpp"

namespace opgauge {

std::string findings_html(const Findings& findings);

}  // namespace opgauge
