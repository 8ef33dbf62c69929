// SPDX-License-Identifier: Apache-2.0
#include "calibrate/validate.hpp"

#include <gtest/gtest.h>

#include "graph/text.hpp"

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

// A record may name some of the root class's features only, in any order.
TEST(PredictModel, TheBaselineTakesCoefficientsByName) {
  OpModel model;
  ClassFit any;
  any.key = "any";
  any.cases = 100;
  any.coefficients = {{"bytes", 5e-11}, {"call", 2e-6}};
  model.classes = {any};
  const Graph graph = parse_graph("graph g\n%x = input f32[1000]\n%y = aten::relu(self=%x)\nreturn %y\n");
  EXPECT_NEAR(predict_model("g", graph, model).constants_s, 2e-6 + 8000 * 5e-11, 1e-15);
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
