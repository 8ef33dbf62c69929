// SPDX-License-Identifier: Apache-2.0
#include "graph/rewrite.hpp"

#include "graph/rebuild.hpp"

namespace opgauge {
namespace {

bool changes(Dtype dtype) { return is_floating(dtype) && dtype != Dtype::f64; }

Graph to_dtype(const Graph& graph, Dtype target) {
  Rebuild copy(graph);
  copy.declare([&](ValueId, const Value& value) {
    TensorType type = value.type;
    if (changes(type.dtype)) type.dtype = target;
    return type;
  });
  for (const Node& node : graph.nodes) {
    if (!node.op) {
      throw Call(graph, node)
          .error("op is not in the op table, its results in another precision are unknown");
    }
    // A factory that takes the default dtype would otherwise stay f32.
    bool makes_default_dtype = node.op->family == OpFamily::factory;
    for_each_operand(node, [&](ValueId) { makes_default_dtype = false; });
    for (const ValueId id : node.outputs) {
      if (id == no_value || !changes(graph[id].type.dtype)) makes_default_dtype = false;
    }
    copy.copy(node, [&](const SchemaArgument& declared, Argument& argument) {
      if (const auto* dtype = std::get_if<Dtype>(&argument); dtype && changes(*dtype))
        argument = target;
      if (makes_default_dtype && declared.name == "dtype" &&
          std::holds_alternative<std::monostate>(argument)) {
        argument = target;
      }
    });
  }
  return copy.finish();
}

bool is_in(const Graph& graph, Dtype dtype) {
  for (const Value& value : graph.values) {
    if (changes(value.type.dtype) && value.type.dtype != dtype) return false;
  }
  return true;
}

}  // namespace

Graph to_precision(const Graph& graph, std::string_view precision) {
  const std::pair<std::string_view, Dtype> dtypes[] = {
      {"fp32", Dtype::f32}, {"bf16", Dtype::bf16}, {"fp16", Dtype::f16}};
  for (const auto& [name, dtype] : dtypes) {
    if (name == precision) return is_in(graph, dtype) ? graph : to_dtype(graph, dtype);
  }
  if (precision == "int8")
    return to_int8(is_in(graph, Dtype::f32) ? graph : to_dtype(graph, Dtype::f32), {});
  throw unknown_name("--precision", "precision", precision,
                     {std::begin(precisions), std::end(precisions)});
}

Graph to_channels_last(const Graph& graph) {
  std::vector<bool> filter(graph.values.size(), false);
  for (const Node& node : graph.nodes) {
    if (!node.op || node.op->family != OpFamily::convolution) continue;
    if (const ValueId weight = Call(graph, node).value("weight"); weight != no_value)
      filter[index(weight)] = true;
  }
  Rebuild copy(graph);
  copy.declare([&](ValueId id, const Value& value) {
    TensorType type = value.type;
    const bool spatial = type.rank() == 4 || type.rank() == 5;
    if (spatial && (value.role == Role::input || filter[index(id)]) && type.is_contiguous()) {
      type.strides = channels_last_strides(type.sizes);
    }
    return type;
  });
  for (const Node& node : graph.nodes) copy.copy(node);
  return copy.finish();
}

}  // namespace opgauge
