// SPDX-License-Identifier: Apache-2.0
// Sentences that the data support, each with the rows that it rests on. A sentence is made only
// from enough rows: three comparisons, or a coefficient that the fit identified. There is none
// otherwise.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/statistics.hpp"
#include "base/units.hpp"
#include "report/analyze.hpp"

namespace opgauge {
namespace {

constexpr size_t least_comparisons = 3;

std::string threads_text(int threads) {
  return fmt::format("{} thread{}", threads, threads == 1 ? "" : "s");
}

std::vector<int> rows_where(const Results& results, const std::string& precision, int threads,
                            std::optional<Bottleneck> bottleneck,
                            const std::string& scenario = "") {
  std::vector<int> rows;
  for (const ResultRow& row : results.rows) {
    if (!row.latency_s() || row.precision != precision || row.threads != threads) continue;
    if (bottleneck && row.bottleneck != bottleneck) continue;
    if (!scenario.empty() && row.scenario != scenario) continue;
    rows.push_back(row.row);
  }
  return rows;
}

void add_derates(const Results& results, const std::vector<UpdateFinding>& updates,
                 std::vector<Insight>& insights) {
  for (const UpdateFinding& update : updates) {
    const RooflineFit& fit = update.fit;
    for (const Coefficient& one : fit.coefficients) {
      if (!one.identified || !one.standard_error) continue;
      const std::string figure =
          fmt::format("{:.1f} % (± {:.1f})", 100 * one.value, 100 * *one.standard_error);
      if (one.name == "efficiency_factor") {
        std::vector<int> rows =
            rows_where(results, fit.precision, fit.threads, Bottleneck::compute);
        if (rows.empty()) rows = rows_where(results, fit.precision, fit.threads, std::nullopt);
        insights.push_back(
            {"derate",
             fmt::format("{} on {}: arithmetic runs at {} of the measured ceiling of {}.",
                         fit.precision, threads_text(fit.threads), figure,
                         format_rate(update.ceiling_flops_per_s, "FLOP")),
             std::move(rows)});
      } else if (one.name == "memory_bottleneck_factor") {
        const auto level = std::ranges::find(update.levels, one.level) - update.levels.begin();
        if (level == static_cast<std::ptrdiff_t>(update.levels.size())) continue;
        const std::string scenario = one.level == "DRAM" ? "DRAM_spill" : one.level + "_fit";
        std::vector<int> rows =
            rows_where(results, fit.precision, fit.threads, std::nullopt, scenario);
        if (rows.empty()) rows = rows_where(results, fit.precision, fit.threads, std::nullopt);
        insights.push_back(
            {"derate",
             fmt::format(
                 "{} on {}: operands come out of {} at {} of its measured copy bandwidth of {}.",
                 fit.precision, threads_text(fit.threads), one.level, figure,
                 format_rate(update.bandwidth_bytes_per_s[static_cast<size_t>(level)], "B")),
             std::move(rows)});
      }
    }
  }
}

void add_fastest(const Results& results, const std::vector<UpdateFinding>& updates,
                 std::vector<Insight>& insights) {
  for (const UpdateFinding& update : updates) {
    const ResultRow* fastest = nullptr;
    double most = 0;
    for (const ResultRow& row : results.rows) {
      if (row.precision != update.fit.precision || row.threads != update.fit.threads) continue;
      if (!row.latency_s() || !row.flops) continue;
      const double rate = *row.flops / *row.latency_s();
      if (rate > most) {
        most = rate;
        fastest = &row;
      }
    }
    if (!fastest || update.ceiling_flops_per_s <= 0) continue;
    insights.push_back(
        {"derate",
         fmt::format(
             "{} on {}: the highest rate of any row is {} ({}, batch {}), {:.0f} % of the ceiling.",
             update.fit.precision, threads_text(update.fit.threads), format_rate(most, "FLOP"),
             fastest->graph.empty() ? fastest->model : fastest->graph, fastest->batch_size,
             100 * most / update.ceiling_flops_per_s),
         {fastest->row}});
  }
}

// Rows that differ in nothing but one column.
template <class Key, class Other>
std::map<std::string, std::map<Key, const ResultRow*>> families_by(const Results& results,
                                                                   Key ResultRow::*member,
                                                                   Other&& others) {
  std::map<std::string, std::map<Key, const ResultRow*>> families;
  for (const ResultRow& row : results.rows) {
    if (row.latency_s()) families[others(row)][row.*member] = &row;
  }
  return families;
}

void add_batch(const Results& results, std::vector<Insight>& insights) {
  std::map<std::pair<std::string, int>, bool> settings;
  for (const ResultRow& row : results.rows) settings[{row.precision, row.threads}] = true;
  const auto families = families_by(results, &ResultRow::batch_size, [](const ResultRow& row) {
    return fmt::format("{}|{}|{}|{}", row.precision, row.threads, row.device, row.architecture);
  });
  for (const auto& [setting, unused] : settings) {
    std::map<std::pair<int64_t, int64_t>, std::vector<double>>
        gains;  // one step of batch size -> throughput ratios
    std::map<std::pair<int64_t, int64_t>, std::vector<double>> spans;
    std::vector<int> rows;
    for (const auto& [name, by_batch] : families) {
      const ResultRow* first = by_batch.begin()->second;
      if (first->precision != setting.first || first->threads != setting.second ||
          by_batch.size() < 2)
        continue;
      const auto rate = [](const ResultRow& row) {
        return static_cast<double>(row.batch_size) / *row.latency_s();
      };
      for (auto at = by_batch.begin(); at != by_batch.end(); ++at) {
        rows.push_back(at->second->row);
        if (const auto next = std::next(at); next != by_batch.end()) {
          gains[{at->first, next->first}].push_back(rate(*next->second) / rate(*at->second));
        }
      }
      spans[{by_batch.begin()->first, by_batch.rbegin()->first}].push_back(
          rate(*by_batch.rbegin()->second) / rate(*first));
    }
    std::ranges::sort(rows);
    const auto widest =
        std::ranges::max_element(spans, {}, [](const auto& one) { return one.second.size(); });
    if (widest == spans.end() || widest->second.size() < least_comparisons) continue;
    std::string text = fmt::format(
        "{} on {}: from batch {} to {} throughput rises {:.1f}-fold (median of {} architectures)",
        setting.first, threads_text(setting.second), widest->first.first, widest->first.second,
        median(widest->second), widest->second.size());
    for (const auto& [step, ratios] : gains) {
      if (ratios.size() < least_comparisons || median(ratios) >= 1.1) continue;
      text += fmt::format("; beyond batch {} a step gains less than 10 %", step.first);
      break;
    }
    insights.push_back({"batch", text + ".", std::move(rows)});
  }
}

void add_hierarchy(const Results& results, const std::vector<TransitionFinding>& transitions,
                   std::vector<Insight>& insights) {
  const TransitionFinding* before = nullptr;
  for (const TransitionFinding& one : transitions) {
    const bool same =
        before && before->precision == one.precision && before->threads == one.threads;
    if (same && one.slowdown_per_flop && before->slowdown_per_flop &&
        one.rows >= static_cast<int>(least_comparisons) &&
        before->rows >= static_cast<int>(least_comparisons)) {
      std::vector<int> rows =
          rows_where(results, one.precision, one.threads, std::nullopt, before->scenario);
      const std::vector<int> more =
          rows_where(results, one.precision, one.threads, std::nullopt, one.scenario);
      rows.insert(rows.end(), more.begin(), more.end());
      std::ranges::sort(rows);
      insights.push_back(
          {"hierarchy",
           fmt::format(
               "{} on {}: from {} to {} a FLOP takes {:.2f} times as long, at equal batch sizes.",
               one.precision, threads_text(one.threads), before->scenario, one.scenario,
               *one.slowdown_per_flop / *before->slowdown_per_flop),
           std::move(rows)});
    }
    before = &one;
  }
}

void add_ratio(const std::string& topic, const std::string& label, std::vector<double> ratios,
               std::vector<int> rows, std::vector<Insight>& insights) {
  if (ratios.size() < least_comparisons) return;
  std::ranges::sort(rows);
  rows.erase(std::unique(rows.begin(), rows.end()), rows.end());
  insights.push_back(
      {topic,
       fmt::format(
           "{}: {:.2f} times as fast (median of {} pairs, {:.2f} to {:.2f} for the middle 80 %).",
           label, median(ratios), ratios.size(), quantile(ratios, 0.1), quantile(ratios, 0.9)),
       std::move(rows)});
}

void add_precision(const Results& results, std::vector<Insight>& insights) {
  const auto families = families_by(results, &ResultRow::precision, [](const ResultRow& row) {
    return fmt::format("{}|{}|{}|{}", row.threads, row.device, row.batch_size, row.architecture);
  });
  std::map<std::pair<std::string, int>, std::pair<std::vector<double>, std::vector<int>>> pairs;
  for (const auto& [name, by_precision] : families) {
    const auto base = by_precision.find("fp32");
    if (base == by_precision.end()) continue;
    for (const auto& [precision, row] : by_precision) {
      if (precision == "fp32") continue;
      auto& [ratios, rows] = pairs[{precision, row->threads}];
      ratios.push_back(*base->second->latency_s() / *row->latency_s());
      rows.push_back(base->second->row);
      rows.push_back(row->row);
    }
  }
  for (auto& [key, pair] : pairs) {
    add_ratio("precision",
              fmt::format("{} against fp32 on {}", key.first, threads_text(key.second)), pair.first,
              pair.second, insights);
  }
}

void add_threads(const Results& results, std::vector<Insight>& insights) {
  const auto families = families_by(results, &ResultRow::threads, [](const ResultRow& row) {
    return fmt::format("{}|{}|{}|{}", row.precision, row.device, row.batch_size, row.architecture);
  });
  std::map<std::tuple<std::string, int, int>, std::pair<std::vector<double>, std::vector<int>>>
      pairs;
  for (const auto& [name, by_threads] : families) {
    const auto& [fewest, base] = *by_threads.begin();
    for (const auto& [threads, row] : by_threads) {
      if (threads == fewest) continue;
      auto& [ratios, rows] = pairs[{row->precision, fewest, threads}];
      ratios.push_back(*base->latency_s() / *row->latency_s());
      rows.push_back(base->row);
      rows.push_back(row->row);
    }
  }
  for (auto& [key, pair] : pairs) {
    const auto& [precision, fewest, threads] = key;
    add_ratio("threads",
              fmt::format("{} on {} against {}", precision, threads_text(threads), fewest),
              pair.first, pair.second, insights);
  }
}

void add_contention(const Results& results, std::vector<Insight>& insights) {
  std::vector<double> ratios;
  std::vector<int> rows;
  const ResultRow* worst = nullptr;
  for (const ResultRow& row : results.rows) {
    if (!row.typical_s || !row.quiet_s) continue;
    ratios.push_back(*row.typical_s / *row.quiet_s);
    rows.push_back(row.row);
    if (ratios.back() >= maximum(ratios)) worst = &row;
  }
  if (ratios.size() < least_comparisons) return;
  insights.push_back({"contention",
                      fmt::format("Typical latency was {:.2f} times the quiet latency (median), at "
                                  "most {:.2f} times (row {}): "
                                  "a property of the hour, not of the models.",
                                  median(ratios), maximum(ratios), worst->row),
                      std::move(rows)});
}

}  // namespace

std::vector<Insight> find_insights(const Results& results,
                                   const std::vector<UpdateFinding>& updates,
                                   const std::vector<TransitionFinding>& transitions) {
  std::vector<Insight> insights;
  add_derates(results, updates, insights);
  add_fastest(results, updates, insights);
  add_batch(results, insights);
  add_hierarchy(results, transitions, insights);
  add_precision(results, insights);
  add_threads(results, insights);
  add_contention(results, insights);
  return insights;
}

}  // namespace opgauge
