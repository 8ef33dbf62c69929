// SPDX-License-Identifier: Apache-2.0
// Whether a model in another precision or memory order still computes the same: a fast wrong answer
// is a failed row.
//
// Measure: the root of the mean square difference over the root of the mean square of the fp32
// output. Tolerance: 4 * unit * sqrt(min(depth, 16)), depth being the number of ops with
// multiply-adds, unit 2^-8 (bf16), 2^-11 (fp16), 2^-6 (int8: half a step of an 8-bit activation
// plus half of one of a weight, relative to their spread), 1e-5 (fp32, order of summation) and
// 2^-11 where fp32 products may run in TF32, on an accelerator.
// Rounding errors of layers are taken to be independent; beyond 16 layers norms and residual sums
// were seen to keep them from growing. An assumption, not a bound.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "measure/device.hpp"

namespace opgauge {

struct Sanity {
  bool sane = false;
  double relative_error = 0;  // of the worst output
  double tolerance = 0;
  std::string reason;  // "" if sane
};

double sanity_tolerance(const Graph& graph, std::string_view precision, bool tf32 = false);
// Outputs of fp32 and of the other precision, as Executable::outputs() gives them.
Sanity compare_outputs(const std::vector<std::vector<double>>& reference,
                       const std::vector<std::vector<double>>& found, double tolerance);
// Runs both graphs once, the reference first. `precision` is that of `found`.
Sanity check_sanity(Device& device, const Graph& reference, const Graph& found,
                    std::string_view precision, const StoredTensors& stored = {},
                    const StoredTensors& inputs = {});

}  // namespace opgauge
