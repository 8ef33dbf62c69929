// SPDX-License-Identifier: Apache-2.0
#include "cli/calendar.hpp"

#include <fmt/chrono.h>

#include <ctime>

namespace opgauge {

std::string utc_timestamp() { return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::time(nullptr))); }

}  // namespace opgauge
