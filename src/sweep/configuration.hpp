// SPDX-License-Identifier: Apache-2.0
// From a sweep's axes to the list of configurations: one point each of parameters, precision,
// device and threads.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "sweep/sweeps.hpp"

namespace opgauge {

struct Configuration {
  std::string sweep;
  std::string model;  // the family's label: "mlp_2layer"
  Json parameters;    // axis -> value, in axis order
  std::string graph;  // "mlp:1024-512-512-64", or a case text
  int64_t batch_size = 1;
  std::string precision = "fp32";
  std::string device = "cpu";
  int threads = 1;
  size_t family = 0;    // index into Sweep::families
  bool solved = false;  // sizes were solved for, it is not a point of the grid

  // The axis `layout`: "contiguous" or "channels_last".
  std::string layout() const;
  // Names it in journals, filters and error messages: "mlp:1024-512-512-64 batch=16 fp32 cpu
  // threads=1".
  std::string key() const;
};

enum class Extent { quick, usual, full };

// What the command line asks for.
struct Selection {
  Extent extent = Extent::usual;
  // Name -> values as text, instead of the file's. "m" is meant for every family that has an axis m,
  // "batched.m" for the family batched alone, where it goes before "m".
  std::map<std::string, std::string> axes = {};
  std::vector<Json> models = {};             // values of the axis `model`, instead of the file's
  std::vector<std::string> precisions = {};  // empty: fp32, in a full run the file's
  std::vector<std::string> devices = {"cpu"};
  std::vector<int> threads = {1};
  std::string filter = {};  // regular expression that a key must contain
};

struct Grid {
  std::vector<Configuration> configurations;
  std::vector<std::string>
      axes;  // a family a line: "5 input_dim x 4 output_dim = 20 per precision, device and threads"
  size_t points = 0;       // of the axes, before anything was left out
  size_t constrained = 0;  // left out by constraints
  size_t duplicates = 0;   // the same graph and setting as an earlier point
  size_t in_other_shards = 0;
  size_t filtered = 0;  // left out by the filter
};

// Throws Error: an unknown axis, a value of the wrong kind, an empty result, more than a million
// points, a bad filter.
Grid expand(const Sweep& sweep, const Selection& selection);

// One configuration of given parameters; no constraint is checked.
Configuration configuration_of(const Sweep& sweep, size_t family, const Json& parameters);

}  // namespace opgauge
