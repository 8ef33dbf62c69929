// SPDX-License-Identifier: Apache-2.0
// RAPL through the kernel's powercap tree (Documentation/power/powercap/powercap.rst):
//   sys/class/powercap/intel-rapl:0/{name,energy_uj,max_energy_range_uj}     package-0
//   sys/class/powercap/intel-rapl:0:2/…                                      dram, a part beside
//   the package
// The sum is over packages and their dram; core and uncore are inside the package, psys overlaps
// it. A counter wraps at max_energy_range_uj (some minutes under load): readings must come more
// often than that, which one loop of a second does.
#include <fmt/format.h>

#include "base/error.hpp"
#include "measure/meters/power_meter.hpp"

namespace opgauge {
namespace {

constexpr const char* tree = "sys/class/powercap";

struct Domain {
  std::string name;
  std::filesystem::path file;
  double range_uj = 0;
  double last_uj = 0;
  double used_uj = 0;  // since the meter was opened
};

class RaplMeter final : public PowerMeter {
 public:
  RaplMeter(SystemFiles system, std::vector<Domain> domains)
      : system_(std::move(system)), domains_(std::move(domains)) {}

  std::string name() const override {
    std::vector<std::string> names;
    for (const Domain& domain : domains_) names.push_back(domain.name);
    return fmt::format("rapl: {}", fmt::join(names, " + "));
  }

  double read_j() override {
    double total_uj = 0;
    for (Domain& domain : domains_) {
      const auto now_uj = system_.number(domain.file);
      if (!now_uj)
        throw Error(domain.name, fmt::format("the meter vanished: {} can no longer be read",
                                             domain.file.string()));
      domain.used_uj += *now_uj >= domain.last_uj ? *now_uj - domain.last_uj
                                                  : domain.range_uj - domain.last_uj + *now_uj;
      domain.last_uj = *now_uj;
      total_uj += domain.used_uj;
    }
    return total_uj * 1e-6;
  }

  double update_period_s() const override { return 1e-3; }

 private:
  SystemFiles system_;
  std::vector<Domain> domains_;
};

}  // namespace

std::unique_ptr<PowerMeter> open_rapl(const MeterSources& sources) {
  const SystemFiles& system = sources.system;
  std::vector<Domain> domains;
  std::string unreadable;
  const std::vector<std::string> folders = system.list(tree);
  for (const std::string& folder : folders) {
    if (!folder.starts_with("intel-rapl:") && !folder.starts_with("amd-rapl:")) continue;
    const std::filesystem::path at = std::filesystem::path(tree) / folder;
    const std::string name = system.text(at / "name").value_or("");
    if (!name.starts_with("package") && name != "dram") continue;
    const auto energy = system.number(at / "energy_uj"),
               range = system.number(at / "max_energy_range_uj");
    if (!energy || !range || *range <= 0) {
      unreadable = (at / (energy ? "max_energy_range_uj" : "energy_uj")).string();
      continue;
    }
    domains.push_back({fmt::format("{}{}", name, name == "dram" ? " of " + folder : ""),
                       at / "energy_uj", *range, *energy});
  }
  if (!unreadable.empty()) {  // a sum that lacks a part is no measurement
    throw Error(
        "rapl",
        fmt::format(
            "/{} cannot be read: only root may since Linux 5.10; `sudo chmod a+r /{}/*/energy_uj` "
            "allows it until the next boot",
            unreadable, tree));
  }
  if (domains.empty()) {
    throw Error("rapl", folders.empty()
                            ? fmt::format("/{} is absent or empty (module intel_rapl_msr is not "
                                          "loaded, or the CPU has no RAPL)",
                                          tree)
                            : fmt::format("/{} has no package domain", tree));
  }
  return std::make_unique<RaplMeter>(system, std::move(domains));
}

}  // namespace opgauge
