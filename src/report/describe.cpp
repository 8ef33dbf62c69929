// SPDX-License-Identifier: Apache-2.0
#include "report/describe.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/units.hpp"
#include "graph/case.hpp"
#include "graph/liveness.hpp"
#include "graph/op_table.hpp"
#include "graph/text.hpp"

namespace opgauge {
namespace {

// Work summed by a key, heaviest first: multiply-adds, then bytes, then calls.
class Tally {
 public:
  void add(const std::string& call, const Work& work) {
    CountedCalls& row = rows_[call];
    row.call = call;
    ++row.count;
    row.macs += work.macs;
    row.other_ops += work.other_ops;
    row.read_bytes += work.read_bytes;
    row.write_bytes += work.write_bytes;
  }
  std::vector<CountedCalls> heaviest(size_t most) const {
    std::vector<CountedCalls> rows;
    for (const auto& [call, row] : rows_) rows.push_back(row);
    const auto weight = [](const CountedCalls& row) {
      return std::tuple(row.macs, row.read_bytes + row.write_bytes, row.count);
    };
    std::stable_sort(rows.begin(), rows.end(), [&](const CountedCalls& a, const CountedCalls& b) {
      return weight(a) > weight(b);
    });
    if (most > 0 && rows.size() > most) rows.resize(most);
    return rows;
  }

