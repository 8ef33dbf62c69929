// SPDX-License-Identifier: Apache-2.0
#include "sweep/result_file.hpp"

#include <algorithm>

namespace opgauge {
namespace {

namespace fs = std::filesystem;

KeyedRow read_row(const std::string& where, const Json& from) {
  KeyedRow one;
  decode(where, from, one.row);
  const auto take = [&](const char* name, auto& to) {
    const auto at = from.find(name);
    if (at == from.end()) throw Error(where, std::string("field \"") + name + "\" is missing");
    decode(where + "." + name, *at, to);
  };
  take("key", one.key);
  take("machine", one.machine);
  take("model", one.row.model);
  take("parameters", one.row.parameters);
  take("batch_size", one.row.batch_size);
  take("visits", one.visits);
  return one;
}

SweepResult decode_result(const std::string& where, const Json& from) {
  if (!from.is_object()) throw Error(where, "found " + found(from) + ", expected a sweep's result");
  SweepResult result;
  const auto take = [&](const char* name, auto& to) {
    const auto at = from.find(name);
    if (at == from.end()) {
      throw Error(where,
                  std::string("field \"") + name + "\" is missing, expected a sweep's result");
    }
    decode(where + ": " + name, *at, to);
  };
  take("schema_version", result.schema_version);
  if (result.schema_version != result_schema_version) {
    throw Error(where, "found schema version " + std::to_string(result.schema_version) +
                           ", expected " + std::to_string(result_schema_version));
  }
  take("sweep", result.sweep);
  take("created_at", result.created_at);
  take("device", result.device);
  take("axes", result.axes);
  take("machines", result.machines);
  take("protocol", result.protocol);
  take("sessions", result.sessions);
  take("notes", result.notes);
  Json rows;
  take("rows", rows);
  if (!rows.is_array()) throw Error(where + ": rows", "found " + found(rows) + ", expected a list");
  for (size_t i = 0; i < rows.size(); ++i) {
    result.rows.push_back(read_row(where + ": rows[" + std::to_string(i) + "]", rows[i]));
  }
  return result;
}

}  // namespace

Json encode_result(const SweepResult& result) {
  Json document = {{"schema_version", result.schema_version},
                   {"sweep", result.sweep},
                   {"created_at", result.created_at},
                   {"device", result.device},
                   {"axes", result.axes},
                   {"machines", encode(result.machines)},
                   {"protocol", result.protocol},
                   {"sessions", result.sessions},
                   {"notes", result.notes},
                   {"rows", Json::array()}};
  for (const KeyedRow& one : result.rows) {
    Json row = {{"key", one.key}, {"machine", one.machine}};
    row.update(row_json(one.row));
    row["visits"] = one.visits;
    document["rows"].push_back(std::move(row));
  }
  return document;
}

SweepResult read_result(const fs::path& path) {
  return decode_result(path.string(), read_json(path));
}

std::vector<SweepResult> read_run_results(const fs::path& file_or_folder) {
  if (!fs::is_directory(file_or_folder)) return {read_result(file_or_folder)};
  std::vector<fs::path> files;
  std::error_code failed;
  for (const auto& entry : fs::directory_iterator(file_or_folder, failed)) {
    const std::string name = entry.path().filename();
    if (name.find("_sweep_") != std::string::npos && name.ends_with(".json"))
      files.push_back(entry.path());
  }
  if (files.empty()) {
    throw Error(file_or_folder.string(),
                "found no result (*_sweep_*.json), expected a finished run; continue it with "
                "`sweep --resume`");
  }
  std::sort(files.begin(), files.end());
  std::vector<SweepResult> results;
  for (const fs::path& file : files) results.push_back(read_result(file));
  return results;
}

std::vector<fs::path> write_result(const fs::path& folder, const SweepResult& result) {
  std::vector<SweepRow> rows;
  for (const KeyedRow& one : result.rows) rows.push_back(one.row);
  const std::string stem = result.sweep + "_sweep_" + result.device;
  const fs::path csv = folder / (stem + ".csv"), json = folder / (stem + ".json"),
                 analytical = folder / (result.sweep + "_analytical_" + result.device + ".csv");
  write_file(csv, to_csv(sweep_table(rows, result.axes)));
  write_json(json, encode_result(result));
  write_file(analytical, to_csv(analytical_table(rows, result.axes)));
  return {csv, json, analytical};
}

}  // namespace opgauge
