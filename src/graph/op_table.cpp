// SPDX-License-Identifier: Apache-2.0
#include "graph/op_table.hpp"

#include <deque>
#include <string>
#include <unordered_map>

#include "graph/ops/rows.hpp"

namespace opgauge {
namespace {

struct OpTable {
  std::vector<OpRow> rows;
  std::deque<Schema> schemas;
  std::unordered_map<std::string_view, const OpRow*> by_target;

  OpTable() {
    for (const auto family : all_op_rows()) rows.insert(rows.end(), family.begin(), family.end());
    for (OpRow& row : rows) {
      row.schema = &schemas.emplace_back(parse_schema(row.schema_text));
      const bool added = by_target.emplace(row.schema->target, &row).second;
      OPGAUGE_CHECK(added, "an op stands twice in the op table: " + row.schema->target);
    }
  }
};

const OpTable& table() {
  static const OpTable instance;
  return instance;
}

}  // namespace

std::span<const OpRow> op_table() { return table().rows; }

const OpRow* find_op(std::string_view target) {
  const auto at = table().by_target.find(target);
  return at == table().by_target.end() ? nullptr : at->second;
}

Work work_of(const Graph& graph, const Node& node) {
  const Call call(graph, node);
  if (!node.op) throw call.error("op is not in the op table, its work is unknown");
  return node.op->work(call);
}

int64_t scratch_bytes_of(const Graph& graph, const Node& node) {
  if (!node.op || !node.op->scratch_bytes) return 0;
  return node.op->scratch_bytes(Call(graph, node));
}

}  // namespace opgauge
