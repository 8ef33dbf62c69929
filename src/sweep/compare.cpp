// SPDX-License-Identifier: Apache-2.0
#include "sweep/compare.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/math/distributions/normal.hpp>
#include <cmath>
#include <map>
#include <set>

#include "base/statistics.hpp"

namespace opgauge {
namespace {

std::map<std::string, const SweepRow*> by_key(const std::vector<SweepResult>& results,
                                              const char* name) {
  std::map<std::string, const SweepRow*> rows;
  for (const SweepResult& result : results) {
    for (const KeyedRow& one : result.rows) {
      if (!rows.emplace(one.key, &one.row).second) {
        throw Error(name, "found \"" + one.key + "\" twice, expected every configuration once");
      }
    }
  }
  return rows;
}

constexpr double quantile_95 = 1.96;

// Variance of the logarithm of B over A. An interval that knows what lies between runs is about the
// other run's value already: the mean of both. One that does not is about its own alone: the sum.
double log_variance(const SweepRow& a, const SweepRow& b) {
  const auto variance = [](const SweepRow& row) {
    const double error = std::log1p(std::max(0.0, *row.quiet_half_width_pct) / 100) / quantile_95;
    return error * error;
  };
  const bool between = a.quiet_between_pct && b.quiet_between_pct;
  return (variance(a) + variance(b)) / (between ? 2 : 1);
}

// The latency that decides; nullopt where the row lacks it.
std::optional<double> deciding_ms(const SweepRow& row, Latency latency) {
  return latency == Latency::corrected ? row.quiet_corrected_ms : row.empirical_quiet_ms;
}

bool measured(const SweepRow& row) {
  return row.empirical_quiet_ms && row.quiet_half_width_pct && *row.empirical_quiet_ms > 0;
}

ComparedRow compare_row(const std::string& key, const SweepRow& a, const SweepRow& b, double z,
                        double equal, Latency latency) {
  ComparedRow row;
  row.key = key;
  row.a_quiet_ms = a.empirical_quiet_ms;
  row.b_quiet_ms = b.empirical_quiet_ms;
  if (!measured(a) || !measured(b)) {
    const SweepRow& missing = measured(a) ? b : a;
    row.note = std::string(measured(a) ? "B" : "A") + " is " +
               std::string(name_of(missing.verdict)) + ": " + missing.reason;
    return row;
  }
  if (a.quiet_corrected_ms && b.quiet_corrected_ms)
    row.corrected_ratio = *b.quiet_corrected_ms / *a.quiet_corrected_ms;
  if (a.empirical_time_ms && b.empirical_time_ms)
    row.typical_ratio = *b.empirical_time_ms / *a.empirical_time_ms;
  const auto in_a = deciding_ms(a, latency), in_b = deciding_ms(b, latency);
  if (!in_a || !in_b) {
    row.note = std::string(in_a ? "B" : "A") + " has no latency corrected for drift";
    return row;
  }
  const double log_ratio = std::log(*in_b / *in_a);
  const double spread = z * std::sqrt(log_variance(a, b));
  row.ratio = std::exp(log_ratio);
  row.ratio_low = std::exp(log_ratio - spread);
  row.ratio_high = std::exp(log_ratio + spread);
  if (*row.ratio_low > 1 + equal) {
    row.change = Change::slow;
  } else if (*row.ratio_high < 1 - equal) {
    row.change = Change::fast;
  } else if (*row.ratio_low >= 1 - equal && *row.ratio_high <= 1 + equal) {
    row.change = Change::same;
  } else {
    row.change = Change::ambiguous;
  }
  return row;
}

Agreement agreement_of(const std::vector<std::pair<const SweepRow*, const SweepRow*>>& pairs) {
  Agreement found;
  found.rows = static_cast<int>(pairs.size());
  std::vector<double> ratios, typical, long_errors, corrected, uncorrected;
  int inside = 0, inside_within = 0, valid_outside = 0;
  for (const auto& [a, b] : pairs) {
    const double ratio = *b->empirical_quiet_ms / *a->empirical_quiet_ms;
    ratios.push_back(ratio);
    if (a->empirical_time_ms && b->empirical_time_ms) {
      typical.push_back(std::abs(*b->empirical_time_ms / *a->empirical_time_ms - 1));
    }
    inside += *a->empirical_quiet_low_ms <= *b->empirical_quiet_ms &&
              *b->empirical_quiet_ms <= *a->empirical_quiet_high_ms;
    inside_within += std::abs(ratio - 1) <= a->quiet_within_pct.value_or(0) / 100;
    if (a->quiet_corrected_ms && b->quiet_corrected_ms) {
      corrected.push_back(std::abs(*b->quiet_corrected_ms / *a->quiet_corrected_ms - 1));
      uncorrected.push_back(std::abs(ratio - 1));
    }
    if (a->verdict != Verdict::valid || b->verdict != Verdict::valid) continue;
    ++found.valid;
    valid_outside += std::abs(ratio - 1) > 0.05;
    if (*a->empirical_quiet_ms >= long_row_ms) long_errors.push_back(std::abs(ratio - 1));
  }
  const auto mape = [&](double factor) {
    double sum = 0;
    for (const double ratio : ratios) sum += std::abs(ratio / factor - 1);
    return sum / static_cast<double>(ratios.size());
  };
  found.common_factor = median(ratios);
  found.quiet_mape = mape(1);
  found.quiet_mape_common = mape(found.common_factor);
  found.typical_mape = typical.empty() ? 0 : mean(typical);
  found.inside_interval = static_cast<double>(inside) / static_cast<double>(pairs.size());
  found.inside_within = static_cast<double>(inside_within) / static_cast<double>(pairs.size());
  found.corrected = static_cast<int>(corrected.size());
  if (found.corrected) {
    found.corrected_mape = mean(corrected);
    found.corrected_raw_mape = mean(uncorrected);
  }
  if (found.valid) found.valid_outside_5 = static_cast<double>(valid_outside) / found.valid;
  found.long_valid = static_cast<int>(long_errors.size());
  if (found.long_valid) found.long_valid_quiet_mape = mean(long_errors);
  return found;
}

}  // namespace

int Comparison::count(Change change) const {
  return static_cast<int>(std::count_if(
      rows.begin(), rows.end(), [&](const ComparedRow& row) { return row.change == change; }));
}

Comparison compare_results(const std::vector<SweepResult>& a, const std::vector<SweepResult>& b,
                           double equal, Latency latency) {
  const auto in_a = by_key(a, "A"), in_b = by_key(b, "B");
  std::vector<std::pair<const SweepRow*, const SweepRow*>> pairs;
  for (const auto& [key, row] : in_a) {
    const auto other = in_b.find(key);
    if (other != in_b.end() && measured(*row) && measured(*other->second))
      pairs.emplace_back(row, other->second);
  }
  const double looks = static_cast<double>(std::max<size_t>(1, pairs.size()));
  const double z = boost::math::quantile(boost::math::normal(), 1 - 0.025 / looks);
  Comparison comparison;
  for (const SweepResult& result : a) {
    for (const KeyedRow& one : result.rows) {
      const auto other = in_b.find(one.key);
      if (other != in_b.end()) {
        comparison.rows.push_back(compare_row(one.key, one.row, *other->second, z, equal, latency));
        continue;
      }
      ComparedRow& row = comparison.rows.emplace_back();
      row.key = one.key;
      row.a_quiet_ms = one.row.empirical_quiet_ms;
      row.note = "only in A";
    }
  }
  for (const SweepResult& result : b) {
    for (const KeyedRow& one : result.rows) {
      if (in_a.contains(one.key)) continue;
      ComparedRow& row = comparison.rows.emplace_back();
      row.key = one.key;
      row.b_quiet_ms = one.row.empirical_quiet_ms;
      row.note = "only in B";
    }
  }
  if (!pairs.empty()) comparison.agreement = agreement_of(pairs);
  return comparison;
}

std::string agreement_text(const Comparison& comparison) {
  std::string text = fmt::format("{} rows:", comparison.rows.size());
  for (const auto& entry : enum_names<Change>) {
    if (const int count = comparison.count(entry.value))
      text += fmt::format(" {} {}", count, entry.name);
  }
  text += "\n";
  if (!comparison.agreement) return text + "  no row was measured in both\n";
  const Agreement& found = *comparison.agreement;
  const auto line = [&](const std::string& label, double fraction) {
    text += fmt::format("  {:<58} {:.2f} %\n", label, 100 * fraction);
  };
  line(fmt::format("quiet latency, B against A, MAPE over {} rows", found.rows), found.quiet_mape);
  line("the same, common factor taken out", found.quiet_mape_common);
  line("common factor (median B over A), minus 1", found.common_factor - 1);
  line("typical latency (median of runs), MAPE", found.typical_mape);
  line(fmt::format("quiet latency, {} valid rows of {:g} ms and more, MAPE", found.long_valid,
                   long_row_ms),
       found.long_valid_quiet_mape);
  line(fmt::format("share of {} valid rows that differ by more than 5 %", found.valid),
       found.valid_outside_5);
  line("share of rows whose interval in A contains B", found.inside_interval);
  line("the same with the interval that the rounds alone give", found.inside_within);
  if (found.corrected) {
    line(fmt::format("quiet latency corrected for drift, {} rows, MAPE", found.corrected),
         found.corrected_mape);
    line("the same rows as measured", found.corrected_raw_mape);
  }
  return text;
}

}  // namespace opgauge
