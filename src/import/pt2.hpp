// SPDX-License-Identifier: Apache-2.0
// Reads a model that torch.export.save wrote (.pt2, schema 8: PyTorch 2.6 and later) into a graph,
// without LibTorch.
//
//   ImportedModel model = import_pt2("resnet18.pt2", {.batch = 8});
//   model.graph;      // concrete: sizes bound, numbers folded, wrappers that only scope a subgraph
//   inlined model.weights;    // where the parameters lie in the mapped file; not read until
//   executed
//
// The shapes come from this program's own rules and are compared with those that the file records;
// a difference is an Error that names the node. An op outside the op table becomes a node without a
// row, typed from the file.
//
// Not imported, each refused with one Error that names the node and its source line: pickled
// weights (tensor subclasses), custom objects, higher-order ops other than
// wrap_with_set_grad_enabled and wrap_with_autocast (cond, map, while_loop …), argument kinds that
// the schema does not have, data-dependent sizes that are not bound, other schema versions. Guards
// that the exporter recorded as Python text (`guards_code`) are not evaluated.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "graph/graph.hpp"
#include "graph/stored.hpp"

namespace opgauge {

struct ImportOptions {
  // Sizes of symbols ("s77") or of input dimensions ("x.0": dimension 0 of input x). What is not
  // bound keeps the size that the model was exported with.
  std::map<std::string, int64_t> bindings;
  // The size of dimension 0 of the first tensor input. Throws Error if it was exported with a fixed
  // one.
  std::optional<int64_t> batch;
};

// One symbolic size of the file.
struct SizeSymbol {
  std::string name;   // "s77"
  std::string where;  // "x.0": the first input dimension that is this symbol, "" if none is
  std::optional<int64_t> hint;  // the size it was exported with; none for data-dependent sizes
  std::optional<int64_t> size;  // what it is bound to in the graph
  int64_t minimum = 0;
  int64_t maximum = INT64_MAX;
};

// An op that has no row in the op table, as often as it occurs.
struct UnknownOp {
  std::string target;  // "aten::grid_sampler"
  int64_t count = 0;
  std::vector<std::string> places;  // source lines, each once
};

struct ImportedModel {
  Graph graph;
  std::vector<SizeSymbol> symbols;
  std::string batch_symbol;  // of dimension 0 of the first tensor input, "" if that is a fixed size
  StoredTensors
      weights;  // by Value::source; empty if the file's weights cannot be mapped, see below
  std::string weights_absent_reason;  // "" if `weights` is complete
  std::vector<UnknownOp> unknown_ops;
  std::string torch_version;   // that exported it
  std::string schema_version;  // "8.20"
};

ImportedModel import_pt2(const std::filesystem::path& path, const ImportOptions& options = {});

}  // namespace opgauge
