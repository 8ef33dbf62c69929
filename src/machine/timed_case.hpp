// SPDX-License-Identifier: Apache-2.0
// One call that a machine has timed: what it was, between what kind of neighbours it ran, how long
// it took. The case database is a list of these (machine/case_database.hpp).
#pragma once

#include <string>

#include "base/fields.hpp"

namespace opgauge {

struct TimedCase {
  std::string text;     // graph/case.hpp
  std::string context;  // estimate/case_key.hpp: how far its operands and its code had to come
  double quiet_s = 0;   // least over visits, as of the number of visits that calibrations take
  double log_sd = 0;    // error of log(quiet_s), shared with the cases measured in the same session
  int visits = 0;       // timed calls
  std::string measured_at;                         // UTC, ISO 8601
  double probe_compute_s = 0, probe_memory_s = 0;  // quiet time of the speed probes meanwhile
  static constexpr auto fields() {
    using T = TimedCase;
    return std::make_tuple(
        field("text", &T::text, "", "case text"),
        field("context", &T::context, "", "how far operands and code had to come"),
        field("quiet_s", &T::quiet_s, "s", "least over visits"),
        field("log_sd", &T::log_sd, "", "error of its logarithm"),
        field("visits", &T::visits, "", "timed calls"),
        field("measured_at", &T::measured_at, "", "UTC, ISO 8601"),
        field("probe_compute_s", &T::probe_compute_s, "s", "quiet time of the compute probe"),
        field("probe_memory_s", &T::probe_memory_s, "s", "quiet time of the memory probe"));
  }
};

}  // namespace opgauge
