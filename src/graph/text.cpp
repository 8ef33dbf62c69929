// SPDX-License-Identifier: Apache-2.0
// Printing and reading a whole graph, one value or node a line, in the order of the values.
#include "graph/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <unordered_map>

#include "graph/builder.hpp"
#include "graph/cursor.hpp"

namespace opgauge {
namespace {

// A text that may stand bare in a comment or after `graph`: no line ends, quotes or blanks at its
// ends.
bool is_bare(std::string_view text, std::string_view also_not) {
  if (text.empty() || text.front() == ' ' || text.back() == ' ' || text.front() == '"')
    return false;
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) return false;
  }
  return text.find_first_of(also_not) == std::string_view::npos;
}
std::string bare_or_quoted(std::string_view text, std::string_view also_not) {
  return is_bare(text, also_not) ? std::string(text) : quote(text);
}

std::string print_origin(const Node& node) {
  if (node.module.empty() && node.where.empty()) return "";
  std::string text = "  # ";
  if (!node.module.empty()) text += bare_or_quoted(node.module, ",");
  if (!node.where.empty()) text += ", " + bare_or_quoted(node.where, "");
  return text;
}

std::string print_node(const Graph& graph, const Node& node) {
  std::vector<std::string> outputs, arguments;
  for (const ValueId id : node.outputs) {
    outputs.push_back(id == no_value ? std::string("_")
                                     : "%" + graph[id].name + ": " + print_type(graph[id].type));
  }
  for (size_t i = 0; i < node.arguments.size(); ++i) {
    const Argument& value = node.arguments[i];
    if (node.op) {
      const SchemaArgument& declared = node.op->schema->arguments[i];
      const Argument fallback = declared.fallback.value_or(Argument());
      if (value == fallback) continue;
      arguments.push_back(declared.name + "=" + print_argument(graph, value));
    } else {
      arguments.push_back(node.argument_names[i] + "=" + print_argument(graph, value));
    }
  }
  return fmt::format("{}{}{}({}){}\n", fmt::join(outputs, ", "), outputs.empty() ? "" : " = ",
                     node.target, fmt::join(arguments, ", "), print_origin(node));
}

std::string print_leaf(const Graph& graph, const Value& value, const std::vector<ValueId>& owners) {
  std::string text =
      fmt::format("%{} = {} {}", value.name, name_of(value.role), print_type(value.type));
  if (!value.source.empty()) text += " " + quote(value.source);
  const Value& owner = graph[owners[static_cast<size_t>(value.storage)]];
  if (&owner != &value) text += " shares %" + owner.name;
  return text + "\n";
}

}  // namespace

std::string print_type(const TensorType& type) {
  std::string text = std::string(name_of(type.dtype)) + print_list(type.sizes, '[', ']');
  if (type.strides != contiguous_strides(type.sizes)) text += print_list(type.strides, '{', '}');
  if (type.offset != 0) text += "+" + std::to_string(type.offset);
  return text;
}

TensorType parse_type(std::string_view text) {
  Cursor cursor(text);
  TensorType type = parse_type(cursor);
  cursor.skip_spaces();
  if (!cursor.at_end()) throw cursor.error("the end of the type");
  return type;
}

std::string print_argument(const Graph& graph, const Argument& argument) {
  return print_argument(argument, [&](ValueId id) { return "%" + graph[id].name; });
}

