// SPDX-License-Identifier: Apache-2.0
// Stands in for the bundled page where it could not be bundled.
#include "report/page.hpp"

namespace opgauge {
const std::string_view page_program;
const std::string_view page_style;
}  // namespace opgauge
