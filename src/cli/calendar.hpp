// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace opgauge {

std::string utc_timestamp();  // "2026-01-31T12:00:00Z"

}  // namespace opgauge
