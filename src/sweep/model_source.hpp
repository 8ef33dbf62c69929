// SPDX-License-Identifier: Apache-2.0
// What a user may call a model, and the graph it stands for:
//
//   resnet50:image=160                            a family (opgauge list models)
//   exported.pt2                                  a file that torch.export.save wrote
//   mlp.graph                                     a file with a graph's text form (graph/text.hpp)
//   "aten::linear(f32[8,4], parameter f32[2,4])"  one op call (graph/case.hpp)
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/names.hpp"
#include "graph/graph.hpp"
#include "graph/stored.hpp"

namespace opgauge {

enum class ModelKind { family, export_file, graph_file, op_case };
template <>
inline constexpr auto enum_names<ModelKind> = std::to_array<EnumName<ModelKind>>({
    {ModelKind::family, "family"},
    {ModelKind::export_file, "export"},
    {ModelKind::graph_file, "graph"},
    {ModelKind::op_case, "case"},
});

struct ModelBindings {
  std::optional<int64_t> batch;         // a family: 1 if not given; an export: as exported
  std::map<std::string, int64_t> dims;  // symbolic sizes of an export: "s0" or "x.0" -> 8
};

// A symbolic size of an export, as a user sees it.
struct BoundSize {
  std::string name;   // "s77"
  std::string where;  // "x.0", "" if no input dimension is just this size
  std::optional<int64_t> size;
  int64_t minimum = 0, maximum = 0;
};

struct ModelSource {
  ModelKind kind = ModelKind::family;
  std::string
      name;  // canonical: the family spec with what is not default, the file's stem, the case
  Graph graph;
  StoredTensors stored;              // of an export; the others have random weights
  std::string stored_absent_reason;  // why an export's weights are random
  std::vector<BoundSize> sizes;      // of an export
};

// Throws Error: no such family or file (with the nearest name), sizes that cannot be bound,
// whatever the file's reader says.
ModelSource load_model(const std::string& text, const ModelBindings& bindings = {});

}  // namespace opgauge
