// SPDX-License-Identifier: Apache-2.0
#include "base/statistics.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/error.hpp"

namespace opgauge {

double mean(std::span<const double> values) {
  OPGAUGE_CHECK(!values.empty(), "mean of nothing");
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

double standard_deviation(std::span<const double> values) {
  if (values.size() < 2) return 0;
  const double center = mean(values);
  double sum = 0;
  for (const double v : values) sum += (v - center) * (v - center);
  return std::sqrt(sum / static_cast<double>(values.size() - 1));
}

double quantile(std::span<const double> values, double q) {
  OPGAUGE_CHECK(!values.empty(), "quantile of nothing");
  OPGAUGE_CHECK(q >= 0 && q <= 1, "quantile outside [0, 1]");
  std::vector<double> sorted(values.begin(), values.end());
  const double position = q * static_cast<double>(sorted.size() - 1);
  const size_t low = static_cast<size_t>(position);
  const auto at = sorted.begin() + static_cast<std::ptrdiff_t>(low);
  std::nth_element(sorted.begin(), at, sorted.end());
  if (low + 1 == sorted.size()) return *at;
  const double next = *std::min_element(at + 1, sorted.end());
  return *at + (position - static_cast<double>(low)) * (next - *at);
}

double median(std::span<const double> values) { return quantile(values, 0.5); }

double minimum(std::span<const double> values) {
  OPGAUGE_CHECK(!values.empty(), "minimum of nothing");
  return *std::min_element(values.begin(), values.end());
}

double maximum(std::span<const double> values) {
  OPGAUGE_CHECK(!values.empty(), "maximum of nothing");
  return *std::max_element(values.begin(), values.end());
}

ErrorSummary summarize_errors(std::span<const double> predicted, std::span<const double> truth) {
  OPGAUGE_CHECK(predicted.size() == truth.size(), "as many predictions as truths");
  ErrorSummary out;
  out.count = static_cast<int>(truth.size());
  if (truth.empty()) return out;
  std::vector<double> error, absolute, log_ratio;
  double difference = 0, total = 0;
  for (size_t i = 0; i < truth.size(); ++i) {
    const double e = (predicted[i] - truth[i]) / truth[i];
    error.push_back(e);
    absolute.push_back(std::abs(e));
    log_ratio.push_back(std::log(truth[i] / predicted[i]));
    difference += std::abs(predicted[i] - truth[i]);
    total += truth[i];
  }
  const auto share = [&](double limit) {
    return static_cast<double>(std::count_if(absolute.begin(), absolute.end(),
                                             [&](double a) { return a <= limit; })) /
           static_cast<double>(absolute.size());
  };
  out.mape = mean(absolute);
  out.bias = mean(error);
  out.median = median(absolute);
  out.p90 = quantile(absolute, 0.9);
  out.max = maximum(absolute);
  out.within_5 = share(0.05);
  out.within_10 = share(0.10);
  out.wape = difference / total;
  out.common_factor = std::exp(median(log_ratio));
  double scaled = 0;
  for (size_t i = 0; i < truth.size(); ++i) {
    scaled += std::abs(predicted[i] * out.common_factor - truth[i]) / truth[i];
  }
  out.mape_common = scaled / static_cast<double>(truth.size());
  return out;
}

}  // namespace opgauge
