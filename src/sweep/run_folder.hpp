// SPDX-License-Identifier: Apache-2.0
// The folder of one run. `journal.jsonl` is the truth: a header that names the configurations, and
// every fact, visit and outcome since, in order; what the rows are now is a fold over it. CSV and
// JSON are written from it at the end.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/journal.hpp"
#include "measure/protocol_rounds.hpp"

namespace opgauge {

struct RunHeader {
  int schema_version = 1;
  std::string sweep;
  std::string machine;
  std::string created_at;                   // UTC, ISO 8601
  std::vector<std::string> configurations;  // keys, in the order of the rows
  static constexpr auto fields() {
    using H = RunHeader;
    return std::make_tuple(
        field("schema_version", &H::schema_version, "", "version of this journal, 1"),
        field("sweep", &H::sweep, "", "name of the sweep"),
        field("machine", &H::machine, "", "name of the machine's record"),
        field("created_at", &H::created_at, "", "UTC, ISO 8601"),
        field("configurations", &H::configurations, "", "keys of the rows"));
  }
};

// A journal read back: the header, the sessions' conditions, and the state of each row.
struct RunContents {
  RunHeader header;
  std::vector<Json> sessions;
  std::vector<RowState> rows;
};
// Throws Error: no header, another schema version, a row number out of range, an entry of unknown
// kind.
RunContents fold_journal(const std::string& where, const std::vector<Json>& entries);
RunContents read_run(const std::filesystem::path& folder);

std::string utc_now();  // "2026-01-31T12:00:00Z"

class RunFolder {
 public:
  // Creates the folder and the journal, or with `resume` continues one of the same header (the date
  // may differ). Throws Error, having changed nothing: a run is there and `resume` is false,
  // another process has it, the configurations differ, the folder cannot be written.
  RunFolder(std::filesystem::path folder, const RunHeader& header, bool resume);

  const std::filesystem::path& path() const { return folder_; }
  RunContents& contents() { return contents_; }
  bool resumed() const { return resumed_; }
  uint64_t dropped_bytes() const { return journal_->dropped_bytes(); }

  // One line each in the journal.
  void add_session(const Json& session);
  void add_facts(size_t row, const RowFacts& facts);
  void add_visit(size_t row, const Visit& visit);
  void add_outcome(size_t row, const Outcome& outcome);
  void add_energy(size_t row, const EnergyMeasurement& energy);
  void sync() { journal_->sync(); }

 private:
  std::filesystem::path folder_;
  std::unique_ptr<Journal> journal_;
  RunContents contents_;
  bool resumed_ = false;
};

}  // namespace opgauge
