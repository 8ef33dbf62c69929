// SPDX-License-Identifier: Apache-2.0
// Order statistics and error measures used by measuring, fitting and reporting.
#pragma once

#include <span>
#include <vector>

namespace opgauge {

// All take unsorted values; an empty span is a bug of the caller (checked).
double mean(std::span<const double> values);
double standard_deviation(std::span<const double> values);  // n - 1; 0 for one value
// Linear interpolation between order statistics (Hyndman & Fan 1996, type 7); q in [0, 1].
double quantile(std::span<const double> values, double q);
double median(std::span<const double> values);
double minimum(std::span<const double> values);
double maximum(std::span<const double> values);

// Scores of predictions against truths (both > 0), as fractions: 0.05 is 5 %.
struct ErrorSummary {
  int count = 0;
  double mape = 0;           // mean |p - t| / t
  double bias = 0;           // mean (p - t) / t
  double median = 0;         // median |p - t| / t
  double p90 = 0;
  double max = 0;
  double within_5 = 0;       // share with |p - t| / t <= 0.05
  double within_10 = 0;
  double wape = 0;           // sum |p - t| / sum t
  double common_factor = 1;  // the one factor on all predictions that minimises the median |log error|
  double mape_common = 0;    // mape after that factor is applied
};
ErrorSummary summarize_errors(std::span<const double> predicted, std::span<const double> truth);

}  // namespace opgauge
