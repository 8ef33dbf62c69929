// SPDX-License-Identifier: Apache-2.0
// The JSON result of a sweep on one device, as `opgauge sweep` writes it and `compare` and `merge`
// read it.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "machine/fingerprint.hpp"
#include "sweep/record.hpp"

namespace opgauge {

struct KeyedRow {
  std::string key;      // of the configuration
  std::string machine;  // name of the record
  SweepRow row;
  Json visits = Json::array();
};

struct SweepResult {
  int schema_version = 1;
  std::string sweep;
  std::string created_at;
  std::string device;
  std::vector<std::string> axes;
  std::map<std::string, Fingerprint> machines;  // by name
  Json protocol = Json::object();
  Json sessions = Json::array();
  std::vector<std::string> notes;
  std::vector<KeyedRow> rows;
};

inline constexpr int result_schema_version = 1;

Json encode_result(const SweepResult& result);
// Throws Error naming the file and the place; another schema version is refused.
SweepResult read_result(const std::filesystem::path& path);
// A file, or the result files of a run folder. Throws Error if the folder has none.
std::vector<SweepResult> read_run_results(const std::filesystem::path& file_or_folder);

// <sweep>_sweep_<device>.csv and .json and <sweep>_analytical_<device>.csv in the folder; returns
// their paths.
std::vector<std::filesystem::path> write_result(const std::filesystem::path& folder,
                                                const SweepResult& result);

}  // namespace opgauge
