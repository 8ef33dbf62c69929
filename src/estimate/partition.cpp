// SPDX-License-Identifier: Apache-2.0
#include "estimate/partition.hpp"

#include <algorithm>
#include <string_view>

#include "graph/op_table.hpp"

namespace opgauge {
namespace {

// What may stand behind a product in one kernel, in this order.
enum Stage { matrix_product, norm, residual, activation, stages };

// `aten::relu_` and `aten::add.Tensor` without overload and in-place mark.
std::string_view base_name(std::string_view target) {
  target = target.substr(0, target.find('.'));
  if (target.ends_with('_')) target.remove_suffix(1);
  return target;
}

constexpr std::string_view activations[] = {
    "aten::relu",  "aten::relu6",     "aten::hardtanh",    "aten::leaky_relu", "aten::elu",
    "aten::gelu",  "aten::silu",      "aten::mish",        "aten::sigmoid",    "aten::tanh",
    "aten::clamp", "aten::hardswish", "aten::hardsigmoid", "aten::clamp_min",  "aten::softplus"};

// The stage that a node can take, or `stages` if it never joins.
Stage stage_of(const Node& node) {
  if (!node.op) return stages;
  const std::string_view name = base_name(node.target);
  switch (node.op->family) {
    case OpFamily::matmul:
    case OpFamily::convolution:
      return matrix_product;
    case OpFamily::normalization:
      return norm;
    case OpFamily::pointwise:
      if (name == "aten::add") return residual;
      if (std::ranges::find(activations, name) != std::end(activations)) return activation;
      return stages;
    default:
      return stages;
  }
}

struct Readers {
  int count = 0;
  size_t last = 0;
};

std::vector<Readers> count_readers(const Graph& graph) {
  std::vector<Readers> readers(graph.values.size());
  for (size_t i = 0; i < graph.nodes.size(); ++i) {
    for_each_operand(graph.nodes[i], [&](ValueId id) {
      Readers& of = readers[index(id)];
      ++of.count;
      of.last = i;
    });
  }
  for (const ValueId id : graph.outputs) ++readers[index(id)].count;
  return readers;
}

}  // namespace

std::vector<Region> partition(const Graph& graph, PartitionMode mode) {
  std::vector<Region> regions;
  regions.reserve(graph.nodes.size());
  if (mode == PartitionMode::eager) {
    for (size_t i = 0; i < graph.nodes.size(); ++i) regions.push_back({{i}});
    return regions;
  }
  const std::vector<Readers> readers = count_readers(graph);
  std::vector<bool> taken(graph.nodes.size());
  for (size_t i = 0; i < graph.nodes.size(); ++i) {
    if (taken[i]) continue;
    Region& region = regions.emplace_back(Region{{i}});
    int stage = stage_of(graph.nodes[i]);
    if (stage != matrix_product) continue;
    for (size_t at = i;;) {
      const Node& node = graph.nodes[at];
      if (node.outputs.size() != 1 || node.outputs[0] == no_value) break;
      const Readers& of = readers[index(node.outputs[0])];
      if (of.count != 1 || graph.outputs.end() != std::ranges::find(graph.outputs, node.outputs[0]))
        break;
      const size_t next = of.last;
      const int next_stage = stage_of(graph.nodes[next]);
      if (taken[next] || next_stage >= stages || next_stage <= stage) break;
      taken[next] = true;
      region.nodes.push_back(next);
      stage = next_stage;
      at = next;
    }
  }
  return regions;
}

Work work_of(const Graph& graph, const Region& region, bool allow_unknown) {
  Work total;
  Work previous;
  for (size_t k = 0; k < region.nodes.size(); ++k) {
    const Node& node = graph.nodes[region.nodes[k]];
    if (!node.op && allow_unknown) continue;
    Work work = work_of(graph, node);
    if (k > 0) {  // the value between them is neither written nor read again
      const int64_t inner = graph[graph.nodes[region.nodes[k - 1]].outputs[0]].type.bytes();
      work.read_bytes -= std::min(work.read_bytes, inner);
      total.write_bytes -= std::min(previous.write_bytes, inner);
    }
    total += work;
    previous = work;
  }
  return total;
}

}  // namespace opgauge