 private:
  std::map<std::string, CountedCalls> rows_;
};

std::vector<NamedTensor> named(const Graph& graph, const std::vector<ValueId>& ids) {
  std::vector<NamedTensor> tensors;
  for (const ValueId id : ids) {
    if (id == no_value) {
      tensors.push_back({"", "None"});
    } else {
      tensors.push_back({graph[id].name, print_type(graph[id].type)});
    }
  }
  return tensors;
}

void count_held(const Graph& graph, ModelDescription& to) {
  std::vector<bool> seen(static_cast<size_t>(graph.storages), false);
  for (const Value& value : graph.values) {
    if (value.role == Role::intermediate || seen[static_cast<size_t>(value.storage)]) continue;
    seen[static_cast<size_t>(value.storage)] = true;
    if (value.role == Role::parameter) {
      to.parameters += value.type.numel();
      to.parameter_bytes += value.type.storage_bytes();
    } else if (value.role == Role::input) {
      to.input_bytes += value.type.storage_bytes();
    } else {
      to.buffers += value.type.numel();
      to.buffer_bytes += value.type.storage_bytes();
    }
  }
}

std::vector<UnsupportedOp> unsupported(const Graph& graph) {
  std::map<std::string, UnsupportedOp> by_target;
  for (const Node& node : graph.nodes) {
    if (node.op) continue;
    UnsupportedOp& op = by_target[node.target];
    op.op = node.target;
    ++op.count;
    const std::string& place = node.where.empty() ? node.module : node.where;
    if (!place.empty() && std::find(op.places.begin(), op.places.end(), place) == op.places.end()) {
      op.places.push_back(place);
    }
  }
  std::vector<UnsupportedOp> ops;
  for (auto& [target, op] : by_target) ops.push_back(std::move(op));
  return ops;
}

std::string place_of(const Node& node) {
  return node.target + (node.module.empty() ? "" : " (" + node.module + ")");
}

}  // namespace

ModelDescription describe_graph(const Graph& graph, std::string model, std::string precision,
                                bool allow_unknown, size_t most_cases) {
  ModelDescription to;
  to.model = std::move(model);
  to.precision = std::move(precision);
  to.inputs = named(graph, graph.inputs);
  to.outputs = named(graph, graph.outputs);
  to.nodes = static_cast<int64_t>(graph.nodes.size());
  count_held(graph, to);
  to.unsupported_ops = unsupported(graph);
  Tally ops, cases;
  Work total;
  for (const Node& node : graph.nodes) {
    ++to.op_histogram[node.target];
    const Work work = node.op ? work_of(graph, node) : Work{};
    ops.add(node.target, work);
    if (node.op) cases.add(case_text(graph, node), work);
    total += work;
  }
  to.ops = ops.heaviest(0);
  to.heaviest_cases = cases.heaviest(most_cases);
  to.lower_bound = !to.unsupported_ops.empty();
  if (to.lower_bound && !allow_unknown) return to;
  to.macs = total.macs;
  to.flops = total.flops();
  to.other_ops = total.other_ops;
  to.read_bytes = total.read_bytes;
  to.write_bytes = total.write_bytes;
  const MemoryPlan plan = plan_memory(graph);
  to.peak_live_bytes = plan.peak_live_bytes();
  to.peak_intermediate_bytes = plan.peak_intermediate_bytes;
  if (!graph.nodes.empty()) to.peak_call = place_of(graph.nodes[plan.peak_node]);
  return to;
}

namespace {

std::string with_separators(int64_t value) {
  std::string text = std::to_string(value);
  for (int at = static_cast<int>(text.size()) - 3; at > (value < 0 ? 1 : 0); at -= 3) {
    text.insert(static_cast<size_t>(at), ",");
  }
  return text;
}
std::string bytes(int64_t value) { return format_bytes(static_cast<double>(value)); }
std::string count(int64_t value) { return format_count(static_cast<double>(value)); }

// Name and value of each total, in the order of reading.
std::vector<std::pair<std::string, std::string>> facts(const ModelDescription& d) {
  std::vector<std::pair<std::string, std::string>> lines;
  const auto tensors = [&](const char* name, const std::vector<NamedTensor>& list) {
    for (size_t i = 0; i < list.size(); ++i) {
      lines.emplace_back(i == 0 ? name : "",
                         list[i].name + (list[i].name.empty() ? "" : " ") + list[i].type);
    }
  };
  const std::string least = d.lower_bound ? "at least " : "";
  const auto total = [&](const char* name, const std::optional<int64_t>& value, auto&& show) {
    lines.emplace_back(
        name, value ? least + show(*value) : "unknown: ops outside the op table, see below");
  };
  tensors("inputs", d.inputs);
  tensors("outputs", d.outputs);
  lines.emplace_back("parameters", fmt::format("{} ({})", with_separators(d.parameters),
                                               bytes(d.parameter_bytes)));
  lines.emplace_back("buffers",
                     fmt::format("{} ({})", with_separators(d.buffers), bytes(d.buffer_bytes)));
  lines.emplace_back("calls", fmt::format("{} of {} ops", d.nodes, d.op_histogram.size()));
  total("MACs", d.macs, with_separators);
  total("FLOPs", d.flops, with_separators);
  total("other ops", d.other_ops, with_separators);
  total("reads", d.read_bytes, bytes);
  total("writes", d.write_bytes, bytes);
  total("peak memory", d.peak_live_bytes, [&](int64_t value) {
    return fmt::format("{} ({} of them live intermediates, during {})", bytes(value),
                       bytes(d.peak_intermediate_bytes.value_or(0)), d.peak_call);
  });
  return lines;
}

Table calls_table(const ModelDescription& d, const std::vector<CountedCalls>& rows,
                  const char* name) {
  Table table;
  table.columns = {name, "calls", "MACs", "share", "other ops", "read", "written"};
  int64_t all = 0;
  for (const CountedCalls& row : d.ops) all += row.macs;
  for (const CountedCalls& row : rows) {
    const double share = all == 0 ? 0 : static_cast<double>(row.macs) / static_cast<double>(all);
    table.rows.push_back({row.call, std::to_string(row.count), row.macs ? count(row.macs) : "",
                          row.macs ? format_percent(share) : "", count(row.other_ops),
                          bytes(row.read_bytes), bytes(row.write_bytes)});
  }
  return table;
}

Table unsupported_table(const ModelDescription& d) {
  Table table;
  table.columns = {"op outside the op table", "calls", "at"};
  for (const UnsupportedOp& op : d.unsupported_ops) {
    const size_t shown = std::min<size_t>(op.places.size(), 3);
    std::string places = fmt::format(
        "{}", fmt::join(op.places.begin(), op.places.begin() + static_cast<long>(shown), ", "));
    if (shown < op.places.size()) places += fmt::format(" and {} more", op.places.size() - shown);
    table.rows.push_back({op.op, std::to_string(op.count), places});
  }
  return table;
}

}  // namespace

std::string print_description(const ModelDescription& d) {
  std::string text = fmt::format("{}, {}\n\n", d.model, d.precision);
  for (const auto& [name, value] : facts(d)) text += fmt::format("{:<12} {}\n", name, value);
  text += "\n" + to_text(calls_table(d, d.ops, "op"));
  if (!d.heaviest_cases.empty()) {
    text += "\n" + to_text(calls_table(d, d.heaviest_cases, "heaviest cases"));
  }
  if (!d.unsupported_ops.empty()) text += "\n" + to_text(unsupported_table(d));
  return text;
}

std::string description_markdown(const ModelDescription& d) {
  Table table;
  table.columns = {d.model, d.precision};
  for (const auto& [name, value] : facts(d)) table.rows.push_back({name, value});
  std::string text = "# " + d.model + "\n\n" + to_markdown(table);
  text += "\n## Ops\n\n" + to_markdown(calls_table(d, d.ops, "op"));
  if (!d.heaviest_cases.empty()) {
    text += "\n## Heaviest cases\n\n" + to_markdown(calls_table(d, d.heaviest_cases, "case"));
  }
  if (!d.unsupported_ops.empty()) {
    text += "\n## Ops outside the op table\n\n" + to_markdown(unsupported_table(d));
  }
  return text;
}

}  // namespace opgauge