std::string print_graph(const Graph& graph) {
  std::string text = "graph " + bare_or_quoted(graph.name, "#") + "\n";
  std::vector<ValueId> owners(static_cast<size_t>(graph.storages), no_value);
  for (size_t i = 0; i < graph.values.size(); ++i) {
    ValueId& owner = owners[static_cast<size_t>(graph.values[i].storage)];
    if (owner == no_value) owner = ValueId(static_cast<int32_t>(i));
  }
  // Inputs, parameters, … stand where their number puts them among the nodes' outputs, or at the
  // latest before the first node that reads them.
  std::vector<const Node*> maker(graph.values.size(), nullptr);
  for (const Node& node : graph.preparation) {
    for (const ValueId id : node.outputs) {
      if (id != no_value) maker[index(id)] = &node;
    }
  }
  size_t prepared = 0;
  std::vector<bool> printed(graph.values.size(), false);
  const std::function<void(size_t)> print_once = [&](size_t i) {
    if (graph.values[i].role == Role::intermediate || printed[i]) return;
    if (!maker[i]) {
      printed[i] = true;
      text += print_leaf(graph, graph.values[i], owners);
      return;
    }
    while (!printed[i]) {
      const Node& node = graph.preparation[prepared++];
      for_each_operand(node, [&](ValueId id) { print_once(index(id)); });
      text += "once " + print_node(graph, node);
      for (const ValueId id : node.outputs) {
        if (id != no_value) printed[index(id)] = true;
      }
    }
  };
  size_t next = 0;
  for (const Node& node : graph.nodes) {
    size_t before = 0;
    const auto named = std::find_if(node.outputs.begin(), node.outputs.end(),
                                    [](ValueId id) { return id != no_value; });
    if (named != node.outputs.end()) {
      before = index(*named);
    } else {
      for_each_operand(node, [&](ValueId id) { before = std::max(before, index(id) + 1); });
    }
    for (; next < before; ++next) print_once(next);
    for_each_operand(node, [&](ValueId id) { print_once(index(id)); });
    text += print_node(graph, node);
  }
  for (; next < graph.values.size(); ++next) print_once(next);
  std::vector<ValueId> declared_inputs;
  for (size_t i = 0; i < graph.values.size(); ++i) {
    if (graph.values[i].role == Role::input) {
      declared_inputs.push_back(ValueId(static_cast<int32_t>(i)));
    }
  }
  const auto names = [&](const std::vector<ValueId>& ids) {
    std::vector<std::string> parts;
    for (const ValueId id : ids) parts.push_back(id == no_value ? "None" : "%" + graph[id].name);
    return fmt::format("{}", fmt::join(parts, ", "));
  };
  if (declared_inputs != graph.inputs) text += "inputs " + names(graph.inputs) + "\n";
  return text + "return" + (graph.outputs.empty() ? "" : " ") + names(graph.outputs) + "\n";
}

namespace {

class GraphReader {
 public:
  explicit GraphReader(std::string_view text) : cursor_(text), builder_("") {}

  Graph read() {
    next_statement("graph NAME");
    const size_t begin = cursor_.position();
    if (cursor_.identifier() != "graph") throw cursor_.error_at(begin, "graph NAME");
    builder_ = GraphBuilder(bare_or_quoted_text("#\n"));
    end_of_line();
    while (true) {
      next_statement("return");
      const size_t at = cursor_.position();
      if (cursor_.peek() == '%' || cursor_.peek() == '_') {
        read_assignment();
        continue;
      }
      const std::string_view word = cursor_.identifier();
      if (word == "once") {
        once_ = true;
        cursor_.skip_spaces();
        if (cursor_.peek() != '%') throw cursor_.error("%name of what a node that runs once makes");
        read_assignment();
        once_ = false;
        continue;
      }
      if (word == "return" || word == "inputs") {
        std::vector<ValueId> ids = read_names();
        end_of_line();
        if (word == "return") {
          expect_nothing_more();
          return finish(std::move(ids));
        }
        inputs_ = std::move(ids);
        continue;
      }
      cursor_.go_to(at);
      read_node({}, at);
    }
  }

 private:
  struct Wished {
    std::string name;
    std::optional<TensorType> type;
    size_t at = 0;
  };

