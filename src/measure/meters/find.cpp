// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <array>

#include "base/error.hpp"
#include "machine/virtualization.hpp"
#include "measure/meters/power_meter.hpp"

namespace opgauge {
namespace {

struct MeterKind {
  std::string_view name;
  std::string_view device;
  std::unique_ptr<PowerMeter> (*open)(const MeterSources&);
};

// In the order of preference for a device.
constexpr auto meter_kinds = std::to_array<MeterKind>({
    {"rapl", "cpu", open_rapl},
    {"hwmon", "cpu", open_hwmon},
    {"nvml", "cuda", open_nvml},
});

}  // namespace

std::string PowerMeterSearch::reason() const { return fmt::format("{}", fmt::join(reasons, "; ")); }

PowerMeterSearch find_power_meter(const std::string& device, const MeterSources& sources) {
  PowerMeterSearch search;
  for (const MeterKind& kind : meter_kinds) {
    if (kind.device != device) continue;
    try {
      search.meter = kind.open(sources);
      search.meter->read_j();  // a counter that opens but does not read is none
      return search;
    } catch (const Error& error) {
      search.meter.reset();
      search.reasons.push_back(fmt::format("{}: {}", kind.name, error.message()));
    }
  }
  if (search.reasons.empty())
    search.reasons.push_back(fmt::format("no kind of meter is known for device \"{}\"", device));
  if (const std::string host = virtualization(sources.system); device == "cpu" && host != "none") {
    search.reasons.push_back(
        fmt::format("this is a guest ({}): hypervisors do not pass energy counters on", host));
  }
  return search;
}

}  // namespace opgauge
