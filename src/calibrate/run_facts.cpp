// SPDX-License-Identifier: Apache-2.0
#include "calibrate/run_facts.hpp"

#include "base/csv.hpp"
#include "machine/fingerprint.hpp"

namespace opgauge {
namespace {

// Settings of the executor that change time; thread count and seed are columns or of no account.
constexpr const char* settings[] = {"allocator", "flush_denormal", "pin_threads"};

void take_texts(const Json& object, std::map<std::string, std::string>& to) {
  if (!object.is_object()) return;
  for (const auto& [name, value] : object.items()) {
    if (value.is_string()) to[name] = value.get<std::string>();
  }
}

}  // namespace

RunFacts read_run_facts(const std::filesystem::path& csv) {
  RunFacts facts;
  std::filesystem::path path = csv;
  path.replace_extension(".json");
  std::error_code failed;
  if (path == csv || !std::filesystem::is_regular_file(path, failed)) return facts;
  const Json document = read_json(path);
  if (!document.is_object()) throw Error(path.string(), "found " + found(document) + ", expected a run as an object");
  const auto sessions = document.find("sessions");
  if (sessions != document.end() && sessions->is_array()) {
    for (const Json& session : *sessions) {
      if (!session.is_object()) continue;
      if (const auto execution = session.find("execution"); execution != session.end()) {
        for (const char* name : settings) {
          if (execution->is_object() && execution->contains(name)) facts.software[name] = cell((*execution)[name]);
        }
      }
      if (const auto conditions = session.find("conditions"); conditions != session.end() && conditions->is_object()) {
        if (const auto versions = conditions->find("versions"); versions != conditions->end()) {
          take_texts(*versions, facts.software);
        }
      }
    }
  }
  const auto difference = document.find("half_run_difference_pct");
  if (difference != document.end() && difference->is_number()) {
    facts.half_run_difference = difference->get<double>() / 100;
  }
  return facts;
}

std::map<std::string, std::string> calibration_fingerprint(const Machine& machine, const RunFacts& facts) {
  std::map<std::string, std::string> result = fingerprint(machine).class_facts;
  result.insert(facts.software.begin(), facts.software.end());
  return result;
}

}  // namespace opgauge