  void next_statement(std::string_view expected) {
    while (true) {
      cursor_.skip_spaces();
      if (cursor_.peek() == '#') cursor_.until_line_end();
      if (cursor_.at_end()) throw cursor_.error(expected);
      if (!cursor_.take('\n') && !cursor_.take('\r')) return;
    }
  }
  void end_of_line() {
    cursor_.skip_spaces();
    if (cursor_.peek() == '#') cursor_.until_line_end();
    cursor_.take('\r');
    if (!cursor_.at_end() && !cursor_.take('\n')) throw cursor_.error("the line's end");
  }
  void expect_nothing_more() {
    while (!cursor_.at_end()) {
      cursor_.skip_spaces();
      if (cursor_.peek() == '#') cursor_.until_line_end();
      if (!cursor_.at_end() && !cursor_.take('\n') && !cursor_.take('\r')) {
        throw cursor_.error("nothing after return");
      }
    }
  }
  std::string bare_or_quoted_text(std::string_view stops) {
    cursor_.skip_spaces();
    if (cursor_.peek() == '"') return cursor_.quoted();
    std::string_view text = cursor_.until(stops);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\r' || text.back() == '\t')) {
      text.remove_suffix(1);
    }
    return std::string(text);
  }

  ValueId look_up(size_t at, std::string_view name) const {
    const auto found = values_.find(std::string(name));
    if (found != values_.end()) return found->second;
    std::vector<std::string> known;
    for (const Value& value : builder_.graph().values) known.push_back(value.name);
    std::string message = "%" + std::string(name) + " is not defined above";
    if (const auto near = nearest_name(name, known))
      message += "; did you mean \"%" + *near + "\"?";
    throw cursor_.message_at(at, message);
  }
  std::optional<ValueRef> take_value() {
    cursor_.skip_spaces();
    const size_t at = cursor_.position();
    if (!cursor_.take('%')) return std::nullopt;
    const std::string_view name = cursor_.identifier();
    if (name.empty()) throw cursor_.error("a value's name after %");
    return ValueRef{look_up(at, name)};
  }
  std::vector<ValueId> read_names() {
    std::vector<ValueId> ids;
    cursor_.skip_spaces();
    if (cursor_.peek() != '%' && cursor_.peek() != 'N') return ids;
    do {
      const auto ref = take_value();
      const size_t at = cursor_.position();
      if (!ref && cursor_.identifier() != "None") throw cursor_.error_at(at, "%name or None");
      ids.push_back(ref ? ref->id : no_value);
    } while (cursor_.take(','));
    return ids;
  }

  void define(const Wished& wished, ValueId id) {
    OPGAUGE_CHECK(builder_.graph()[id].name == wished.name, "a name from the text was changed");
    values_.emplace(wished.name, id);
  }

  void read_assignment() {
    std::vector<Wished> outputs;
    do {
      cursor_.skip_spaces();
      Wished wished;
      wished.at = cursor_.position();
      const bool used = cursor_.take('%');
      wished.name = cursor_.identifier();
      if (used ? wished.name.empty() : wished.name != "_")
        throw cursor_.error_at(wished.at, "%name or _");
      const auto same = [&](const Wished& other) { return other.name == wished.name; };
      if (used &&
          (values_.contains(wished.name) || std::any_of(outputs.begin(), outputs.end(), same))) {
        throw cursor_.message_at(wished.at, "%" + wished.name + " is defined twice");
      }
      if (cursor_.take(':')) wished.type = parse_type(cursor_);
      outputs.push_back(std::move(wished));
    } while (cursor_.take(','));
    cursor_.expect('=');
    cursor_.skip_spaces();
    const size_t at = cursor_.position();
    const std::string_view word = cursor_.identifier();
    for (const auto& role : enum_names<Role>) {
      if (role.name == word && role.value != Role::intermediate && cursor_.peek() != ':') {
        if (once_) throw cursor_.error_at(at, "an op after once");
        if (outputs.size() != 1 || outputs[0].name == "_")
          throw cursor_.error_at(at, "one name for " + std::string(word));
        read_leaf(outputs[0], role.value);
        return;
      }
    }
    cursor_.go_to(at);
    read_node(std::move(outputs), at);
  }

