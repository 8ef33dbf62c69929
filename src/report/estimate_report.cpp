// SPDX-License-Identifier: Apache-2.0
#include "report/estimate_report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "base/units.hpp"

namespace opgauge {
namespace {

template <class Estimated>
std::string interval(const Estimated& e) {
  if (!e.latency_low_s || !e.latency_high_s) return "no interval: not calibrated";
  return format_seconds(*e.latency_low_s) + " to " + format_seconds(*e.latency_high_s) + " (90 %)";
}

std::optional<double> throughput(const BatchEstimate& one) {
  if (!one.batch || one.estimate.latency_s <= 0) return std::nullopt;
  return static_cast<double>(*one.batch) / one.estimate.latency_s;
}

std::string energy(const Estimate& e) {
  return e.energy_j ? fmt::format("{:.3g} J ({} coefficients)", *e.energy_j, e.energy_source)
                    : "unavailable: " + e.energy_source;
}

Table totals(const BatchEstimate& one) {
  const Estimate& e = one.estimate;
  Table table;
  table.columns = {"estimate", ""};
  table.rows = {
      {"latency", format_seconds(e.latency_s) + (e.contention ? " quiet, " : ", ") + interval(e)},
      {"bound by",
       std::string(name_of(e.bottleneck)) +
           fmt::format(": arithmetic {}, memory {}, launch {}", format_seconds(e.compute_s),
                       format_seconds(e.memory_s), format_seconds(e.launch_s))},
      {"work", fmt::format("{} MAC, {} FLOP, {} other operations",
                           format_count(static_cast<double>(e.macs)),
                           format_count(static_cast<double>(e.flops)),
                           format_count(static_cast<double>(e.other_ops)))},
      {"moved", format_bytes(static_cast<double>(e.bytes)) +
                    fmt::format(", {:.3g} FLOP/B", e.arithmetic_intensity())},
      {"parameters", format_bytes(static_cast<double>(e.parameter_bytes))},
      {"memory peak", format_bytes(static_cast<double>(e.memory_peak_bytes))},
      {"energy", energy(e)},
      {"estimator",
       e.estimator + ", " + std::string(name_of(e.mode)) + ", coefficients: " + e.coefficients},
      {"machine", e.machine + fmt::format(", {} thread{}, {}", e.threads, e.threads == 1 ? "" : "s",
                                          e.precision)},
  };
  if (e.contention) {
    table.rows.insert(table.rows.begin() + 1, {"typical", fmt::format("{}, as the machine was while calibrated: {:.2f} times quiet",
                                                                       format_seconds(e.latency_s * *e.contention), *e.contention)});
  }
  if (one.before) {
    table.rows.insert(table.rows.begin() + 1,
                      {{"before measuring", format_seconds(one.before->latency_s) + ", " + interval(*one.before)},
                       {"budget", one.before->spent.sentence()}});
  }
  return table;
}

Table by_batch(const std::vector<BatchEstimate>& estimates) {
  Table table;
  table.columns = {"batch",      "latency",  "low",         "high",
                   "throughput", "bound by", "memory peak", "energy"};
  for (const BatchEstimate& one : estimates) {
    const Estimate& e = one.estimate;
    const auto rate = throughput(one);
    table.rows.push_back({one.batch ? std::to_string(*one.batch) : "", format_seconds(e.latency_s),
                          e.latency_low_s ? format_seconds(*e.latency_low_s) : "",
                          e.latency_high_s ? format_seconds(*e.latency_high_s) : "",
                          rate ? fmt::format("{:.4g}/s", *rate) : "",
                          std::string(name_of(e.bottleneck)),
                          format_bytes(static_cast<double>(e.memory_peak_bytes)),
                          e.energy_j ? fmt::format("{:.3g} J", *e.energy_j) : ""});
  }
  return table;
}

// The calibrated estimator times calls by cost class, not by arithmetic and memory.
bool timed_by_class(const Estimate& e) {
  return std::ranges::any_of(e.regions, [](const RegionEstimate& r) { return !r.cost_class.empty(); });
}

Table by_class(const Estimate& e) {
  struct Line {
    std::string cost_class;
    int calls = 0, extrapolated = 0;
    double latency_s = 0;
  };
  std::vector<Line> lines;
  for (const RegionEstimate& region : e.regions) {
    auto at = std::ranges::find(lines, region.cost_class, &Line::cost_class);
    if (at == lines.end()) at = lines.insert(at, {region.cost_class, 0, 0, 0});
    ++at->calls;
    at->extrapolated += !region.extrapolated.empty();
    at->latency_s += region.latency_s;
  }
  std::ranges::stable_sort(lines, std::greater<>(), &Line::latency_s);
  Table table;
  table.columns = {"share", "time", "calls", "extrapolated", "cost class"};
  for (const Line& line : lines) {
    table.rows.push_back({format_percent(e.latency_s > 0 ? line.latency_s / e.latency_s : 0),
                          format_seconds(line.latency_s), std::to_string(line.calls),
                          line.extrapolated ? std::to_string(line.extrapolated) : "",
                          line.cost_class});
  }
  return table;
}

// Regions of the same text are one line.
Table heaviest(const Estimate& e, size_t most) {
  struct Line {
    const RegionEstimate* region;
    int count = 0;
    double latency_s = 0;
  };
  std::vector<Line> lines;
  for (const RegionEstimate& region : e.regions) {
    auto at = std::ranges::find_if(lines, [&](const Line& line) {
      return line.region->text == region.text && line.region->op == region.op;
    });
    if (at == lines.end()) at = lines.insert(at, {&region});
    ++at->count;
    at->latency_s += region.latency_s;
  }
  std::ranges::stable_sort(lines, std::greater<>(), &Line::latency_s);
  if (most > 0 && lines.size() > most) lines.resize(most);
  Table table;
  if (timed_by_class(e)) {
    table.columns = {"share", "time", "calls", "cost class", "case", ""};
    for (const Line& line : lines) {
      const RegionEstimate& region = *line.region;
      table.rows.push_back({format_percent(e.latency_s > 0 ? line.latency_s / e.latency_s : 0),
                            format_seconds(line.latency_s), std::to_string(line.count),
                            region.cost_class, region.text,
                            region.measured                ? "measured"
                            : region.extrapolated.empty() ? ""
                                                           : "extrapolated"});
    }
    return table;
  }
  table.columns = {"share", "time", "calls", "bound by", "arithmetic", "memory", "from", "case"};
  for (const Line& line : lines) {
    const RegionEstimate& region = *line.region;
    const auto level = std::ranges::max_element(region.levels, {}, &LevelTerm::bytes);
    const std::string fused = region.nodes.size() > 1 ? "  [" + region.op + "]" : "";
    table.rows.push_back({format_percent(e.latency_s > 0 ? line.latency_s / e.latency_s : 0),
                          format_seconds(line.latency_s), std::to_string(line.count),
                          std::string(name_of(region.bottleneck)),
                          format_seconds(region.compute_s * line.count),
                          format_seconds(region.memory_s * line.count),
                          level == region.levels.end() ? "" : level->level, region.text + fused});
  }
  return table;
}

template <class Print>
std::string render(const std::vector<BatchEstimate>& estimates, size_t regions, Print&& print,
                   const std::string& heading) {
  std::string text;
  if (estimates.empty()) return text;
  const BatchEstimate& first = estimates.front();
  text +=
      heading + first.model + (first.batch ? fmt::format(", batch {}", *first.batch) : "") + "\n\n";
  text += print(totals(first)) + "\n";
  if (estimates.size() > 1) text += print(by_batch(estimates)) + "\n";
  if (timed_by_class(first.estimate)) text += print(by_class(first.estimate)) + "\n";
  text += print(heaviest(first.estimate, regions));
  std::vector<std::string> notes;
  for (const BatchEstimate& one : estimates) {
    for (const std::string& note : one.estimate.notes) {
      if (std::ranges::find(notes, note) == notes.end()) notes.push_back(note);
    }
  }
  if (!notes.empty()) text += "\n";
  for (const std::string& note : notes) text += "note: " + note + "\n";
  return text;
}

void add_budget(Table& table, const std::vector<BatchEstimate>& estimates) {
  for (const char* name : {"before_latency_s", "before_latency_low_s", "before_latency_high_s"})
    table.columns.emplace_back(name);
  add_columns<BudgetSpent>(table.columns);
  for (size_t i = 0; i < estimates.size(); ++i) {
    const BeforeBudget before = estimates[i].before.value_or(BeforeBudget{});
    table.rows[i].push_back(cell(encode(before.latency_s)));
    table.rows[i].push_back(cell(encode(before.latency_low_s)));
    table.rows[i].push_back(cell(encode(before.latency_high_s)));
    add_cells(table.rows[i], before.spent);
  }
}

}  // namespace

std::string estimates_text(const std::vector<BatchEstimate>& estimates, size_t regions) {
  return render(
      estimates, regions, [](const Table& table) { return to_text(table); }, "");
}
std::string estimates_markdown(const std::vector<BatchEstimate>& estimates, size_t regions) {
  return render(
      estimates, regions, [](const Table& table) { return to_markdown(table); }, "# ");
}

Table estimates_table(const std::vector<BatchEstimate>& estimates) {
  Table table;
  table.columns = {"model", "batch", "throughput_per_s"};
  add_columns<Estimate>(table.columns);
  for (const BatchEstimate& one : estimates) {
    const auto rate = throughput(one);
    auto& row = table.rows.emplace_back();
    row = {one.model, one.batch ? std::to_string(*one.batch) : "", rate ? cell(encode(*rate)) : ""};
    add_cells(row, one.estimate);
  }
  if (std::ranges::any_of(estimates, [](const BatchEstimate& one) { return one.before.has_value(); }))
    add_budget(table, estimates);
  const int regions = table.column("regions");
  if (regions >= 0) {  // a list does not fit a cell
    table.columns.erase(table.columns.begin() + regions);
    for (auto& row : table.rows) row.erase(row.begin() + regions);
  }
  return table;
}

Json estimates_json(const std::vector<BatchEstimate>& estimates) {
  Json list = Json::array();
  for (const BatchEstimate& one : estimates) {
    Json object = {{"model", one.model},
                   {"batch", encode(one.batch)},
                   {"throughput_per_s", encode(throughput(one))}};
    if (one.before) {
      object["before"] = {{"latency_s", encode(one.before->latency_s)},
                          {"latency_low_s", encode(one.before->latency_low_s)},
                          {"latency_high_s", encode(one.before->latency_high_s)},
                          {"estimator", one.before->estimator}};
      object["budget"] = encode(one.before->spent);
    }
    object.update(encode(one.estimate));
    list.push_back(std::move(object));
  }
  return list.size() == 1 ? list[0] : list;
}

}  // namespace opgauge
