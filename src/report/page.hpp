// SPDX-License-Identifier: Apache-2.0
// What web/ was bundled into; both are empty where node or web/node_modules were missing when the
// program was built.
#pragma once

#include <string_view>

namespace opgauge {

extern const std::string_view page_program;  // JavaScript
extern const std::string_view page_style;    // CSS

}  // namespace opgauge
