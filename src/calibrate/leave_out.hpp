// SPDX-License-Identifier: Apache-2.0
// How far a calibration carries: every cost class predicted without its own cases, every archetype of networks predicted
// without its kind, every built-in family predicted by a calibration that holds no model.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/statistics.hpp"
#include "calibrate/op_fit.hpp"

namespace opgauge {

// Networks of this group are built-in families: measured beside the design, never fitted.
inline constexpr std::string_view family_group = "family";

// One class, predicted by a model that saw none of its calls.
struct LeftOutClass {
  std::string key;
  std::string stand_in;     // the fitted class that most of its calls were predicted as
  ErrorSummary without, with;  // without its own cases; held out by network (the usual cross-validation)
};
// `fit`: what fit_op_model made of the same observations.
std::vector<LeftOutClass> leave_classes_out(std::span<const Observation> observations, const OpFitOptions& options, const OpFitResult& fit);

// Whole networks of one archetype, predicted by a model that saw no network of that archetype.
struct LeftOutArchetype {
  std::string archetype;
  ErrorSummary without, with;
};
std::vector<LeftOutArchetype> leave_archetypes_out(std::span<const Observation> observations, const OpFitOptions& options,
                                                   const OpFitResult& fit);

struct FamilyScore {
  std::string model;
  double predicted_s = 0, low_s = 0, high_s = 0, measured_s = 0;
  double error() const { return predicted_s / measured_s - 1; }
};
std::vector<FamilyScore> score_families(std::span<const Observation> families, const OpModel& model);

}  // namespace opgauge