  void read_leaf(const Wished& wished, Role role) {
    TensorType type = parse_type(cursor_);
    cursor_.skip_spaces();
    std::string source;
    if (cursor_.peek() == '"') source = cursor_.quoted();
    ValueId shares = no_value;
    const size_t at = cursor_.position();
    if (const std::string_view word = cursor_.identifier(); word == "shares") {
      const auto owner = take_value();
      if (!owner) throw cursor_.error("%name after shares");
      shares = owner->id;
    } else if (!word.empty()) {
      throw cursor_.error_at(at, "\"source\", shares %name or the line's end");
    }
    end_of_line();
    define(wished, builder_.declare(wished.name, std::move(type), role, std::move(source), shares));
  }

  void read_node(std::vector<Wished> outputs, size_t begin) {
    const std::string target(cursor_.until("( \t\n"));
    if (target.find("::") == std::string::npos && target.find('.') == std::string::npos) {
      throw cursor_.error_at(
          begin, "input, parameter, buffer, constant, return or an op such as aten::relu");
    }
    cursor_.expect('(');
    std::vector<Given> given;
    if (!cursor_.take(')')) {
      do {
        std::string name(cursor_.identifier());
        if (name.empty()) throw cursor_.error("an argument name");
        cursor_.expect('=');
        Argument value = parse_argument(cursor_, [this](Cursor&) { return take_value(); });
        given.emplace_back(std::move(name), std::move(value));
      } while (cursor_.take(','));
      cursor_.expect(')');
    }
    read_origin();
    try {
      add_node(target, std::move(given), outputs);
    } catch (const Error& error) {
      if (error.where().starts_with("line ")) throw;
      throw error.within(cursor_.place(begin));
    }
  }

  void read_origin() {
    std::string module, where;
    cursor_.skip_spaces();
    if (cursor_.take('#')) {
      module = bare_or_quoted_text(",\n");
      if (cursor_.take(',')) where = bare_or_quoted_text("\n");
    }
    end_of_line();
    builder_.set_origin(std::move(module), std::move(where));
  }

  void add_node(const std::string& target, std::vector<Given> given, std::vector<Wished>& outputs) {
    std::vector<ValueId> ids;
    if (find_op(target) || once_) {
      std::vector<std::string> names;
      for (const Wished& wished : outputs) names.push_back(wished.name);
      ids = once_ ? builder_.call_all_once(target, std::move(given), std::move(names))
                  : builder_.call_all(target, std::move(given), std::move(names));
      if (ids.size() != outputs.size()) {
        throw Error(target, fmt::format("found {} names, expected one per output ({})",
                                        outputs.size(), ids.size()));
      }
    } else {
      std::vector<std::pair<std::string, TensorType>> declared;
      for (Wished& wished : outputs) {
        if (!wished.type && wished.name != "_") {
          std::vector<std::string> known;
          for (const OpRow& row : op_table()) known.emplace_back(row.target());
          std::string message =
              "op is not in the op table, expected the types of its outputs (%y: f32[8] = …)";
          if (const auto near = nearest_name(target, known))
            message += "; did you mean \"" + *near + "\"?";
          throw Error(target, message);
        }
        declared.emplace_back(wished.name, wished.type.value_or(TensorType()));
      }
      ids = builder_.call_unknown(target, std::move(given), std::move(declared));
    }
    for (size_t i = 0; i < ids.size(); ++i) {
      if (ids[i] == no_value) continue;
      define(outputs[i], ids[i]);
      const TensorType& type = builder_.type(ids[i]);
      if (outputs[i].type && !(*outputs[i].type == type)) {
        throw cursor_.message_at(
            outputs[i].at, fmt::format("%{} is declared {}, but {} gives {}", outputs[i].name,
                                       print_type(*outputs[i].type), target, print_type(type)));
      }
    }
  }

  Graph finish(std::vector<ValueId> outputs) {
    Graph graph = builder_.finish(std::move(outputs));
    if (inputs_) graph.inputs = std::move(*inputs_);
    return graph;
  }

  Cursor cursor_;
  GraphBuilder builder_;
  bool once_ = false;  // the statement being read is a node of Graph::preparation
  std::unordered_map<std::string, ValueId> values_;
  std::optional<std::vector<ValueId>> inputs_;
};

}  // namespace

Graph parse_graph(std::string_view text) { return GraphReader(text).read(); }

}  // namespace opgauge
