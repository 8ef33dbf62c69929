// SPDX-License-Identifier: Apache-2.0
// The families of models that are built here, as one table, and the text that names one model of a
// family:
//
//   resnet50                      every parameter at its default
//   resnet50:width=32,image=128   named parameters
//   mlp:1024-2048x4-256           a family's leading parameter needs no name
//
// A family's graph is what `torch.export.export` gives for the reference implementation named in
// its row: the same calls in the same order, the same names of parameters and buffers.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "graph/graph.hpp"

namespace opgauge {

struct ModelParameter {
  std::string_view name;
  std::string_view fallback;  // its default, as text
  std::string_view doc;
};

class ModelSpec;

struct ModelFamily {
  std::string_view name;
  std::string_view doc;
  std::string_view reference;  // the implementation whose export the graph equals
  std::vector<ModelParameter> parameters;
  // The first parameter may be given without its name.
  bool leading = false;
  Graph (*build)(const ModelSpec& spec, int64_t batch);
};

std::span<const ModelFamily> model_families();
const ModelFamily* find_model_family(std::string_view name);  // nullptr if there is none

// One model of a family: every parameter has a value.
class ModelSpec {
 public:
  ModelSpec(const ModelFamily& family, std::vector<std::string> values)
      : family_(&family), values_(std::move(values)) {}

  const ModelFamily& family() const { return *family_; }
  const std::string& text(std::string_view parameter) const;
  // A whole number of at least `least`; throws Error naming the model and the parameter.
  int64_t integer(std::string_view parameter, int64_t least = 1) const;
  double number(std::string_view parameter) const;  // > 0
  // One of these words; throws Error with a suggestion.
  const std::string& word(std::string_view parameter, const std::vector<std::string>& known) const;
  Error error(std::string_view parameter, std::string_view message) const;

  // The shortest text that names this model: parameters at their default are left out.
  std::string print() const;

 private:
  const ModelFamily* family_;
  std::vector<std::string> values_;  // one per parameter of the family
};

// Throws Error with the nearest known name for a wrong family or parameter.
ModelSpec parse_spec(std::string_view text);
// The graph with the inputs' first dimension `batch`; named after the spec. Throws Error if the
// parameters do not fit each other ("image=8" is too small for five poolings).
Graph build_model(const ModelSpec& spec, int64_t batch);
Graph build_model(std::string_view spec, int64_t batch = 1);

}  // namespace opgauge
