// SPDX-License-Identifier: Apache-2.0
#include "import/nodes.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include "base/error.hpp"
#include "import/autocast.hpp"
#include "import/format.hpp"
#include "import/origin.hpp"

namespace opgauge {
namespace {

constexpr int max_wrapped = 32;  // regions inside regions
constexpr size_t max_nodes = 500'000;

// Checks that the exporter adds and eager execution does not run.
constexpr auto added_checks = std::to_array<std::string_view>(
    {"aten::_assert_tensor_metadata", "aten::_assert_scalar", "aten::_assert_async.msg",
     "aten::_assert_async", "aten::sym_constrain_range", "aten::sym_constrain_range_for_size"});

// "torch.ops.aten.add.Tensor" -> "aten::add.Tensor", "torch.ops.aten.relu.default" -> "aten::relu";
// "" if it is none.
std::string op_target(std::string_view target) {
  constexpr std::string_view prefix = "torch.ops.";
  if (!target.starts_with(prefix)) return "";
  target.remove_prefix(prefix.size());
  const size_t dot = target.find('.');
  if (dot == std::string_view::npos) return "";
  std::string op = std::string(target.substr(0, dot)) + "::" + std::string(target.substr(dot + 1));
  if (op.ends_with(".default")) op.resize(op.size() - 8);
  return op;
}

std::string print_sizes(const Dims& sizes) {
  std::string text = "[";
  for (const int64_t size : sizes) text += (text.size() > 1 ? "," : "") + std::to_string(size);
  return text + "]";
}

struct NodeText {
  JsonObject json;
  std::string_view name;    // of the node, or of its first output
  std::string_view target;  // "torch.ops.aten.conv2d.default"
  Origin origin;
};

class NodeReader {
 public:
  NodeReader(GraphBuilder& builder, const Symbols& symbols)
      : builder_(builder), symbols_(symbols) {}

  void read_graph(Scope& scope, AutocastRegion* autocast, int depth) {
    if (depth > max_wrapped) throw Error("", "found more than 32 regions inside each other");
    const JsonArray nodes = array_in(scope.graph(), "nodes");
    nodes_seen_ += nodes.size();
    if (nodes_seen_ > max_nodes) {
      throw Error("nodes", "found " + std::to_string(nodes_seen_) + ", expected at most " +
                               std::to_string(max_nodes));
    }
    for (const JsonElement element : nodes) {
      NodeText node{as_object(element, "node"), "", "", {}};
      node.target = text_in(node.json, "target");
      if (const auto name = member(node.json, "name")) node.name = as_text(*name, "name");
      try {
        node.origin = origin_of(node.json);
        read_node(node, scope, autocast, depth);
      } catch (const Error& error) {
        if (error.where().starts_with("node ")) throw;
        throw Error(place(node), error.message());
      }
    }
  }

 private:
  static std::string place(const NodeText& node) {
    std::string text = "node " + std::string(node.name.substr(0, 100));
    if (!node.name.empty()) text += ": ";
    text += std::string(node.target.substr(0, 100));
    if (!node.origin.where.empty()) text += " at " + node.origin.where;
    return text;
  }

  void read_node(const NodeText& node, Scope& scope, AutocastRegion* autocast, int depth) {
    const std::string target = op_target(node.target);
    if (target.starts_with("higher_order::")) {
      read_wrapper(node, target.substr(14), scope, autocast, depth);
    } else if (target.empty()) {
      fold_number(node, scope);
    } else if (std::find(added_checks.begin(), added_checks.end(), target) != added_checks.end()) {
      check_condition(node, target, scope);
    } else if (only_numbers(node)) {
      fold_size(node, target, scope);
    } else {
      add_op(node, target, scope, autocast);
    }
  }

  static Tagged argument_at(const NodeText& node, std::string_view name) {
    for (const JsonElement input : array_in(node.json, "inputs")) {
      const JsonObject named = as_object(input, "input");
      if (text_in(named, "name") == name) return as_union(required(named, "arg"), name);
    }
    throw Error("", "argument \"" + std::string(name) + "\" is missing");
  }

  static std::vector<Tagged> arguments(const NodeText& node) {
    std::vector<Tagged> all;
    for (const JsonElement input : array_in(node.json, "inputs")) {
      all.push_back(as_union(required(as_object(input, "input"), "arg"), "argument"));
    }
    return all;
  }

