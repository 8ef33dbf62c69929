// SPDX-License-Identifier: Apache-2.0
// `opgauge doctor`: what would spoil a measurement here, and the command that mends it.
#include <fmt/format.h>

#include <iostream>
#include <map>
#include <memory>

#include "base/json.hpp"
#include "cli/commands.hpp"
#include "measure/checkup.hpp"

namespace opgauge {
namespace {

std::string as_text(const std::vector<Finding>& findings) {
  std::string text;
  std::map<Health, int> totals;
  for (const Finding& finding : findings) {
    ++totals[finding.health];
    text +=
        fmt::format("{:<8} {:<22} {}\n", name_of(finding.health), finding.subject, finding.found);
    if (!finding.fix.empty()) text += fmt::format("{:31} fix: {}\n", "", finding.fix);
  }
  text += "\n";
  for (const auto& entry : enum_names<Health>)
    text += fmt::format("{} {}  ", totals[entry.value], entry.name);
  text.resize(text.find_last_not_of(' ') + 1);
  return text + "\n";
}

int examine_here(const std::string& json) {
  SteadyClock clock;
  const HostState seen = observe(SystemFiles(), clock, 1.0, true);
  const std::vector<Finding> findings = examine(seen);
  if (!json.empty()) {
    Json document = Json::object();
    document["schema_version"] = 1;
    document["findings"] = encode(findings);
    document["conditions"] = encode(seen.conditions);
    document["second"] = encode(seen.second);
    document["busy_processes"] = encode(seen.busy);
    document["machine"] = seen.machine ? Json(seen.machine->name) : Json(nullptr);
    emit(json, document.dump(1, ' ', false, Json::error_handler_t::replace) + "\n");
  }
  if (json != "-") std::cout << as_text(findings);
  return 0;
}

}  // namespace

void declare_doctor(CLI::App& app, Run& run) {
  auto json = std::make_shared<std::string>();
  app.add_option("--json", *json, "write JSON to FILE, - is standard output")->type_name("FILE");
  run = [json] { return examine_here(*json); };
}

}  // namespace opgauge
