// SPDX-License-Identifier: Apache-2.0
#include "sweep/model_source.hpp"

#include <filesystem>

#include "base/json.hpp"
#include "graph/case.hpp"
#include "graph/text.hpp"
#include "import/pt2.hpp"
#include "models/family.hpp"

namespace opgauge {
namespace {

namespace fs = std::filesystem;

constexpr uint64_t max_graph_bytes = uint64_t{256} << 20;

void refuse_bindings(const std::string& text, const ModelBindings& bindings, bool batch_too,
                     std::string_view why) {
  if (!bindings.dims.empty()) {
    throw Error(
        text, "size \"" + bindings.dims.begin()->first + "\" cannot be bound: " + std::string(why));
  }
  if (batch_too && bindings.batch) {
    throw Error(text, "a batch cannot be bound: " + std::string(why));
  }
}

ModelSource from_export(const fs::path& path, const ModelBindings& bindings) {
  ImportOptions options;
  options.bindings = bindings.dims;
  options.batch = bindings.batch;
  ImportedModel imported = import_pt2(path, options);
  ModelSource source;
  source.kind = ModelKind::export_file;
  source.name = path.stem().string();
  source.graph = std::move(imported.graph);
  source.stored = std::move(imported.weights);
  source.stored_absent_reason = std::move(imported.weights_absent_reason);
  for (const SizeSymbol& symbol : imported.symbols) {
    source.sizes.push_back(
        {symbol.name, symbol.where, symbol.size, symbol.minimum, symbol.maximum});
  }
  return source;
}

ModelSource from_graph_file(const fs::path& path, const ModelBindings& bindings) {
  refuse_bindings(path.string(), bindings, true, "the sizes of a graph text are fixed");
  ModelSource source;
  source.kind = ModelKind::graph_file;
  try {
    source.graph = parse_graph(read_file(path, max_graph_bytes));
  } catch (const Error& error) {
    if (error.where().starts_with(path.string())) throw;
    throw error.within(path.string());
  }
  source.name = source.graph.name.empty() ? path.stem().string() : source.graph.name;
  return source;
}

ModelSource from_case(const std::string& text, const ModelBindings& bindings) {
  refuse_bindings(text, bindings, true, "the sizes of an op case are fixed");
  ModelSource source;
  source.kind = ModelKind::op_case;
  source.graph = parse_case(text);
  source.name = case_text(source.graph, source.graph.nodes.front());
  return source;
}

ModelSource from_family(const std::string& text, const ModelBindings& bindings) {
  refuse_bindings(text, bindings, false,
                  "a family's sizes are its parameters (opgauge list models)");
  const ModelSpec spec = parse_spec(text);
  ModelSource source;
  source.graph = build_model(spec, bindings.batch.value_or(1));
  source.name = spec.print();
  return source;
}

// A file name rather than a family: it has a separator or an extension, and no parameters.
bool looks_like_path(const std::string& text) {
  const std::string_view name = std::string_view(text).substr(0, text.find(':'));
  return name.find('/') != std::string_view::npos || !fs::path(name).extension().empty();
}

}  // namespace

ModelSource load_model(const std::string& text, const ModelBindings& bindings) {
  if (text.empty())
    throw Error("model", "found \"\", expected a family, a .pt2 file or a graph file");
  const size_t colons = text.find("::");
  if (colons != std::string::npos && text.find('(', colons) != std::string::npos) {
    return from_case(text, bindings);
  }
  if (find_model_family(std::string_view(text).substr(0, text.find(':')))) {
    return from_family(text, bindings);
  }
  std::error_code code;
  const fs::file_status status = fs::status(text, code);
  if (fs::is_directory(status)) {
    throw Error(text, "found a directory, expected a family, a .pt2 file or a graph file");
  }
  if (fs::exists(status)) {
    return fs::path(text).extension() == ".pt2" ? from_export(text, bindings)
                                                : from_graph_file(text, bindings);
  }
  if (looks_like_path(text)) {
    throw Error(
        text, "no such file, expected a .pt2 file, a graph file or a family (opgauge list models)");
  }
  return from_family(text, bindings);  // says which families exist
}

}  // namespace opgauge
