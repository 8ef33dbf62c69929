// SPDX-License-Identifier: Apache-2.0
// The op-level section of a calibration: per cost class a non-negative combination of physical features, what cross-
// validation said of its errors, and how op errors add up to the error of a model. Equations: docs/model.md; the
// classes and features that the keys name: estimate/cost_class.hpp.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/fields.hpp"
#include "machine/blas_tiles.hpp"
#include "machine/op_residual.hpp"
#include "machine/reference_network.hpp"

namespace opgauge {

struct FeatureCoefficient {
  std::string feature;
  double value_s = 0;  // seconds per unit of the feature
  std::optional<double> standard_error_s;
  bool identified = true;  // false: at its bound, or the cases cannot tell it from others
  double seen_high = 0;    // largest value of the feature among the class's cases
  static constexpr auto fields() {
    using F = FeatureCoefficient;
    return std::make_tuple(field("feature", &F::feature, "", "name in the feature table"),
                           field("value_s", &F::value_s, "s", "seconds per unit of the feature"),
                           field("standard_error_s", &F::standard_error_s, "s", "standard error of the fit"),
                           field("identified", &F::identified, "", "whether the cases determine it"),
                           field("seen_high", &F::seen_high, "", "largest value among the cases"));
  }
};

struct ClassFit {
  std::string key;     // class name, "@dtype" behind it when not f32
  std::string parent;  // key of the parent, "" for the root
  int cases = 0;       // of this class itself
  int networks = 0;    // that contain them
  std::vector<std::string> ops;  // among its cases, without namespace and overload: "conv1d"; empty if not recorded
  std::vector<FeatureCoefficient> coefficients;
  std::optional<double> held_out_error;  // median |p - t| / t by cross-validation over networks
  std::optional<double> held_out_bias;   // median (p - t) / t
  double sum_factor = 1;                 // sum of its held-out calls over what the coefficients say, which is near the median of each
  double common_sd = 0.1;                // error that all calls of the class share in a model, in log
  double own_sd = 0.2;                   // error of one shape beside that, in log
  double smallest_s = 0, largest_s = 0;  // of the measured cases
  std::optional<double> most_departure;  // of its cases from the root class; what bounds it where evidence is thin
  static constexpr auto fields() {
    using C = ClassFit;
    return std::make_tuple(
        field("key", &C::key, "", "cost class and dtype"), field("parent", &C::parent, "", "class it leans on"),
        field("cases", &C::cases, "", "measured cases of this class"),
        field("networks", &C::networks, "", "calibration networks that contain them"),
        field("ops", &C::ops, "", "ops among the cases, without namespace and overload", Presence::may_be_missing),
        field("coefficients", &C::coefficients, "", "coefficients by feature"),
        field("held_out_error", &C::held_out_error, "", "median relative error on held-out networks"),
        field("held_out_bias", &C::held_out_bias, "", "median signed relative error on held-out networks"),
        field("sum_factor", &C::sum_factor, "", "sum of held-out calls over the sum of their predictions by the coefficients", Presence::may_be_missing),
        field("common_sd", &C::common_sd, "", "log error shared by all calls of the class"),
        field("own_sd", &C::own_sd, "", "log error of one call beside that"),
        field("smallest_s", &C::smallest_s, "s", "quickest measured case"),
        field("largest_s", &C::largest_s, "s", "slowest measured case"),
        field("most_departure", &C::most_departure, "", "factor about the root class within which it is believed, if it has few cases or stands in for another class"));
  }
};

struct OpModel {
  int threads = 1;
  std::string allocator = "resident";
  double vector_lanes = 16;           // f32 numbers in a vector register, as the features were computed with
  double l2_bytes = 0, l3_bytes = 0;  // capacities, likewise
  double weight_l2_multiple = 4;      // of l2_bytes, likewise: CostConditions
  BlasTiles blas_tiles = BlasTiles::strips;  // likewise
  double fill_bytes_per_s = 0;        // with which neighbours fill the shared cache, likewise
  int networks = 0, cases = 0, visits = 0;
  double running_s = 0;               // time spent measuring
  double contention = 1;              // median / quiet over the calibration networks
  double probe_compute_s = 0, probe_memory_s = 0;  // quiet time of the speed probes
  double sum_factor = 1;              // the same over the calls of all classes
  double interval_factor = 1.645;     // standard deviations that hold 90 % of held-out composites of networks
  double call_interval_factor = 1.645;  // ... of held-out calls of 50 us and more
  double error_range = 1;             // distance of log2 sizes over which errors of a class's shapes go together
  double floor_sd = 0.02;             // log error that no class explains (noise of the measurement)
  std::vector<ClassFit> classes;
  std::vector<ClassResidual> residuals;  // of the classes where cross-validation showed a gain
  std::vector<ReferenceNetwork> references;  // to be run beside later measurements

  static constexpr auto fields() {
    using M = OpModel;
    return std::make_tuple(
        field("threads", &M::threads, "", "intra-op threads"), field("allocator", &M::allocator, "", "default or resident"),
        field("vector_lanes", &M::vector_lanes, "", "f32 numbers in a vector register that features were computed with",
              Presence::may_be_missing),
        field("blas_tiles", &M::blas_tiles, "", "how the BLAS cuts products, as the features were computed with: strips or vectors", Presence::may_be_missing),
        field("l2_bytes", &M::l2_bytes, "B", "private cache that features were computed with"),
        field("weight_l2_multiple", &M::weight_l2_multiple, "", "of l2_bytes: models larger than that have lost their weights from it", Presence::may_be_missing),
        field("l3_bytes", &M::l3_bytes, "B", "shared cache that features were computed with"),
        field("fill_bytes_per_s", &M::fill_bytes_per_s, "B/s", "with which neighbours filled the shared cache, as the features were computed with", Presence::may_be_missing),
        field("networks", &M::networks, "", "calibration networks"), field("cases", &M::cases, "", "op calls measured"),
        field("visits", &M::visits, "", "visits to each network"),
        field("running_s", &M::running_s, "s", "time spent measuring"),
        field("contention", &M::contention, "", "typical over quiet latency while calibrating"),
        field("probe_compute_s", &M::probe_compute_s, "s", "quiet time of the compute probe"),
        field("probe_memory_s", &M::probe_memory_s, "s", "quiet time of the memory probe"),
        field("sum_factor", &M::sum_factor, "", "the same of all classes together",
              Presence::may_be_missing),
        field("interval_factor", &M::interval_factor, "", "standard deviations that hold 90 % of held-out composites of networks"),
        field("call_interval_factor", &M::call_interval_factor, "", "standard deviations that hold 90 % of held-out calls",
              Presence::may_be_missing),
        field("error_range", &M::error_range, "", "distance of log2 sizes over which errors of a class go together",
              Presence::may_be_missing),
        field("floor_sd", &M::floor_sd, "", "log error of the measurement itself"),
        field("classes", &M::classes, "", "the fitted classes"),
        field("residuals", &M::residuals, "", "corrections of some classes", Presence::may_be_missing),
        field("references", &M::references, "", "networks to be run beside later measurements", Presence::may_be_missing));
  }
};

}  // namespace opgauge
