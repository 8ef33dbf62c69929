// SPDX-License-Identifier: Apache-2.0
#include "measure/sanity.hpp"

#include <algorithm>
#include <cmath>

#include "graph/op_table.hpp"
#include "measure/precision.hpp"

namespace opgauge {
namespace {

std::string text_of(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3g", value);
  return text;
}

}  // namespace

double sanity_tolerance(const Graph& graph, std::string_view precision, bool tf32) {
  const std::pair<std::string_view, double> units[] = {
      {"fp32", tf32 ? 0x1p-11 : 1e-5}, {"bf16", 0x1p-8}, {"fp16", 0x1p-11}, {"int8", 0x1p-6}};
  int64_t depth = 0;
  for (const Node& node : graph.nodes) depth += work_of(graph, node).macs > 0;
  for (const auto& [name, unit] : units) {
    if (name == precision)
      return 4 * unit * std::sqrt(static_cast<double>(std::clamp<int64_t>(depth, 1, 16)));
  }
  throw unknown_name("--precision", "precision", precision, {"fp32", "bf16", "fp16", "int8"});
}

Sanity compare_outputs(const std::vector<std::vector<double>>& reference,
                       const std::vector<std::vector<double>>& found, double tolerance) {
  Sanity sanity{false, 0, tolerance, ""};
  const auto fail = [&](size_t output, const std::string& reason) {
    sanity.reason = "output " + std::to_string(output) + ": " + reason;
    return sanity;
  };
  if (reference.size() != found.size()) {
    return fail(std::min(reference.size(), found.size()), "found " + std::to_string(found.size()) +
                                                              " outputs, expected " +
                                                              std::to_string(reference.size()));
  }
  for (size_t i = 0; i < reference.size(); ++i) {
    const auto &expected = reference[i], &actual = found[i];
    if (expected.size() != actual.size()) {
      return fail(i, "found " + std::to_string(actual.size()) + " elements, expected " +
                         std::to_string(expected.size()));
    }
    double difference = 0, magnitude = 0;
    for (size_t k = 0; k < expected.size(); ++k) {
      if (!std::isfinite(expected[k])) return fail(i, "the fp32 reference is not finite");
      if (!std::isfinite(actual[k])) return fail(i, "found a value that is not finite");
      difference += (actual[k] - expected[k]) * (actual[k] - expected[k]);
      magnitude += expected[k] * expected[k];
    }
    if (magnitude == 0 && difference == 0) continue;
    const double error = magnitude == 0 ? INFINITY : std::sqrt(difference / magnitude);
    sanity.relative_error = std::max(sanity.relative_error, error);
    if (error > tolerance) {
      return fail(i, "differs from fp32 by " + text_of(error) +
                         " of its root mean square, tolerance " + text_of(tolerance));
    }
  }
  sanity.sane = true;
  return sanity;
}

Sanity check_sanity(Device& device, const Graph& reference, const Graph& found,
                    std::string_view precision, const StoredTensors& stored,
                    const StoredTensors& inputs) {
  const auto expected = device.prepare(reference, stored, inputs)->outputs();
  const auto actual =
      device.prepare(found, with_types(reference, stored), with_types(reference, inputs))
          ->outputs();
  return compare_outputs(expected, actual, sanity_tolerance(reference, precision, !device.accelerator().empty()));
}

}  // namespace opgauge