  static bool is_number_output(std::string_view kind) {
    return kind == "as_sym_int" || kind == "as_sym_float" || kind == "as_sym_bool";
  }
  static bool only_numbers(const NodeText& node) {
    const JsonArray outputs = array_in(node.json, "outputs");
    return outputs.size() > 0 && std::all_of(outputs.begin(), outputs.end(), [](JsonElement one) {
             return is_number_output(as_union(one, "output").kind);
           });
  }

  void check_condition(const NodeText& node, std::string_view target, const Scope& scope) const {
    if (target != "aten::_assert_scalar") return;
    std::vector<Scalar> condition;
    scope.append_numbers(arguments(node).at(0), condition);
    if (to_condition(condition.at(0))) return;
    const auto all = arguments(node);
    std::string message;
    if (all.size() > 1 && all[1].kind == "as_string") message = as_text(all[1].value, "message");
    throw Error("", "the model's condition on its sizes does not hold: " + message);
  }

  // A number from a tensor: its size, or something that only the file knows.
  void fold_size(const NodeText& node, std::string_view target, Scope& scope) {
    const JsonArray outputs = array_in(node.json, "outputs");
    if (outputs.size() == 1 &&
        (target == "aten::sym_size.int" || target == "aten::sym_stride.int" ||
         target == "aten::sym_numel" || target == "aten::sym_storage_offset")) {
      const TensorType& type = builder_.type(tensor_of(scope, argument_at(node, "self")));
      int64_t value = 0;
      if (target == "aten::sym_numel") {
        value = type.numel();
      } else if (target == "aten::sym_storage_offset") {
        value = type.offset;
      } else {
        int64_t dim = to_whole(number_of(scope, argument_at(node, "dim")));
        if (dim < 0) dim += type.rank();
        if (dim < 0 || dim >= type.rank())
          throw Error("", "found the dimension " + std::to_string(dim));
        value = target == "aten::sym_size.int" ? type.sizes[static_cast<size_t>(dim)]
                                               : type.strides[static_cast<size_t>(dim)];
      }
      scope.define(output_name(outputs.at(0)), Scalar(value));
      return;
    }
    for (const JsonElement output : outputs) {
      const std::string_view name = output_name(output);
      scope.define(name, scope.recorded_number(name));
    }
  }

  // A Python function on numbers, or picking from a list.
  void fold_number(const NodeText& node, Scope& scope) {
    const std::vector<Tagged> given = arguments(node);
    if (node.target == "_operator.getitem" && given.size() == 2) {
      pick(node, given, scope);
      return;
    }
    if (!is_scalar_function(node.target)) {
      throw Error("", "is neither an operator nor a known function on numbers");
    }
    std::vector<Scalar> operands;
    for (const Tagged& one : given) scope.append_numbers(one, operands);
    const JsonArray outputs = array_in(node.json, "outputs");
    if (outputs.size() != 1)
      throw Error("", "found " + std::to_string(outputs.size()) + " outputs, expected 1");
    scope.define(output_name(outputs.at(0)), apply_scalar_function(node.target, operands));
  }

  void pick(const NodeText& node, const std::vector<Tagged>& given, Scope& scope) {
    const JsonArray outputs = array_in(node.json, "outputs");
    const Argument from = scope.argument(given[0]);
    int64_t at = to_whole(number_of(scope, given[1]));
    const auto take = [&](const auto& list) {
      const auto size = static_cast<int64_t>(list.size());
      if (at < 0) at += size;
      if (at < 0 || at >= size || outputs.size() != 1) throw Error("", "picks outside of a list");
      return list[static_cast<size_t>(at)];
    };
    if (const auto* tensors = std::get_if<ValueList>(&from)) {
      scope.define(output_name(outputs.at(0)), take(*tensors).id);
    } else if (const auto* numbers = std::get_if<Dims>(&from)) {
      scope.define(output_name(outputs.at(0)), Scalar(take(*numbers)));
    } else {
      throw Error("", "picks from something that is not a list");
    }
  }

  static ValueId tensor_of(const Scope& scope, const Tagged& given) {
    const Known known = scope.operand(given);
    if (const auto* id = std::get_if<ValueId>(&known)) return *id;
    throw Error("", "found a number or None, expected a tensor");
  }
  static Scalar number_of(const Scope& scope, const Tagged& given) {
    const Known known = scope.operand(given);
    if (const auto* number = std::get_if<Scalar>(&known)) return *number;
    throw Error("", "found a tensor or None, expected a number");
  }

