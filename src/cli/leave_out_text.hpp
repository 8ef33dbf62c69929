// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>

#include "calibrate/leave_out.hpp"

namespace opgauge {

// What `calibrate --cross-validate` prints: three tables, of classes, archetypes and built-in families left out.
std::string leave_out_text(std::span<const Observation> observations, std::span<const Observation> families, const OpFitOptions& options,
                           const OpFitResult& fit);

}  // namespace opgauge
