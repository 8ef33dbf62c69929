// SPDX-License-Identifier: Apache-2.0
#include "calibrate/visit_journal.hpp"

#include <unordered_map>

namespace opgauge {
namespace {

using Fields = std::map<std::string, std::string>;

void expect_same(const std::string& where, const Json& entry, const Fields& calibration) {
  Fields found;
  if (!entry.is_object() || !entry.contains("calibration")) throw Error(where + ": line 1", "found no calibration, expected the journal of one");
  decode(where + ": calibration", entry["calibration"], found);
  for (const auto& [name, value] : calibration) {
    const auto at = found.find(name);
    const std::string before = at == found.end() ? "nothing" : "\"" + at->second + "\"";
    if (before != "\"" + value + "\"") {
      throw Error(where, "found a calibration with " + name + " " + before + ", expected \"" + value + "\": resume with the same options, or name another file");
    }
  }
}

}  // namespace

VisitJournal::VisitJournal(const std::filesystem::path& path, const Fields& calibration, std::span<const DesignedNetwork> networks)
    : journal_(path), earlier_(networks.size()) {
  std::unordered_map<std::string, size_t> by_name;
  for (const DesignedNetwork& network : networks) {
    by_name.emplace(network.graph.name, names_.size());
    names_.push_back(network.graph.name);
  }
  if (journal_.entries().empty()) {
    journal_.append(Json{{"calibration", encode(calibration)}});
    return;
  }
  expect_same(path.string(), journal_.entries().front(), calibration);
  for (size_t i = 1; i < journal_.entries().size(); ++i) {
    const Json& entry = journal_.entries()[i];
    const std::string where = path.string() + ": line " + std::to_string(i + 1);
    std::string name;
    Visit visit;
    if (!entry.is_object() || !entry.contains("network") || !entry.contains("visit")) throw Error(where, "found no visit, expected \"network\" and \"visit\"");
    decode(where + ": network", entry["network"], name);
    decode(where + ": visit", entry["visit"], visit);
    const auto at = by_name.find(name);
    if (at == by_name.end()) throw Error(where, "found the network " + name + ", expected one of the design");
    const size_t nodes = networks[at->second].graph.nodes.size();
    if (!visit.node_s.empty() && visit.node_s.size() != nodes) {
      throw Error(where, "found " + std::to_string(visit.node_s.size()) + " times, expected one for each of " + std::to_string(nodes) + " nodes");
    }
    spent_s_ += visit.elapsed_s;
    earlier_[at->second].push_back(std::move(visit));
  }
}

void VisitJournal::add(size_t network, const Visit& visit) {
  journal_.append(Json{{"network", names_[network]}, {"visit", encode(visit)}});
}

}  // namespace opgauge
