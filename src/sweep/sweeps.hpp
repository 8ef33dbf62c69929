// SPDX-License-Identifier: Apache-2.0
// A sweep is one JSON file: families of graphs, each with axes. The files under data/sweeps are
// built into the program; any other file is given by its path. docs/adding-a-sweep.md walks through
// one.
//
//   {"name": "mlp", "summary": "…", "label": "mlp_{len(hidden_dims)}layer",
//    "graph": "mlp:{input_dim}-{hidden_dims}-{output_dim}",
//    "axes": {"input_dim": "[256:4096:*2]", "hidden_dims": [[128], [512, 512]], "batch_size": [1,
//    16]}, "usual": {"batch_size": [1]}, "quick": [{"input_dim": 256, …}], "sizes": ["input_dim",
//    "hidden_dims"]}
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "sweep/axes.hpp"

namespace opgauge {

struct SweepFamily {
  std::string name;                      // "" for the only family of a sweep
  std::string label;                     // template of the `model` column
  std::string graph;                     // template of a model name or a case text
  std::vector<Axis> axes;                // in file order, the last varies fastest
  std::vector<std::string> constraints;  // formulas that must hold
  std::vector<Axis> usual;               // values of a run that is neither quick nor full
  std::vector<Json> quick;               // objects that give every axis a value
  std::vector<std::string> sizes;        // axes that are scaled to reach a memory scenario

  const Axis* axis(std::string_view name) const;  // nullptr if there is none
};

struct Sweep {
  std::string name;
  std::string summary;
  std::vector<SweepFamily> families;
  std::vector<std::string> precisions;  // of a full run

  // Of all families, in order of first appearance.
  std::vector<std::string> axis_names() const;
};

// Throws Error naming the file and the place: unknown field, axis without values, a template or
// formula with an unknown name, a quick point that lacks an axis.
Sweep parse_sweep(std::string_view where, std::string_view text);
// A built-in name, or a path (anything with a '/' or ending in .json).
Sweep find_sweep(const std::string& name_or_path);

struct BuiltInSweep {
  std::string_view name;
  std::string_view text;
};
const std::vector<BuiltInSweep>& built_in_sweeps();

}  // namespace opgauge
