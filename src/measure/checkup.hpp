// SPDX-License-Identifier: Apache-2.0
// What would spoil a measurement on this machine, and the command that mends it. `observe` looks
// for about a second, `examine` is a pure judgement over what was seen: a table of checks, one row
// each, so that a check is added as a row.
//
//   advice   turbo      on: the clock follows heat and neighbours
//              fix: echo 1 | sudo tee /sys/devices/system/cpu/intel_pstate/no_turbo
#pragma once

#include <array>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "machine/machine.hpp"
#include "measure/clock.hpp"
#include "measure/conditions.hpp"
#include "measure/processes.hpp"

namespace opgauge {

enum class Health { good, advice, bad, unknown };
template <>
inline constexpr auto enum_names<Health> =
    std::to_array<EnumName<Health>>({{Health::good, "ok"},
                                     {Health::advice, "advice"},
                                     {Health::bad, "bad"},
                                     {Health::unknown, "unknown"}});

struct Finding {
  std::string subject;  // filled by `examine`
  Health health = Health::good;
  std::string found;  // what is, and what it does to measurements
  std::string fix;    // a command, or "" if there is none
  static constexpr auto fields() {
    return std::make_tuple(
        field("subject", &Finding::subject, "", "what was looked at"),
        field("health", &Finding::health, "", "ok, advice, bad or unknown"),
        field("found", &Finding::found, "", "what is, and what it does to measurements"),
        field("fix", &Finding::fix, "", "command that mends it, \"\" if there is none"));
  }
};

// What can be told apart: the same work measured as if it were two things, in turns.
struct Resolution {
  double quiet = 0;    // 95 % of the differences of least times are smaller, as a fraction
  double typical = 0;  // the same of medians
};
// Times of equal work in the order in which they were taken; nullopt for fewer than four pairs of
// blocks.
std::optional<Resolution> resolution_of(std::span<const double> times_s);

struct HostState {
  Conditions conditions;
  Disturbance second;                // of the second that was watched
  std::vector<BusyProcess> busy;     // in that second
  std::optional<double> contention;  // speed probe: median over best; null: not probed
  std::optional<double> worst;       // 95 % quantile over best
  std::optional<Resolution> resolution;
  std::vector<int> online_cpus;      // of the machine, whoever may use them; empty: not readable
  std::optional<Machine> machine;
  std::string machine_reason;  // why there is none
  std::string meter;           // name, "" if there is none
  std::string meter_reason;
  std::string libtorch;  // version, "" if there is none
  std::string libtorch_reason;
};

// Watches for about `seconds`. `backend` true: opens the torch backend for its version.
HostState observe(const SystemFiles& system, Clock& clock, double seconds, bool backend);

std::vector<Finding> examine(const HostState& seen);

}  // namespace opgauge
