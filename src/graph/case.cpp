// SPDX-License-Identifier: Apache-2.0
// One op call as one line, and back.
#include "graph/case.hpp"

#include <fmt/format.h>

#include "graph/builder.hpp"
#include "graph/cursor.hpp"
#include "graph/text.hpp"

namespace opgauge {
namespace {

// Strides that no kernel can tell from contiguous ones are left out; those that mark a tensor as
// channels-last stay.
std::string case_type(const Value& value) {
  TensorType type = value.type;
  type.offset = 0;
  const bool image = type.rank() == 4 || type.rank() == 5;
  if (type.is_contiguous() && !(image && type.strides == channels_last_strides(type.sizes))) {
    type.strides = contiguous_strides(type.sizes);
  }
  const bool held = value.role != Role::input && value.role != Role::intermediate;
  return (held ? "parameter " : "") + print_type(type);
}

class CaseReader {
 public:
  explicit CaseReader(std::string_view text) : cursor_(text), builder_("case") {}

  Graph read() {
    cursor_.skip_spaces();
    const std::string target(cursor_.until("( \t\n"));
    const OpRow* op = find_op(target);
    if (!op) {
      std::vector<std::string> known;
      for (const OpRow& row : op_table()) known.emplace_back(row.target());
      std::string message = "found the op \"" + target + "\", expected one of the op table";
      if (const auto near = nearest_name(target, known))
        message += "; did you mean \"" + *near + "\"?";
      throw cursor_.message_at(0, message);
    }
    cursor_.expect('(');
    std::vector<Given> given;
    if (!cursor_.take(')')) {
      do {
        if (given.size() == op->schema->arguments.size()) {
          throw cursor_.message_at(
              cursor_.position(),
              fmt::format("found more than the {} arguments of {}", given.size(), target));
        }
        name_ = take_keyword();
        if (name_.empty()) {
          if (keywords_) throw cursor_.error("name=value, after a first argument by name");
          name_ = op->schema->arguments[given.size()].name;
        }
        Argument value = parse_argument(cursor_, [this](Cursor&) { return take_tensor(); });
        given.emplace_back(name_, std::move(value));
      } while (cursor_.take(','));
      cursor_.expect(')');
    }
    cursor_.skip_spaces();
    if (!cursor_.at_end()) throw cursor_.error("the end of the case");
    try {
      return builder_.finish(builder_.call_all(target, std::move(given)));
    } catch (const Error& error) {
      throw error.within(cursor_.place(0));
    }
  }

 private:
  // `stride=`; nothing if a value stands there.
  std::string take_keyword() {
    cursor_.skip_spaces();
    const size_t begin = cursor_.position();
    std::string word(cursor_.identifier());
    if (!word.empty() && cursor_.take('=')) {
      keywords_ = true;
      return word;
    }
    cursor_.go_to(begin);
    return "";
  }
  // `f32[8]` or `parameter f32[8]`; a dtype without sizes is an argument of its own.
  std::optional<ValueRef> take_tensor() {
    const size_t begin = cursor_.position();
    std::string_view word = cursor_.identifier();
    const bool parameter = word == "parameter";
    if (!parameter && (word.empty() || cursor_.peek() != '[')) {
      cursor_.go_to(begin);
      return std::nullopt;
    }
    if (!parameter) cursor_.go_to(begin);
    TensorType type = parse_type(cursor_);
    return ValueRef{parameter ? builder_.parameter(name_, std::move(type))
                              : builder_.input(name_, std::move(type))};
  }

  Cursor cursor_;
  GraphBuilder builder_;
  std::string name_;       // of the argument being read
  bool keywords_ = false;  // an argument has been given by its name
};

}  // namespace

std::string case_text(const Graph& graph, const Node& node) {
  size_t count = node.arguments.size();
  if (node.op) {
    const auto is_default = [&](size_t i) {
      const auto& fallback = node.op->schema->arguments[i].fallback;
      return fallback ? node.arguments[i] == *fallback
                      : std::holds_alternative<std::monostate>(node.arguments[i]);
    };
    while (count > 0 && is_default(count - 1)) --count;
  }
  std::vector<std::string> parts;
  for (size_t i = 0; i < count; ++i) {
    parts.push_back(
        print_argument(node.arguments[i], [&](ValueId id) { return case_type(graph[id]); }));
  }
  return fmt::format("{}({})", node.target, fmt::join(parts, ", "));
}

Graph parse_case(std::string_view text) { return CaseReader(text).read(); }

}  // namespace opgauge
