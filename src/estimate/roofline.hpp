// SPDX-License-Identifier: Apache-2.0
// The roofline of one region (Williams, Waterman, Patterson 2009) with a launch term and two
// derates:
//
//   latency = calls x launch_s + views x view_s + max(compute, memory)
//   compute = (2 macs + 2 other_ops + 2 tail_rows x weights) / (efficiency_factor x peak)      [per
//   core: rows + tail] memory  = sum over levels of bytes / (memory_bottleneck_factor[level] x
//   bandwidth[level])
//
// `efficiency_factor` is the share of the machine's measured arithmetic ceiling that kernels reach,
// `memory_bottleneck_factor` the share of the measured copy bandwidth of a level. `tail_rows` says
// how many rows of a matrix product each core pays for beside the ones it has (block remainders,
// packing of weights).
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "estimate/estimate.hpp"
#include "machine/calibration.hpp"
#include "machine/machine.hpp"

namespace opgauge {

enum class Precision : uint8_t { fp32, bf16, fp16, int8 };
template <>
inline constexpr auto enum_names<Precision> = std::to_array<EnumName<Precision>>({
    {Precision::fp32, "fp32"},
    {Precision::bf16, "bf16"},
    {Precision::fp16, "fp16"},
    {Precision::int8, "int8"},
});
inline constexpr size_t precision_count = 4;
inline constexpr size_t max_levels = 6;

// T is double, or a fit's dual number.
template <class T>
struct RooflineTerms {
  T efficiency_factor{0.70};
  std::array<T, max_levels> memory_bottleneck_factor;  // by level of the machine
  T launch_s{2e-6};
  T view_s{1e-6};
  T tail_rows{0};
  RooflineTerms() { memory_bottleneck_factor.fill(T(0.60)); }
};
// The defaults are assumptions of the usual order of magnitude.
struct RooflineCoefficients : RooflineTerms<double> {
  Source source = Source::assumed;
};
// One set per precision, and where they are from.
struct CoefficientSet {
  std::array<RooflineCoefficients, precision_count> by_precision;
  std::string source = "assumed";
  std::array<std::optional<double>, precision_count> interval_ratio;
  std::vector<std::string> notes;
  const RooflineCoefficients& operator[](Precision p) const {
    return by_precision[static_cast<size_t>(p)];
  }
};

// The coefficients of a calibration for a thread count. What it lacks stays assumed; another thread
// count than asked for is used with a note.
CoefficientSet coefficients_of(const Calibration& calibration, const Machine& machine, int threads);

}  // namespace opgauge
