// SPDX-License-Identifier: Apache-2.0
#include "report/markdown.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/csv.hpp"
#include "base/units.hpp"

namespace opgauge {
namespace {

std::string percent(double fraction, int digits = 1) { return format_percent(fraction, digits); }
std::string signed_percent(double fraction) { return fmt::format("{:+.1f} %", 100 * fraction); }
std::string times(const std::optional<double>& factor) {
  return factor ? fmt::format("{:.2f}×", *factor) : "–";
}
std::string number(double value) { return value == 0 ? "0" : fmt::format("{:.3g}", value); }
std::string range(const std::optional<double>& low, const std::optional<double>& high) {
  if (!low || !high) return "–";
  return number(*low) == number(*high) ? number(*low) : number(*low) + " – " + number(*high);
}
// An error of exactly nothing is a different thing from a small one.
std::string error_percent(double fraction) {
  return fraction == 0 ? "0 (exact)" : percent(fraction, fraction < 0.01 ? 3 : 1);
}

std::string summary_section(const Findings& findings) {
  const FindingsSummary& s = findings.summary;
  std::string text = "## Summary\n\n";
  text +=
      fmt::format("- **Total configs tested**: {} ({} architectures), {} with a measured latency",
                  s.configurations, s.architectures, s.measured);
  for (size_t i = 0; i < s.verdicts.size(); ++i) {
    text += fmt::format("{}{} {}", i ? ", " : "; verdicts: ", s.verdicts[i].rows,
                        s.verdicts[i].verdict);
  }
  text += "\n";
  if (!s.coefficients.empty()) {
    text += "- **Estimates made with**: ";
    for (size_t i = 0; i < s.coefficients.size(); ++i) {
      text += (i ? "; " : "") +
              (s.coefficients[i] == "assumed" ? "assumed coefficients" : s.coefficients[i]);
    }
    text += "\n";
  }
  if (!s.errors.empty()) {
    text += "- **Mean Absolute Percentage Error (MAPE†)**:\n";
    for (const ErrorFigures& one : s.errors) {
      text += fmt::format("  - {}{}: {}\n", static_cast<char>(std::toupper(one.quantity[0])),
                          one.quantity.substr(1), error_percent(one.mape));
    }
  }
  text += "- **Noise floor** (the same measurement twice): " +
          (s.noise_floor ? percent(*s.noise_floor) + ", " + s.noise_floor_source
                         : "not known: " + s.noise_floor_source) +
          "\n";
  if (s.half_width) {
    text += "- **Interval of a quiet latency**: ± " + percent(*s.half_width) +
            " (median half-width, 95 %)\n";
  }
  if (s.contention) {
    text += fmt::format("- **Contention factor** (typical over quiet): {:.2f} (median)\n",
                        *s.contention);
  }
  if (s.coverage)
    text +=
        "- **Measurements inside the estimate's 90 % interval**: " + percent(*s.coverage, 0) + "\n";
  if (s.errors.empty()) return text + "\n";
  Table table;
  table.columns = {"Quantity", "Rows", "MAPE", "Bias", "Median", "p90", "Max", "Within 10 %"};
  for (const ErrorFigures& one : s.errors) {
    table.rows.push_back({one.quantity, std::to_string(one.rows), error_percent(one.mape),
                          signed_percent(one.bias), percent(one.median), percent(one.p90),
                          percent(one.max), percent(one.within_10, 0)});
  }
  text += "\n" + to_markdown(table);
  return text +
         "\n† **MAPE** = Mean Absolute Percentage Error: average of |empirical - analytical| / "
         "empirical × 100 %; "
         "bias keeps the sign (+: estimated too slow, too large).\n\n";
}

std::string bottleneck_section(const Findings& findings) {
  if (findings.bottlenecks.empty()) return "";
  std::string text = "## Bottleneck Analysis\n\n";
  for (const BottleneckFinding& one : findings.bottlenecks) {
    text += fmt::format("- **{}{}-bound configs**: {}",
                        static_cast<char>(std::toupper(one.bottleneck[0])),
                        one.bottleneck.substr(1), one.rows);
    if (one.intensity_low) {
      text += " (arithmetic intensity " + range(one.intensity_low, one.intensity_high) + " FLOP/B)";
    }
    text += "\n";
    if (one.latency) {
      text += fmt::format("  - MAPE {}: {} (bias {}, p90 {})\n", one.latency->quantity,
                          percent(one.latency->mape), signed_percent(one.latency->bias),
                          percent(one.latency->p90));
    }
  }
  return text + "\n";
}

std::string quantity(const Coefficient& of, double value) {
  if (of.name == "launch_s" || of.name == "view_s")
    return value < 1e-6 ? fmt::format("{:.0f} ns", 1e9 * value) : format_seconds(value);
  return fmt::format("{:.3g}", value);
}

std::string update_section(const Findings& findings) {
  if (findings.updates.empty()) return "";
  std::string text =
      "## Recommended Updates\n\nFitted jointly to all rows of a precision and thread count; "
      "`opgauge calibrate --from` "
      "writes them. Factors are shares of what this machine was measured to sustain.\n";
  for (const UpdateFinding& update : findings.updates) {
    const RooflineFit& fit = update.fit;
    text += fmt::format("\n### {} on {} thread{}\n\n", fit.precision, fit.threads,
                        fit.threads == 1 ? "" : "s");
    Table table;
    table.columns = {"Coefficient", "Level", "Was", "Update to", "Standard error", "Note"};
    for (size_t i = 0; i < fit.coefficients.size(); ++i) {
      const Coefficient& now = fit.coefficients[i];
      table.rows.push_back({"`" + now.name + "`", now.level, quantity(now, update.before[i].value),
                            now.source == Source::measured ? quantity(now, now.value) : "keep",
                            now.standard_error ? "± " + quantity(now, *now.standard_error) : "–",
                            now.identified ? "" : "not identified: " + now.note});
    }
    text += to_markdown(table) + "\n";
    if (fit.assumed_mape && fit.fit_mape) {
      text += fmt::format(
          "MAPE of {} latency over {} configurations of {} architectures: {} before, {} fitted",
          findings.statistic, fit.configurations, fit.groups, percent(*fit.assumed_mape),
          percent(*fit.fit_mape));
      if (fit.held_out_mape) {
        text += fmt::format(
            ", **{} held out** (cross-validation over architectures; gain {:.1f} points)",
            percent(*fit.held_out_mape), 100 * (*fit.assumed_mape - *fit.held_out_mape));
      } else {
        text += "; one architecture alone cannot be held out";
      }
      text += ".\n";
    }
    std::string ridges;
    for (size_t i = 0; i < update.levels.size(); ++i) {
      ridges += (i ? ", " : "") + update.levels[i] + " " + number(update.ridge_flops_per_byte[i]);
    }
    text += "Ridge points (FLOP/B above which arithmetic bounds, fitted): " + ridges + ".\n";
  }
  return text + "\n";
}

std::string transition_section(const Findings& findings) {
  if (findings.transitions.empty()) return "";
  std::string text =
      "## Memory Scenario Transitions\n\nTime per FLOP and per byte of working set, relative to "
      "the first scenario at equal "
      "batch sizes.\n\n";
  Table table;
  table.columns = {"Precision",   "Threads",     "Scenario",
                   "Working Set", "Rows",        "Observed Slowdown per FLOP",
                   "per byte",    "AI (FLOP/B)", "Batch sizes compared"};
  for (const TransitionFinding& one : findings.transitions) {
    std::string batches;
    for (const int64_t batch : one.batch_sizes)
      batches += (batches.empty() ? "" : ", ") + std::to_string(batch);
    table.rows.push_back(
        {one.precision, std::to_string(one.threads), one.scenario,
         format_bytes(one.working_set_low_bytes) + " – " + format_bytes(one.working_set_high_bytes),
         std::to_string(one.rows), times(one.slowdown_per_flop), times(one.slowdown_per_byte),
         range(one.intensity_low, one.intensity_high), batches.empty() ? "none" : batches});
  }
  return text + to_markdown(table) + "\n";
}

std::string insight_section(const Findings& findings) {
  if (findings.insights.empty()) return "";
  std::string text = "## Key Insights\n\n";
  for (const Insight& one : findings.insights) {
    text += fmt::format("- **{}{}**: {} [rows {}]\n", static_cast<char>(std::toupper(one.topic[0])),
                        one.topic.substr(1), one.text, row_ranges(one.rows));
  }
  return text + "\n";
}

std::string left_out_section(const Findings& findings) {
  if (findings.left_out.empty()) return "";
  std::string text = "## Left out\n\n";
  for (const LeftOut& one : findings.left_out)
    text += "- " + one.section + ": " + one.reason + "\n";
  return text + "\n";
}

}  // namespace

std::string row_ranges(std::vector<int> rows, size_t most) {
  std::ranges::sort(rows);
  rows.erase(std::unique(rows.begin(), rows.end()), rows.end());
  std::vector<std::string> ranges;
  for (size_t i = 0; i < rows.size();) {
    size_t end = i;
    while (end + 1 < rows.size() && rows[end + 1] == rows[end] + 1) ++end;
    ranges.push_back(end == i ? std::to_string(rows[i]) : fmt::format("{}-{}", rows[i], rows[end]));
    i = end + 1;
  }
  std::string text;
  for (size_t i = 0; i < std::min(most, ranges.size()); ++i) text += (i ? ", " : "") + ranges[i];
  if (ranges.size() > most) text += fmt::format(", … ({} rows)", rows.size());
  return text;
}

std::string findings_markdown(const Findings& findings) {
  std::string text = "# " + findings.title + "\n\nResults: `" + findings.data + "`";
  if (!findings.machine.empty()) text += "; machine: `" + findings.machine + "`";
  text += "; figures are of the " + findings.statistic + " latency";
  text += findings.statistic == "quiet"
              ? " (what the machine does when left alone) unless said otherwise.\n\n"
              : " (median over runs).\n\n";
  text += summary_section(findings) + bottleneck_section(findings) + update_section(findings) +
          transition_section(findings) + insight_section(findings) + left_out_section(findings);
  if (!findings.missing_columns.empty()) {
    text += "Columns that the file lacks: ";
    for (size_t i = 0; i < findings.missing_columns.size(); ++i) {
      text += (i ? ", `" : "`") + findings.missing_columns[i] + "`";
    }
    text += ".\n";
  }
  while (text.ends_with("\n\n")) text.pop_back();
  return text;
}

}  // namespace opgauge
