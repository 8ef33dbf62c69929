// SPDX-License-Identifier: Apache-2.0
// Two runs of the same configurations, row by row: did it become faster, slower, or is it the same?
// The answer is given only as far as the intervals allow.
//
//   SAME   the whole interval of the ratio lies within 1 +- `equal`
//   FAST   the whole interval lies below 1 - equal: B is faster      SLOW   above 1 + equal
//   AMBG   anything else: these two runs cannot tell
//
// Intervals are of the quiet latency, widened for the number of rows that are looked at
// (Bonferroni), so that one false answer among all rows has a chance of 5 % at most, as far as the
// intervals are honest.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sweep/result_file.hpp"

namespace opgauge {

enum class Change { same, fast, slow, ambiguous, one_sided };
template <>
inline constexpr auto enum_names<Change> = std::to_array<EnumName<Change>>({
    {Change::same, "SAME"},
    {Change::fast, "FAST"},
    {Change::slow, "SLOW"},
    {Change::ambiguous, "AMBG"},
    {Change::one_sided, "ONE-SIDED"},
});

struct ComparedRow {
  std::string key;
  Change change = Change::one_sided;
  std::optional<double> a_quiet_ms, b_quiet_ms;
  std::optional<double> ratio, ratio_low, ratio_high;  // B over A
  std::optional<double> typical_ratio;
  std::optional<double> corrected_ratio;
  std::string note;  // why there is no ratio
  static constexpr auto fields() {
    using R = ComparedRow;
    return std::make_tuple(
        field("key", &R::key, "", "configuration"),
        field("change", &R::change, "", "SAME, FAST, SLOW, AMBG or ONE-SIDED"),
        field("a_quiet_ms", &R::a_quiet_ms, "ms", "quiet latency in A"),
        field("b_quiet_ms", &R::b_quiet_ms, "ms", "quiet latency in B"),
        field("ratio", &R::ratio, "", "B over A"),
        field("ratio_low", &R::ratio_low, "", "lower end of its interval"),
        field("ratio_high", &R::ratio_high, "", "upper end of its interval"),
        field("typical_ratio", &R::typical_ratio, "", "of typical latencies, B over A"),
        field("corrected_ratio", &R::corrected_ratio, "",
              "of quiet latencies corrected for the machine's drift, B over A"),
        field("note", &R::note, "", "why there is no ratio"));
  }
};

// How well the same thing measured twice agrees; meaningful where A and B are the same program on
// the same machine.
struct Agreement {
  int rows = 0;           // with a ratio
  double quiet_mape = 0;  // mean |B - A| / A
  double typical_mape = 0;
  double common_factor = 1;      // median B over A
  double quiet_mape_common = 0;  // after that factor is taken out
  int valid = 0;                 // rows that are valid in both
  double valid_outside_5 = 0;    // of those, share that differs by more than 5 %
  double inside_interval = 0;    // share of all rows whose A interval contains the value of B
  double inside_within = 0;      // the same for the interval that A's rounds alone give
  int corrected = 0;             // rows that both have corrected for drift
  double corrected_mape = 0;     // of those, beside `corrected_raw_mape` without it
  double corrected_raw_mape = 0;
  // The same for rows of at least `long_row_ms` that are valid in both.
  int long_valid = 0;
  double long_valid_quiet_mape = 0;
};
inline constexpr double long_row_ms = 0.1;

struct Comparison {
  std::vector<ComparedRow> rows;  // in A's order, then what only B has
  std::optional<Agreement> agreement;
  int count(Change change) const;
};

// Which quiet latency decides: as measured, or corrected for the machine's drift (sweep/drift.hpp).
enum class Latency { raw, corrected };

// `equal`: how far from 1 a ratio may be and still be called the same, for instance 0.05.
Comparison compare_results(const std::vector<SweepResult>& a, const std::vector<SweepResult>& b,
                           double equal, Latency latency = Latency::raw);
std::string agreement_text(const Comparison& comparison);

}  // namespace opgauge
