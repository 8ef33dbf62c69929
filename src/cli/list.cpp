// SPDX-License-Identifier: Apache-2.0
// `opgauge list WHAT`: one table of what this program knows, one row here per kind of thing.
#include <fmt/format.h>

#include <array>
#include <iostream>
#include <memory>

#include "base/csv.hpp"
#include "cli/commands.hpp"
#include "graph/op_table.hpp"
#include "models/family.hpp"

namespace opgauge {
namespace {

Table list_models() {
  Table table;
  table.columns = {"model", "what", "parameters", "reference"};
  for (const ModelFamily& family : model_families()) {
    std::vector<std::string> parameters;
    for (const ModelParameter& parameter : family.parameters) {
      parameters.push_back(fmt::format("{}={}", parameter.name, parameter.fallback));
    }
    table.rows.push_back({std::string(family.name), std::string(family.doc),
                          fmt::format("{}", fmt::join(parameters, ",")),
                          std::string(family.reference)});
  }
  return table;
}

Table list_ops() {
  Table table;
  table.columns = {"op", "family", "schema"};
  for (const OpRow& row : op_table()) {
    table.rows.push_back({std::string(row.target()), std::string(name_of(row.family)),
                          std::string(row.schema_text)});
  }
  return table;
}

struct Listed {
  std::string_view name, summary;
  Table (*list)();
};
constexpr auto listed = std::to_array<Listed>({
    {"models", "model families with their parameters' defaults", list_models},
    {"ops", "rows of the op table", list_ops},
});

const Listed& find_listed(const std::string& what) {
  std::vector<std::string> known;
  for (const Listed& one : listed) {
    if (one.name == what) return one;
    known.emplace_back(one.name);
  }
  throw unknown_name("list", "kind of thing", what, known);
}

// Columns by name, each row an object.
Json rows_as_json(const Table& table) {
  Json rows = Json::array();
  for (const auto& row : table.rows) {
    Json object = Json::object();
    for (size_t i = 0; i < row.size(); ++i) object[table.columns[i]] = row[i];
    rows.push_back(std::move(object));
  }
  return rows;
}

}  // namespace

void declare_list(CLI::App& app, Run& run) {
  auto what = std::make_shared<std::string>();
  auto output = std::make_shared<OutputOptions>();
  std::string words, doc = "what to list:";
  for (const Listed& one : listed) {
    words += (words.empty() ? "" : "|") + std::string(one.name);
    doc += fmt::format("\n{}: {}", one.name, one.summary);
  }
  app.add_option("what", *what, doc)->required()->type_name(words);
  output->declare(app);
  run = [what, output] {
    const Table table = find_listed(*what).list();
    if (!output->json.empty()) emit(output->json, rows_as_json(table).dump(1) + "\n");
    if (!output->csv.empty()) emit(output->csv, to_csv(table));
    if (!output->markdown.empty()) emit(output->markdown, to_markdown(table));
    if (!output->any()) std::cout << to_text(table);
    return 0;
  };
}

}  // namespace opgauge
