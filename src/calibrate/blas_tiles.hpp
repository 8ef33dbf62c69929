// SPDX-License-Identifier: Apache-2.0
// Which of the BLAS's kernels multiplied while the machine was calibrated: MKL chooses them by the vendor of the processor, other
// libraries have their own. The one under which products are explained best is taken.
#pragma once

#include <span>
#include <string_view>

#include "calibrate/op_fit.hpp"

namespace opgauge {

// What MKL takes on a processor of this vendor, as measured on one of each (docs/model.md).
BlasTiles usual_blas_tiles(std::string_view vendor, double vector_lanes);

// options.conditions' own if there are too few products to tell.
BlasTiles effective_blas_tiles(std::span<const Observation> observations, const OpFitOptions& options);

}  // namespace opgauge
