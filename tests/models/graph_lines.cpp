// SPDX-License-Identifier: Apache-2.0
#include "models/graph_lines.hpp"

#include <fmt/format.h>

#include <cmath>

#include "graph/cursor.hpp"
#include "graph/op_table.hpp"

namespace opgauge {
namespace {

std::string number(double value) {
  return value == std::floor(value) && std::abs(value) < 1e15 ? fmt::format("{:.0f}.0", value)
                                                              : fmt::format("{:.9g}", value);
}

std::string show(const Argument& argument, const std::vector<std::string>& names) {
  if (const auto* real = std::get_if<double>(&argument)) return number(*real);
  if (const auto* list = std::get_if<ValueList>(&argument)) {
    std::vector<std::string> parts;
    for (const ValueRef ref : *list) parts.push_back(show(ref, names));
    return fmt::format("[{}]", fmt::join(parts, ","));
  }
  // The reference writes a memory format that the call leaves out as ATen's schema does: 0, contiguous.
  if (const auto* format = std::get_if<MemoryFormat>(&argument); format && *format == MemoryFormat::contiguous) return "0";
  return print_argument(argument, [&](ValueId id) { return names[index(id)]; });
}

}  // namespace

std::vector<std::string> graph_lines(const Graph& graph) {
  std::vector<std::string> lines;
  std::vector<std::string> names(graph.values.size());
  for (size_t i = 0; i < graph.values.size(); ++i) names[i] = "p:" + graph.values[i].source;
  for (size_t i = 0; i < graph.inputs.size(); ++i) {
    names[index(graph.inputs[i])] = "x:" + std::to_string(i);
  }
  for (const Node& node : graph.nodes) {
    std::vector<std::string> arguments, results;
    for (const Argument& argument : node.arguments) arguments.push_back(show(argument, names));
    for (size_t i = 0; i < node.outputs.size(); ++i) {
      const ValueId id = node.outputs[i];
      names[index(id)] = fmt::format("#{}{}", lines.size(), i ? fmt::format(".{}", i) : "");
      const TensorType& type = graph[id].type;
      results.push_back(std::string(name_of(type.dtype)) + print_list(type.sizes, '[', ']'));
    }
    lines.push_back(fmt::format("{}({}) -> {}", node.target, fmt::join(arguments, ", "),
                                fmt::join(results, ";")));
  }
  std::vector<std::string> outputs;
  for (const ValueId id : graph.outputs) outputs.push_back(names[index(id)]);
  lines.push_back(fmt::format("return [{}]", fmt::join(outputs, ",")));
  return lines;
}

uint64_t fnv1a(std::string_view text) {
  uint64_t value = 0xcbf29ce484222325;
  for (const char c : text) value = (value ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return value;
}

std::string graph_hash(const Graph& graph) {
  std::string text;
  for (const std::string& line : graph_lines(graph)) text += line + "\n";
  return fmt::format("{:016x}", fnv1a(text));
}

}  // namespace opgauge
