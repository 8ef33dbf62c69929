// SPDX-License-Identifier: Apache-2.0
// Quantities as people write and read them. Files and records hold plain SI numbers; this is for the terminal.
#pragma once

#include <string>
#include <string_view>

namespace opgauge {

// "60s", "2m", "1h", "500ms", "90" (seconds) -> seconds > 0. Throws Error naming `where`.
double parse_duration_s(std::string_view where, std::string_view text);

std::string format_seconds(double seconds);           // "21.4 ms", "3.10 us"
std::string format_bytes(double bytes);               // "1.5 MiB", "48 KiB"
std::string format_count(double count);               // "4.09 G"
std::string format_rate(double per_s, const char* of);  // "105 GFLOP/s"
std::string format_percent(double fraction, int digits = 1);  // "3.2 %"
// Whole minutes and seconds: "2 min 05 s".
std::string format_duration(double seconds);

}  // namespace opgauge