  static std::string_view output_name(JsonElement output) {
    const Tagged tagged = as_union(output, "output");
    const JsonObject object = as_object(tagged.value, tagged.kind);
    return text_in(object, tagged.kind == "as_tensor" ? "name" : "as_name");
  }

  // The names that a node gives its tensors, "" for None; numbers that come with tensors are
  // defined on the way.
  static std::vector<std::string_view> tensor_outputs(const NodeText& node,
                                                      Scope* defines_numbers) {
    std::vector<std::string_view> names;
    for (const JsonElement output : array_in(node.json, "outputs")) {
      const Tagged tagged = as_union(output, "output");
      if (tagged.kind == "as_tensor") {
        names.push_back(output_name(output));
      } else if (tagged.kind == "as_tensors") {
        for (const JsonElement one : as_array(tagged.value, tagged.kind)) {
          names.push_back(text_in(as_object(one, tagged.kind), "name"));
        }
      } else if (tagged.kind == "as_none") {
        names.push_back("");
      } else if (is_number_output(tagged.kind)) {
        const std::string_view name = output_name(output);
        if (defines_numbers) defines_numbers->define(name, defines_numbers->recorded_number(name));
      } else {
        throw Error("", "found the output kind \"" + std::string(tagged.kind.substr(0, 40)) +
                            "\", which is not supported");
      }
    }
    return names;
  }

  void add_op(const NodeText& node, const std::string& target, Scope& scope,
              AutocastRegion* autocast) {
    std::vector<Given> given;
    for (const JsonElement input : array_in(node.json, "inputs")) {
      const JsonObject named = as_object(input, "input");
      const std::string_view name = text_in(named, "name");
      try {
        given.emplace_back(std::string(name),
                           scope.argument(as_union(required(named, "arg"), "argument")));
      } catch (const Error& error) {
        throw Error("", "argument \"" + std::string(name.substr(0, 60)) + "\": " + error.message());
      }
    }
    const std::vector<std::string_view> names = tensor_outputs(node, &scope);
    builder_.set_origin(node.origin.module, node.origin.where);
    if (autocast && runs_on(autocast->device(), names, scope))
      autocast->cast_operands(builder_, target, given);
    std::vector<ValueId> values;
    if (find_op(target)) {
      std::vector<std::string> wished(names.begin(), names.end());
      std::replace(wished.begin(), wished.end(), std::string("_"),
                   std::string());  // has a meaning there
      values = builder_.call_all(target, std::move(given), std::move(wished));
    } else {
      std::vector<std::pair<std::string, TensorType>> outputs;
      for (const std::string_view name : names) {
        if (!name.empty())
          outputs.emplace_back(std::string(name), tensor_type_from(scope.recorded(name), symbols_));
      }
      values = builder_.call_unknown(target, std::move(given), std::move(outputs));
    }
    define_outputs(names, values, scope);
  }

  bool runs_on(DeviceKind device, const std::vector<std::string_view>& names,
               const Scope& scope) const {
    for (const std::string_view name : names) {
      if (name.empty()) continue;
      const auto recorded = member(as_object(scope.recorded(name), "tensor_meta"), "device");
      return !recorded || device_from(*recorded) == device;
    }
    return true;
  }

  void define_outputs(const std::vector<std::string_view>& names,
                      const std::vector<ValueId>& values, Scope& scope) {
    const auto nones = static_cast<size_t>(std::count(names.begin(), names.end(), ""));
    const bool none_has_value = values.size() == names.size();
    if (!none_has_value && values.size() != names.size() - nones) {
      throw Error("", "found " + std::to_string(names.size() - nones) +
                          " outputs in the file, expected " + std::to_string(values.size()));
    }
    size_t next = 0;
    for (const std::string_view name : names) {
      if (name.empty()) {
        if (none_has_value) ++next;
        continue;
      }
      const ValueId id = values[next++];
      compare(name, builder_.type(id), scope);
      scope.define(name, id);
    }
  }

  // This program's shape rules against what the exporter saw.
  void compare(std::string_view name, const TensorType& inferred, const Scope& scope) const {
    const JsonElement recorded = scope.recorded(name);
    const Dtype dtype = dtype_of(recorded);
    const Dims sizes = sizes_of(recorded, symbols_);
    if (dtype == inferred.dtype && sizes == inferred.sizes) return;
    throw Error("", "inferred " + std::string(name_of(inferred.dtype)) +
                        print_sizes(inferred.sizes) + ", but the file records " +
                        std::string(name_of(dtype)) + print_sizes(sizes) + " for " +
                        std::string(name));
  }

