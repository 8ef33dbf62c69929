// SPDX-License-Identifier: Apache-2.0
#include "sweep/run_folder.hpp"

#include <ctime>

namespace opgauge {
namespace {

namespace fs = std::filesystem;

constexpr int schema_version = 1;
constexpr const char* journal_name = "journal.jsonl";

template <class T>
Json entry_of(const char* kind, const T& record) {
  Json entry = {{"kind", kind}};
  entry.update(encode(record));
  return entry;
}

template <class T>
Json row_entry(const char* kind, size_t row, const T& record) {
  Json entry = {{"kind", kind}, {"row", row}};
  entry.update(encode(record));
  return entry;
}

// Nothing of an earlier run may be lost: a new run wants a folder without results.
void refuse_results(const fs::path& folder) {
  std::error_code failed;
  for (const auto& entry : fs::directory_iterator(folder, failed)) {
    const std::string name = entry.path().filename();
    if (name == journal_name || name.find("_sweep_") != std::string::npos) {
      throw Error(folder.string(),
                  "found " + name + " of an earlier run, expected --resume or another folder");
    }
  }
}

void check_same(const fs::path& folder, const RunHeader& there, const RunHeader& wanted) {
  if (there.sweep != wanted.sweep) {
    throw Error(folder.string(),
                "found a run of sweep " + there.sweep + ", expected " + wanted.sweep);
  }
  if (there.machine != wanted.machine) {
    throw Error(folder.string(),
                "found a run on machine " + there.machine + ", expected " + wanted.machine);
  }
  if (there.configurations == wanted.configurations) return;
  size_t first = 0;
  while (first < there.configurations.size() && first < wanted.configurations.size() &&
         there.configurations[first] == wanted.configurations[first]) {
    ++first;
  }
  const auto name = [&](const std::vector<std::string>& keys) {
    return first < keys.size() ? "\"" + keys[first] + "\"" : std::string("none");
  };
  throw Error(folder.string(), "found a run of " + std::to_string(there.configurations.size()) +
                                   " other configurations (number " + std::to_string(first + 1) +
                                   " is " + name(there.configurations) + "), expected " +
                                   std::to_string(wanted.configurations.size()) + " with " +
                                   name(wanted.configurations) +
                                   " there: give the options of the first start");
}

}  // namespace

std::string utc_now() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  ::gmtime_r(&now, &parts);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text;
}

RunContents fold_journal(const std::string& where, const std::vector<Json>& entries) {
  RunContents run;
  bool has_header = false;
  for (size_t i = 0; i < entries.size(); ++i) {
    const Json& entry = entries[i];
    const std::string place = where + " line " + std::to_string(i + 1);
    std::string kind;
    if (!entry.is_object() || !entry.contains("kind")) {
      throw Error(place, "found " + found(entry) + ", expected an entry with a kind");
    }
    decode(place + ".kind", entry["kind"], kind);
    if (kind == "header") {
      decode(place, entry, run.header);
      if (run.header.schema_version != schema_version) {
        throw Error(place, "found schema version " + std::to_string(run.header.schema_version) +
                               ", expected " + std::to_string(schema_version));
      }
      run.rows.resize(run.header.configurations.size());
      has_header = true;
      continue;
    }
    if (!has_header) throw Error(place, "found a " + kind + " entry, expected the header first");
    if (kind == "session") {
      run.sessions.push_back(entry);
      continue;
    }
    uint64_t row = 0;
    if (!entry.contains("row")) throw Error(place, "field \"row\" is missing");
    decode(place + ".row", entry["row"], row);
    if (row >= run.rows.size()) {
      throw Error(place, "found row " + std::to_string(row) + ", expected less than " +
                             std::to_string(run.rows.size()));
    }
    RowState& state = run.rows[row];
    if (kind == "facts") {
      decode(place, entry, state.facts.emplace());
    } else if (kind == "visit") {
      decode(place, entry, state.visits.emplace_back());
      state.outcome.reset();  // closed by a budget before, and opened again
    } else if (kind == "outcome") {
      decode(place, entry, state.outcome.emplace());
    } else if (kind == "energy") {
      decode(place, entry, state.energy.emplace());
    } else {
      throw unknown_name(place, "kind of entry", kind,
                         {"header", "session", "facts", "visit", "outcome", "energy"});
    }
  }
  if (!has_header) throw Error(where, "found no header, expected the journal of a run");
  return run;
}

RunContents read_run(const fs::path& folder) {
  const fs::path path = folder / journal_name;
  return fold_journal(path.string(), read_journal(path).entries);
}

RunFolder::RunFolder(fs::path folder, const RunHeader& header, bool resume)
    : folder_(std::move(folder)) {
  const fs::path path = folder_ / journal_name;
  if (!resume) refuse_results(folder_);
  std::error_code failed;
  fs::create_directories(folder_, failed);
  if (failed) throw Error(folder_.string(), "cannot be created: " + failed.message());
  journal_ = std::make_unique<Journal>(path);
  if (journal_->entries().empty()) {
    RunHeader first = header;
    first.schema_version = schema_version;
    first.created_at = utc_now();
    const Json entry = entry_of("header", first);
    journal_->append(entry);
    journal_->sync();
    contents_ = fold_journal(path.string(), {entry});
  } else {
    contents_ = fold_journal(path.string(), journal_->entries());
    check_same(folder_, contents_.header, header);
    resumed_ = true;
  }
}

void RunFolder::add_session(const Json& session) {
  Json entry = {{"kind", "session"}};
  entry.update(session);
  journal_->append(entry);
  contents_.sessions.push_back(entry);
}
void RunFolder::add_facts(size_t row, const RowFacts& facts) {
  journal_->append(row_entry("facts", row, facts));
}
void RunFolder::add_visit(size_t row, const Visit& visit) {
  journal_->append(row_entry("visit", row, visit));
}
void RunFolder::add_outcome(size_t row, const Outcome& outcome) {
  journal_->append(row_entry("outcome", row, outcome));
}

void RunFolder::add_energy(size_t row, const EnergyMeasurement& energy) {
  journal_->append(row_entry("energy", row, energy));
}

}  // namespace opgauge
