// SPDX-License-Identifier: Apache-2.0
// One measured model, for a person and for Perfetto.
#pragma once

#include <string>

#include "sweep/measure_model.hpp"

namespace opgauge {

// `most_cases`: how many of the heaviest cases are listed, 0 for all.
std::string print_measurement(const ModelMeasurement& measurement, size_t most_cases = 10);
std::string measurement_markdown(const ModelMeasurement& measurement, size_t most_cases = 10);

// Chrome's trace event format (JSON), which https://ui.perfetto.dev opens: the calls one after the
// other with their quiet times, and the live tensor bytes beside them as liveness predicts.
// Format: "Trace Event Format", Google, 2016.
std::string measurement_trace(const ModelMeasurement& measurement, const Graph& graph);

}  // namespace opgauge
