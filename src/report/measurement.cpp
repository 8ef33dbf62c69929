// SPDX-License-Identifier: Apache-2.0
#include "report/measurement.hpp"

#include <fmt/format.h>

#include "base/csv.hpp"
#include "base/json.hpp"
#include "base/units.hpp"
#include "graph/liveness.hpp"
#include "graph/op_table.hpp"

namespace opgauge {
namespace {

std::string bytes(int64_t value) { return format_bytes(static_cast<double>(value)); }

std::string with_interval(const std::optional<double>& value, const std::optional<double>& low,
                          const std::optional<double>& high) {
  if (!value) return "none";
  return fmt::format("{}  [{}, {}]", format_seconds(*value), format_seconds(*low),
                     format_seconds(*high));
}

std::string energy_line(const EnergyMeasurement& energy) {
  if (!energy.energy_j) return "none: " + energy.reason;
  std::string text = fmt::format("{:.3g} J above idle", *energy.energy_j);
  if (energy.energy_low_j && energy.energy_high_j) {
    text += fmt::format("  [{:.3g}, {:.3g}]", *energy.energy_low_j, *energy.energy_high_j);
  }
  if (energy.total_energy_j) text += fmt::format(", {:.3g} J in all", *energy.total_energy_j);
  return text + " (" + energy.meter + ")";
}

std::vector<std::pair<std::string, std::string>> facts(const ModelMeasurement& m) {
  std::vector<std::pair<std::string, std::string>> lines;
  lines.emplace_back("verdict",
                     fmt::format("{}: {}", name_of(m.outcome.verdict), m.outcome.reason));
  lines.emplace_back("quiet latency",
                     with_interval(m.quiet_latency_s, m.quiet_low_s, m.quiet_high_s));
  lines.emplace_back("typical latency",
                     with_interval(m.typical_latency_s, m.typical_low_s, m.typical_high_s));
  if (m.contention) {
    lines.emplace_back("contention", fmt::format("{:.2f} (typical / quiet) over {} rounds, {} runs",
                                                 *m.contention, m.rounds, m.samples));
  }
  if (m.flops_per_s) lines.emplace_back("rate", format_rate(*m.flops_per_s, "FLOP"));
  if (m.executed_macs) {
    lines.emplace_back(
        "MACs", fmt::format("{} executed, {} counted from the graph", *m.executed_macs, m.macs));
  }
  if (m.peak_live_bytes) {
    lines.emplace_back(
        "peak memory",
        fmt::format("{} live tensors ({} held, {} intermediates; {} predicted)",
                    bytes(*m.peak_live_bytes), bytes(*m.held_bytes),
                    bytes(*m.peak_intermediate_bytes), bytes(m.predicted_peak_intermediate_bytes)));
  }
  if (m.process_peak_bytes) {
    lines.emplace_back("process", fmt::format("{} high-water mark, with the program and LibTorch",
                                              bytes(*m.process_peak_bytes)));
  }
  lines.emplace_back("energy", energy_line(m.energy));
  for (const std::string& flag : m.disturbance.flags()) lines.emplace_back("disturbed", flag);
  return lines;
}

Table cases_table(const ModelMeasurement& m, size_t most) {
  Table table;
  table.columns = {"heaviest cases", "calls", "quiet", "share", "rate", "bandwidth"};
  for (const MeasuredCase& row : m.cases) {
    if (most > 0 && table.rows.size() == most) break;
    const bool timed = row.quiet_s > 0;
    table.rows.push_back(
        {row.call, std::to_string(row.count), format_seconds(row.quiet_s),
         format_percent(row.share),
         timed && row.macs ? format_rate(2 * static_cast<double>(row.macs) / row.quiet_s, "FLOP")
                           : "",
         timed && row.bytes ? format_rate(static_cast<double>(row.bytes) / row.quiet_s, "B") : ""});
  }
  return table;
}

std::string title(const ModelMeasurement& m) {
  return fmt::format("{}, {}, {}, {} thread{}", m.model, m.precision, m.device, m.execution.threads,
                     m.execution.threads == 1 ? "" : "s");
}

}  // namespace

std::string print_measurement(const ModelMeasurement& m, size_t most_cases) {
  std::string text = title(m) + "\n\n";
  for (const auto& [name, value] : facts(m)) text += fmt::format("{:<15} {}\n", name, value);
  if (!m.cases.empty()) text += "\n" + to_text(cases_table(m, most_cases));
  return text;
}

std::string measurement_markdown(const ModelMeasurement& m, size_t most_cases) {
  Table table;
  table.columns = {"", "measured"};
  for (const auto& [name, value] : facts(m)) table.rows.push_back({name, value});
  std::string text = "# " + title(m) + "\n\n" + to_markdown(table);
  if (!m.cases.empty()) text += "\n## Heaviest cases\n\n" + to_markdown(cases_table(m, most_cases));
  return text;
}

std::string measurement_trace(const ModelMeasurement& m, const Graph& graph) {
  Json events = Json::array();
  const auto name_track = [&](const char* what, const std::string& name) {
    events.push_back(
        {{"ph", "M"}, {"pid", 1}, {"tid", 1}, {"name", what}, {"args", {{"name", name}}}});
  };
  name_track("process_name", title(m));
  name_track("thread_name", "calls, quiet times");
  const std::vector<int64_t> live = live_bytes(graph);
  double at_us = 0;
  for (size_t i = 0; i < m.nodes.size(); ++i) {
    const MeasuredNode& node = m.nodes[i];
    const OpRow* op = graph.nodes[i].op;
    const Work work = work_of(graph, graph.nodes[i]);
    const double duration_us = node.quiet_s * 1e6;
    events.push_back({{"ph", "X"},
                      {"pid", 1},
                      {"tid", 1},
                      {"ts", at_us},
                      {"dur", duration_us},
                      {"name", graph.nodes[i].target},
                      {"cat", std::string(name_of(op->family))},
                      {"args",
                       {{"case", node.call},
                        {"output", node.output},
                        {"module", node.module},
                        {"where", node.where},
                        {"macs", work.macs},
                        {"read_bytes", work.read_bytes},
                        {"write_bytes", work.write_bytes}}}});
    events.push_back({{"ph", "C"},
                      {"pid", 1},
                      {"ts", at_us},
                      {"name", "live intermediates"},
                      {"args", {{"bytes", live[i]}}}});
    at_us += duration_us;
  }
  const Json trace = {{"displayTimeUnit", "ns"}, {"traceEvents", events}};
  return trace.dump(1) + "\n";
}

}  // namespace opgauge