  void read_wrapper(const NodeText& node, std::string_view wrapper, Scope& scope,
                    AutocastRegion* autocast, int depth) {
    const std::vector<Tagged> given = arguments(node);
    if (wrapper == "wrap_with_set_grad_enabled" && given.size() >= 2) {
      inline_graph(node, given, 1, scope, autocast, depth);
    } else if (wrapper == "wrap_with_autocast" && given.size() >= 5) {
      if (!as_flag(given[2].value, "enabled")) {
        inline_graph(node, given, 4, scope, nullptr, depth);
        return;
      }
      const std::string_view type = as_text(given[0].value, "device_type");
      if (type != "cpu" && type != "cuda") {
        throw Error("", "autocast for the device \"" + std::string(type.substr(0, 40)) +
                            "\" is not supported");
      }
      const DeviceKind device = type == "cpu" ? DeviceKind::cpu : DeviceKind::cuda;
      const Dtype usual = device == DeviceKind::cpu ? Dtype::bf16 : Dtype::f16;
      const Dtype lower =
          given[1].kind == "as_none" ? usual : dtype_from(as_whole(given[1].value, "dtype"));
      const bool cache = given[3].kind != "as_bool" || as_flag(given[3].value, "cache_enabled");
      AutocastRegion region(device, lower, cache);
      inline_graph(node, given, 4, scope, &region, depth);
    } else {
      throw Error("",
                  "this higher-order operator is not supported, expected only "
                  "wrap_with_set_grad_enabled and "
                  "wrap_with_autocast; export the model without data-dependent control flow");
    }
  }

  // The wrapped graph stands at `graph_at`, its operands after it.
  void inline_graph(const NodeText& node, const std::vector<Tagged>& given, size_t graph_at,
                    Scope& scope, AutocastRegion* autocast, int depth) {
    if (given[graph_at].kind != "as_graph")
      throw Error("", "found no graph where the wrapper holds one");
    Scope inner(object_in(as_object(given[graph_at].value, "as_graph"), "graph"), symbols_);
    const JsonArray inputs = array_in(inner.graph(), "inputs");
    if (inputs.size() != given.size() - graph_at - 1) {
      throw Error("", "found " + std::to_string(given.size() - graph_at - 1) +
                          " operands, expected " + std::to_string(inputs.size()));
    }
    size_t next = graph_at + 1;
    for (const JsonElement input : inputs) {
      const Tagged declared = as_union(input, "input");
      const Known value = scope.operand(given[next++]);
      if (declared.kind == "as_tensor" || is_number_output(declared.kind))
        inner.define(output_name(input), value);
    }
    read_graph(inner, autocast, depth + 1);
    std::vector<Known> results;
    for (const JsonElement output : array_in(inner.graph(), "outputs")) {
      const Tagged tagged = as_union(output, "output");
      if (tagged.kind == "as_tensors") {
        for (const JsonElement one : as_array(tagged.value, tagged.kind)) {
          results.push_back(inner.known(text_in(as_object(one, tagged.kind), "name")));
        }
      } else {
        results.push_back(inner.operand(tagged));
      }
    }
    define_results(node, results, scope);
  }

  static void define_results(const NodeText& node, const std::vector<Known>& results,
                             Scope& scope) {
    size_t next = 0;
    const auto take = [&](std::string_view name) {
      if (next >= results.size())
        throw Error("", "the wrapped graph has fewer outputs than its node");
      if (!name.empty()) scope.define(name, results[next]);
      ++next;
    };
    for (const JsonElement output : array_in(node.json, "outputs")) {
      const Tagged tagged = as_union(output, "output");
      if (tagged.kind == "as_none") {
        take("");
      } else if (tagged.kind == "as_tensors") {
        for (const JsonElement one : as_array(tagged.value, tagged.kind)) {
          take(text_in(as_object(one, tagged.kind), "name"));
        }
      } else {
        take(output_name(output));
      }
    }
  }

  GraphBuilder& builder_;
  const Symbols& symbols_;
  size_t nodes_seen_ = 0;
};

}  // namespace

void add_nodes(GraphBuilder& builder, const Symbols& symbols, Scope& scope) {
  NodeReader(builder, symbols).read_graph(scope, nullptr, 0);
}

}  // namespace opgauge
