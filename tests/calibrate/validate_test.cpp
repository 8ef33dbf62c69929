// SPDX-License-Identifier: Apache-2.0
#include "calibrate/validate.hpp"

#include <gtest/gtest.h>

namespace opgauge {
namespace {

ModelPrediction predicted(const std::string& name, double seconds, double memory_s) {
  ModelPrediction one;
  one.model = name;
  one.predicted_s = one.predicted_low_s = one.predicted_high_s = seconds;
  one.memory_s = memory_s;
  one.node_class = {"linear"};
  one.node_s = one.node_low_s = one.node_high_s = one.node_constant_s = {seconds};
  return one;
}

MeasuredModel measured(const std::string& name, double seconds) {
  MeasuredModel one;
  one.model = name;
  one.node_s = {seconds};
  one.typical_s = one.least_run_s = seconds;
  one.visits = 40;
  return one;
}

// Arithmetic is as quick as it was, memory takes twice as long: only what memory makes of a prediction follows it.
TEST(ValidationScore, EachProbeCorrectsItsShareOfAPrediction) {
  OpModel model;
  model.probe_compute_s = 60e-6;
  model.probe_memory_s = 30e-6;
  MeasuredSet set;
  set.probe_compute_s = 60e-6;
  set.probe_memory_s = 60e-6;
  set.models = {measured("half", 1.5e-3), measured("none", 2e-3), measured("all", 8e-3)};
  const std::vector<ModelPrediction> predictions{predicted("half", 1e-3, 0.5e-3), predicted("none", 2e-3, 0), predicted("all", 4e-3, 4e-3)};
  const Validation scored = score(predictions, set, set, model);
  EXPECT_NEAR(scored.mape_probe, 0, 1e-12);
  EXPECT_NEAR(scored.probe_factor, 1.5, 1e-12);
  EXPECT_GT(scored.mape_raw, 0.2);
}

}  // namespace
}  // namespace opgauge
