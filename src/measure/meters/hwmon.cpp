// SPDX-License-Identifier: Apache-2.0
// Sensors of the kernel's hwmon tree (Documentation/hwmon/sysfs-interface.rst):
//   sys/class/hwmon/hwmon3/{name,energy1_label,energy1_input}               microjoules, cumulative
//   sys/class/hwmon/hwmon2/{name,power1_label,power1_input}                 microwatts
//   sys/class/hwmon/hwmon1/{name,in1_label,in1_input,curr1_input}           millivolts and
//   milliamperes (INA3221)
// Only drivers that are known to see the whole board or socket count; a sensor of a disk or of one
// rail among others would be a wrong number with the right unit.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/error.hpp"
#include "measure/meters/integrated.hpp"
#include "measure/meters/power_meter.hpp"

namespace opgauge {
namespace {

namespace fs = std::filesystem;
constexpr const char* tree = "sys/class/hwmon";

struct Driver {
  std::string_view name;  // of the hwmon device
  std::string_view
      channel;  // label of a channel that counts, a prefix; "" is any, if it is the only channel
};
constexpr auto drivers = std::to_array<Driver>({
    {"amd_energy", "Esocket"},
    {"ina3221", "VDD_IN"},     // Jetson Orin, Xavier: total input of the module
    {"ina3221", "POM_5V_IN"},  // Jetson Nano
    {"ina3221", "VIN_SYS_5V0"},
    {"ina219", ""},
    {"ina226", ""},
    {"ina230", ""},
    {"ina231", ""},
    {"ina238", ""},
    {"ina2xx", ""},
    {"power_meter", ""},  // ACPI 4.0: the whole system
    {"scmi_sensors", "PWR_SYS"},
});

enum class Quantity { energy_uj, power_uw, volt_times_ampere };
struct Prefix {
  std::string_view file;
  Quantity quantity;
};
constexpr auto prefixes = std::to_array<Prefix>({{"energy", Quantity::energy_uj},
                                                 {"power", Quantity::power_uw},
                                                 {"curr", Quantity::volt_times_ampere}});

struct Channel {
  std::string driver, label;
  Quantity quantity;
  fs::path file;     // of the quantity; of the current where power is a product
  fs::path voltage;  // then
};

// Channels of one device, of the best quantity that it offers.
std::vector<Channel> channels_of(const SystemFiles& system, const fs::path& device,
                                 const std::string& driver) {
  std::vector<Channel> channels;
  for (const Prefix& prefix : prefixes) {
    for (const std::string& file : system.list(device)) {
      std::string stem = file;
      for (const char* suffix : {"_input", "_average"}) {
        if (stem.ends_with(suffix)) stem.resize(stem.size() - std::string_view(suffix).size());
      }
      if (stem == file || !stem.starts_with(prefix.file)) continue;
      if (file.ends_with("_average") && system.text(device / (stem + "_input"))) continue;
      const std::string number = stem.substr(prefix.file.size());
      Channel channel{driver,
                      system.text(device / (stem + "_label")).value_or(""),
                      prefix.quantity,
                      device / file,
                      {}};
      if (prefix.quantity == Quantity::volt_times_ampere) {
        channel.voltage = device / ("in" + number + "_input");
        if (!system.text(channel.voltage)) continue;
        if (channel.label.empty())
          channel.label = system.text(device / ("in" + number + "_label")).value_or("");
      }
      channels.push_back(channel);
    }
    if (!channels.empty()) return channels;
  }
  return channels;
}

double read_or_throw(const SystemFiles& system, const fs::path& file) {
  const auto value = system.number(file);
  if (!value)
    throw Error("hwmon",
                fmt::format("the meter vanished: /{} can no longer be read", file.string()));
  return *value;
}

double read_power_w(const SystemFiles& system, const Channel& channel) {
  if (channel.quantity == Quantity::power_uw) return read_or_throw(system, channel.file) * 1e-6;
  return read_or_throw(system, channel.file) * read_or_throw(system, channel.voltage) * 1e-6;
}

// Cumulative counters of the driver, which extends them to 64 bits itself.
class HwmonEnergyMeter final : public PowerMeter {
 public:
  HwmonEnergyMeter(SystemFiles system, std::string name, std::vector<Channel> channels)
      : system_(std::move(system)), name_(std::move(name)), channels_(std::move(channels)) {
    start_uj_ = total_uj();
  }
  std::string name() const override { return name_; }
  double read_j() override { return (total_uj() - start_uj_) * 1e-6; }
  double update_period_s() const override { return 1e-2; }

 private:
  double total_uj() const {
    double total = 0;
    for (const Channel& channel : channels_) total += read_or_throw(system_, channel.file);
    return total;
  }
  SystemFiles system_;
  std::string name_;
  std::vector<Channel> channels_;
  double start_uj_ = 0;
};

}  // namespace

std::unique_ptr<PowerMeter> open_hwmon(const MeterSources& sources) {
  const SystemFiles& system = sources.system;
  std::vector<Channel> chosen;
  std::vector<std::string> seen;
  for (const std::string& folder : system.list(tree)) {
    const fs::path device = fs::path(tree) / folder;
    const std::string name = system.text(device / "name").value_or("");
    const std::vector<Channel> channels = channels_of(system, device, name);
    seen.push_back(name.empty() ? folder : name);
    if (!chosen.empty()) continue;
    for (const Driver& driver : drivers) {
      if (driver.name != name) continue;
      for (const Channel& channel : channels) {
        if (driver.channel.empty() ? channels.size() == 1
                                   : channel.label.starts_with(driver.channel))
          chosen.push_back(channel);
      }
      if (!chosen.empty()) break;
    }
  }
  if (chosen.empty()) {
    throw Error("hwmon", seen.empty()
                             ? fmt::format("/{} is absent or empty", tree)
                             : fmt::format("no sensor of the whole board or socket among {}",
                                           fmt::join(seen, ", ")));
  }
  std::vector<std::string> labels;
  for (const Channel& channel : chosen)
    labels.push_back(channel.label.empty() ? channel.file.filename().string() : channel.label);
  const std::string name =
      fmt::format("hwmon: {} {}", chosen.front().driver, fmt::join(labels, " + "));
  for (const Channel& channel : chosen) {
    if (!system.number(channel.file))
      throw Error("hwmon", fmt::format("/{} cannot be read", channel.file.string()));
  }
  if (chosen.front().quantity == Quantity::energy_uj)
    return std::make_unique<HwmonEnergyMeter>(system, name, chosen);
  return std::make_unique<IntegratedMeter>(name, 5e-3, [system, chosen] {
    double total_w = 0;
    for (const Channel& channel : chosen) total_w += read_power_w(system, channel);
    return total_w;
  });
}

}  // namespace opgauge
