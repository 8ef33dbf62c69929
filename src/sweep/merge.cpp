// SPDX-License-Identifier: Apache-2.0
#include "sweep/merge.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace opgauge {
namespace {

void check_same_sweep(const SweepResult& first, const SweepResult& other) {
  const auto differ = [](const std::string& what, const std::string& a, const std::string& b) {
    throw Error("merge", "found " + what + " " + b + " beside " + a + ", expected one " + what);
  };
  if (first.sweep != other.sweep) differ("sweep", first.sweep, other.sweep);
  if (first.device != other.device) differ("device", first.device, other.device);
  if (first.axes != other.axes)
    differ("list of axes", Json(first.axes).dump(), Json(other.axes).dump());
}

void check_one_class(const std::map<std::string, Fingerprint>& machines) {
  const auto& [first_name, first] = *machines.begin();
  for (const auto& [name, one] : machines) {
    const FingerprintDifference difference = compare(first, one);
    if (difference.same_class()) continue;
    throw Error("merge", "machines " + first_name + " and " + name +
                             " are of different hardware classes (" + difference.in_class.front() +
                             "), expected one class; --mode replicate keeps them apart");
  }
}

// Smaller is kept.
std::tuple<int, int, std::string, std::string> rank(const KeyedRow& one) {
  return {static_cast<int>(one.row.verdict), -one.row.rounds, one.machine,
          encode_result({.rows = {one}}).dump()};
}

bool contains(const SweepRow& interval, double value) {
  return interval.empirical_quiet_low_ms && *interval.empirical_quiet_low_ms <= value &&
         value <= *interval.empirical_quiet_high_ms;
}

void note_overlap(const KeyedRow& kept, const KeyedRow& other, MergeReport& report) {
  const auto &a = kept.row.empirical_quiet_ms, &b = other.row.empirical_quiet_ms;
  if (!a || !b) return;
  const std::string text = fmt::format(
      "{}: kept {:.4g} ms ({}, {} rounds), left out {:.4g} ms ({}, {} rounds), ratio {:.3f}",
      kept.key, *a, kept.machine, kept.row.rounds, *b, other.machine, other.row.rounds, *b / *a);
  report.overlaps.push_back(text);
  if (!contains(kept.row, *b) && !contains(other.row, *a)) report.disagreements.push_back(text);
}

}  // namespace

SweepResult merge_results(const std::vector<SweepResult>& results, MergeMode mode,
                          MergeReport& report) {
  if (results.empty()) throw Error("merge", "found nothing to merge, expected runs");
  SweepResult merged = results.front();
  merged.rows.clear();
  merged.sessions = Json::array();
  merged.notes.clear();
  std::map<std::pair<std::string, std::string>, KeyedRow> rows;
  std::vector<Json> sessions;
  for (const SweepResult& one : results) {
    check_same_sweep(results.front(), one);
    merged.created_at = std::min(merged.created_at, one.created_at);
    merged.machines.insert(one.machines.begin(), one.machines.end());
    if (one.protocol.dump() < merged.protocol.dump()) merged.protocol = one.protocol;
    for (const Json& session : one.sessions) sessions.push_back(session);
    merged.notes.insert(merged.notes.end(), one.notes.begin(), one.notes.end());
    for (const KeyedRow& row : one.rows) {
      const std::pair place(row.key, mode == MergeMode::replicate ? row.machine : "");
      const auto [at, is_new] = rows.try_emplace(place, row);
      if (is_new) continue;
      const auto there = rank(at->second), here = rank(row);
      if (there == here) {
        ++report.identical;
        continue;
      }
      KeyedRow other = row;
      if (here < there) std::swap(at->second, other);
      note_overlap(at->second, other, report);
    }
  }
  if (mode == MergeMode::partition && !merged.machines.empty()) check_one_class(merged.machines);
  const auto by_text = [](const auto& a, const auto& b) { return Json(a).dump() < Json(b).dump(); };
  std::sort(sessions.begin(), sessions.end(), by_text);
  sessions.erase(std::unique(sessions.begin(), sessions.end()), sessions.end());
  merged.sessions = sessions;
  std::sort(merged.notes.begin(), merged.notes.end());
  merged.notes.erase(std::unique(merged.notes.begin(), merged.notes.end()), merged.notes.end());
  for (auto& [place, row] : rows) merged.rows.push_back(std::move(row));
  std::sort(report.overlaps.begin(), report.overlaps.end());
  std::sort(report.disagreements.begin(), report.disagreements.end());
  report.rows = merged.rows.size();
  return merged;
}

}  // namespace opgauge
