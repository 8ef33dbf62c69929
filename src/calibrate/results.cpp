// SPDX-License-Identifier: Apache-2.0
#include "calibrate/results.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "base/json.hpp"

namespace opgauge {
namespace {

namespace fs = std::filesystem;

// Where a numeric column goes; `scale` turns the column's unit into SI.
struct NumberColumn {
  const char* name;
  std::optional<double> ResultRow::*member;
  double scale;
  bool positive;  // else 0 is allowed
};
constexpr NumberColumn number_columns[] = {
    {"empirical_time_ms", &ResultRow::typical_s, 1e-3, true},
    {"empirical_quiet_ms", &ResultRow::quiet_s, 1e-3, true},
    {"quiet_half_width_pct", &ResultRow::half_width, 1e-2, false},
    {"empirical_memory_mb", &ResultRow::memory_bytes, 1e6, true},
    {"empirical_flops", &ResultRow::flops, 1, false},
    {"analytical_time_ms", &ResultRow::analytical_s, 1e-3, true},
    {"analytical_low_ms", &ResultRow::analytical_low_s, 1e-3, false},
    {"analytical_high_ms", &ResultRow::analytical_high_s, 1e-3, false},
    {"analytical_memory_mb", &ResultRow::analytical_memory_bytes, 1e6, true},
    {"analytical_flops", &ResultRow::analytical_flops, 1, false},
    {"working_set_bytes", &ResultRow::working_set_bytes, 1, false},
    {"arithmetic_intensity", &ResultRow::arithmetic_intensity, 1, false},
    {"energy_j", &ResultRow::energy_j, 1, false},
};

struct TextColumn {
  const char* name;
  std::string ResultRow::*member;
};
constexpr TextColumn text_columns[] = {
    {"model", &ResultRow::model},       {"graph", &ResultRow::graph},
    {"device", &ResultRow::device},     {"precision", &ResultRow::precision},
    {"scenario", &ResultRow::scenario}, {"verdict", &ResultRow::verdict},
    {"reason", &ResultRow::reason},     {"coefficients", &ResultRow::coefficients},
};

bool is_parameter(const std::string& name) {
  if (name == "threads" || name == "bottleneck" || name.ends_with("_pct")) return false;
  for (const NumberColumn& one : number_columns) {
    if (name == one.name) return false;
  }
  for (const TextColumn& one : text_columns) {
    if (name == one.name) return false;
  }
  return true;
}

std::string trimmed(std::string_view text) {
  const size_t begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos) return "";
  return std::string(text.substr(begin, text.find_last_not_of(" \t\r\n") - begin + 1));
}

double number(const std::string& where, const std::string& text) {
  double value = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (code != std::errc() || end != text.data() + text.size() || !std::isfinite(value)) {
    throw Error(where, "found \"" + text.substr(0, 40) + "\", expected a number");
  }
  return value;
}

int64_t whole_number(const std::string& where, const std::string& text, int64_t least) {
  const double value = number(where, text);
  if (value != std::floor(value) || value < static_cast<double>(least) || value > 9e15) {
    throw Error(where,
                fmt::format("found {}, expected a whole number of at least {}", text, least));
  }
  return static_cast<int64_t>(value);
}

// "[512, 512]" -> "512-512"; what has no brackets stays.
std::string dashed(std::string_view text) {
  std::string list;
  for (const char c : text) {
    if (c == ',') {
      list += '-';
    } else if (c != '[' && c != ']' && c != ' ') {
      list += c;
    }
  }
  return list;
}

// The name of the graph from an MLP's own columns, as tools without a `graph` column write them.
std::string mlp_graph(const Table& table, const std::vector<std::string>& cells) {
  const int input = table.column("input_dim"), hidden = table.column("hidden_dims"),
            output = table.column("output_dim"), model = table.column("model");
  if (input < 0 || hidden < 0 || output < 0) return "";
  if (model >= 0 && !cells[static_cast<size_t>(model)].starts_with("mlp")) return "";
  const std::string inner = dashed(cells[static_cast<size_t>(hidden)]);
  return "mlp:" + trimmed(cells[static_cast<size_t>(input)]) + "-" +
         (inner.empty() ? "" : inner + "-") + trimmed(cells[static_cast<size_t>(output)]);
}

// Columns before `batch_size` that nothing else explains are parameters of the architecture.
std::vector<size_t> parameter_columns(const Table& table) {
  std::vector<size_t> columns;
  const int batch = table.column("batch_size");
  const size_t end = batch >= 0 ? static_cast<size_t>(batch) : table.columns.size();
  for (size_t i = 0; i < end; ++i) {
    if (is_parameter(table.columns[i])) columns.push_back(i);
  }
  return columns;
}

ResultRow read_row(const std::string& where, const Table& table,
                   const std::vector<size_t>& parameters, size_t index) {
  std::vector<std::string> cells = table.rows[index];
  for (std::string& text : cells) text = trimmed(text);
  ResultRow row;
  row.row = static_cast<int>(index) + 1;
  const auto text_of = [&](const char* name) -> const std::string* {
    const int at = table.column(name);
    return at < 0 || cells[static_cast<size_t>(at)].empty() ? nullptr
                                                            : &cells[static_cast<size_t>(at)];
  };
  const auto place = [&](const char* name) {
    return fmt::format("{}: row {}: {}", where, row.row, name);
  };
  for (const TextColumn& column : text_columns) {
    if (const std::string* text = text_of(column.name)) row.*column.member = *text;
  }
  for (const NumberColumn& column : number_columns) {
    const std::string* text = text_of(column.name);
    if (!text) continue;
    const double value = number(place(column.name), *text);
    if (value < 0 || (column.positive && value == 0)) {
      throw Error(place(column.name), fmt::format("found {}, expected a number {} 0", *text,
                                                  column.positive ? ">" : ">="));
    }
    row.*column.member = value * column.scale;
  }
  if (const std::string* text = text_of("batch_size")) {
    row.batch_size = whole_number(place("batch_size"), *text, 1);
  }
  if (const std::string* text = text_of("threads")) {
    row.threads =
        static_cast<int>(std::min<int64_t>(whole_number(place("threads"), *text, 1), 1 << 20));
  }
  if (const std::string* text = text_of("bottleneck")) {
    row.bottleneck = parse_enum<Bottleneck>(place("bottleneck"), "bottleneck", *text);
  }
  if (row.graph.empty()) row.graph = mlp_graph(table, cells);
  const std::string* layout = text_of("layout");
  row.channels_last = layout && *layout == "channels_last";
  row.architecture = row.graph;
  if (row.channels_last && !row.graph.empty()) row.architecture += " channels_last";
  if (row.architecture.empty()) {
    row.architecture = row.model;
    for (const size_t at : parameters)
      row.architecture += " " + table.columns[at] + "=" + dashed(cells[at]);
  }
  return row;
}

Results parse(std::string_view where, std::string_view csv,
              std::initializer_list<const char*> any_of) {
  const Table table = parse_csv(where, csv);
  const bool enough = std::any_of(any_of.begin(), any_of.end(),
                                  [&](const char* name) { return table.column(name) >= 0; });
  if (!enough) {
    std::string names;
    for (const char* name : any_of) names += (names.empty() ? "" : " or ") + std::string(name);
    throw Error(where, "found no column " + names + ", expected one");
  }
  if (table.rows.empty()) throw Error(where, "found a header and no rows, expected results");
  Results results;
  results.where = where;
  const std::vector<size_t> parameters = parameter_columns(table);
  for (size_t i = 0; i < table.rows.size(); ++i) {
    results.rows.push_back(read_row(results.where, table, parameters, i));
  }
  const auto note_missing = [&](const char* name) {
    if (table.column(name) < 0) results.missing.emplace_back(name);
  };
  for (const TextColumn& column : text_columns) note_missing(column.name);
  note_missing("batch_size");
  note_missing("threads");
  for (const NumberColumn& column : number_columns) note_missing(column.name);
  note_missing("bottleneck");
  return results;
}

fs::path results_file(const fs::path& path) {
  std::error_code failed;
  if (!fs::is_directory(path, failed)) return path;
  std::vector<fs::path> found;
  for (const auto& entry : fs::directory_iterator(path, failed)) {
    const std::string name = entry.path().filename().string();
    if (name.ends_with(".csv") && name.find("_sweep") != std::string::npos)
      found.push_back(entry.path());
  }
  if (found.size() != 1) {
    throw Error(path.string(),
                fmt::format("found {} files *_sweep*.csv, expected one", found.size()));
  }
  return found[0];
}

}  // namespace

std::string ResultRow::key() const {
  return fmt::format("{} batch={} {} {} threads={}", architecture, batch_size, precision, device,
                     threads);
}

bool Results::has(std::string_view column) const {
  return std::ranges::find(missing, column) == missing.end();
}

Results parse_results(std::string_view where, std::string_view csv) {
  return parse(where, csv, {"empirical_time_ms", "empirical_quiet_ms"});
}

Results read_results(const fs::path& path) {
  const fs::path file = results_file(path);
  return parse_results(file.string(), read_file(file));
}

Results read_analytical(const fs::path& path) {
  return parse(path.string(), read_file(path), {"analytical_time_ms"});
}

size_t join_analytical(Results& to, const Results& analytical) {
  std::map<std::string, const ResultRow*> by_key;
  for (const ResultRow& row : analytical.rows) by_key[row.key()] = &row;
  size_t without = 0;
  for (ResultRow& row : to.rows) {
    const auto at = by_key.find(row.key());
    if (at == by_key.end()) {
      ++without;
      row.analytical_s = row.analytical_memory_bytes = row.analytical_flops = std::nullopt;
      continue;
    }
    const ResultRow& from = *at->second;
    row.analytical_s = from.analytical_s;
    row.analytical_low_s = from.analytical_low_s;
    row.analytical_high_s = from.analytical_high_s;
    row.analytical_memory_bytes = from.analytical_memory_bytes;
    row.analytical_flops = from.analytical_flops;
    row.coefficients = from.coefficients;
    if (from.bottleneck) row.bottleneck = from.bottleneck;
    if (!from.scenario.empty()) row.scenario = from.scenario;
    if (from.working_set_bytes) row.working_set_bytes = from.working_set_bytes;
    if (from.arithmetic_intensity) row.arithmetic_intensity = from.arithmetic_intensity;
  }
  if (without == to.rows.size()) {
    throw Error(analytical.where, "found no row with a partner in " + to.where +
                                      ", expected estimates of the same configurations");
  }
  std::erase_if(to.missing, [&](const std::string& name) {
    return analytical.has(name) && name != "graph" && name != "verdict" && name != "reason";
  });
  return without;
}

}  // namespace opgauge
