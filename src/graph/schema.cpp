// SPDX-License-Identifier: Apache-2.0
// Reading ATen schema text, and fitting given arguments to a schema.
#include <algorithm>
#include <charconv>

#include "graph/op_table.hpp"

namespace opgauge {
namespace {

std::string_view trim(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

// Splits at commas outside (), [] and quotes.
std::vector<std::string_view> split_list(std::string_view text) {
  std::vector<std::string_view> parts;
  int depth = 0;
  bool quoted = false;
  size_t begin = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\'' || c == '"') quoted = !quoted;
    if (quoted) continue;
    if (c == '(' || c == '[') ++depth;
    if (c == ')' || c == ']') --depth;
    if (c == ',' && depth == 0) {
      parts.push_back(trim(text.substr(begin, i - begin)));
      begin = i + 1;
    }
  }
  if (const auto last = trim(text.substr(begin)); !last.empty()) parts.push_back(last);
  return parts;
}

// "Tensor(a!)?" -> "Tensor?", and whether it had a mark and an exclamation mark.
std::string without_alias(std::string_view type, bool& aliased, bool& written) {
  std::string plain;
  int depth = 0;
  for (const char c : type) {
    if (c == '(') {
      ++depth;
      aliased = true;
    } else if (c == ')') {
      --depth;
    } else if (depth > 0) {
      if (c == '!') written = true;
    } else {
      plain += c;
    }
  }
  return plain;
}

int64_t to_int(std::string_view text) {
  int64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

std::string_view element_type(std::string_view type) {
  if (type.ends_with('?')) type.remove_suffix(1);
  if (const size_t at = type.rfind('['); at != std::string_view::npos) type = type.substr(0, at);
  if (type.ends_with('?')) type.remove_suffix(1);
  return type;
}
bool is_list(std::string_view type) { return type.find('[') != std::string_view::npos; }

// How many elements a list of this type has ("int[2]": 2), 0 if any number.
size_t list_length(std::string_view type) {
  const size_t at = type.rfind('[');
  return at == std::string_view::npos ? 0 : static_cast<size_t>(to_int(type.substr(at + 1)));
}

// One number for a list of fixed length stands for all of its elements, as in ATen: stride=1 is [1,
// 1].
Dims spread(std::string_view type, Dims values) {
  if (values.size() == 1) values.resize(std::max<size_t>(list_length(type), 1), values.front());
  return values;
}

Argument parse_default(std::string_view type, std::string_view text) {
  const std::string_view element = element_type(type);
  if (text == "None") return std::monostate();
  if (text == "True") return true;
  if (text == "False") return false;
  if (text == "contiguous_format") return MemoryFormat::contiguous;
  if (element == "MemoryFormat") return static_cast<MemoryFormat>(to_int(text));  // c10's numbers
  if (text == "Mean") return int64_t{1};
  if (text == "long" || (element == "ScalarType" && text == "4")) return Dtype::i64;
  if (text.front() == '\'' || text.front() == '"')
    return std::string(text.substr(1, text.size() - 2));
  if (text.front() == '[') {
    const auto parts = split_list(text.substr(1, text.size() - 2));
    if (element == "bool") {
      std::vector<bool> flags;
      for (const auto part : parts) flags.push_back(part == "True");
      return flags;
    }
    Dims ints;
    for (const auto part : parts) ints.push_back(to_int(part));
    return ints;
  }
  if (is_list(type)) return spread(type, Dims{to_int(text)});
  const bool integral = text.find_first_of(".e") == std::string_view::npos;
  if (element == "float" || !integral) return std::stod(std::string(text));
  return to_int(text);
}

}  // namespace

int Schema::index(std::string_view name) const {
  for (size_t i = 0; i < arguments.size(); ++i) {
    if (arguments[i].name == name) return static_cast<int>(i);
  }
  return -1;
}

Schema parse_schema(std::string_view text) {
  Schema schema;
  const size_t open = text.find('(');
  const size_t arrow = text.rfind(" -> ");
  OPGAUGE_CHECK(open != std::string_view::npos && arrow != std::string_view::npos,
                "schema text without ( or ->: " + std::string(text));
  schema.target = text.substr(0, open);
  bool keyword_only = false;
  for (const std::string_view part : split_list(text.substr(open + 1, arrow - open - 2))) {
    if (part == "*") {
      keyword_only = true;
      continue;
    }
    SchemaArgument argument;
    argument.keyword_only = keyword_only;
    const size_t equals = part.find('=');
    const std::string_view declared = part.substr(0, equals);
    const size_t space = declared.rfind(' ');
    argument.name = declared.substr(space + 1);
    argument.type = without_alias(declared.substr(0, space), argument.aliased, argument.written);
    if (equals != std::string_view::npos) {
      argument.fallback = parse_default(argument.type, part.substr(equals + 1));
    } else if (argument.type.ends_with('?')) {
      // Required by the schema, but None is always a legal value.
    }
    schema.arguments.push_back(std::move(argument));
  }
  std::string_view returned = trim(text.substr(arrow + 4));
  if (returned.starts_with('(') && returned.ends_with(')')) {
    returned = returned.substr(1, returned.size() - 2);
  }
  for (const std::string_view part : split_list(returned)) {
    bool written = false;
    const size_t space = part.rfind(' ');
    schema.returns.push_back(without_alias(part.substr(0, space), schema.may_alias, written));
  }
  return schema;
}

namespace {

Argument fit(const std::string& target, const SchemaArgument& to, Argument value) {
  const std::string_view element = element_type(to.type);
  const auto reject = [&]() -> Error {
    return Error(target, "argument \"" + to.name + "\" has the wrong kind, expected " + to.type);
  };
  if (const auto* ref = std::get_if<ValueRef>(&value); ref && ref->id == no_value)
    value = std::monostate();
  if (std::holds_alternative<std::monostate>(value)) {
    if (to.type.ends_with('?')) return value;
    throw reject();
  }
  if (is_list(to.type)) {
    if (element == "Tensor") {
      const auto* list = std::get_if<ValueList>(&value);
      const bool optional = to.type.find("?[") != std::string::npos;
      if (list && (optional || std::find(list->begin(), list->end(), ValueRef{}) == list->end())) {
        return value;
      }
      if (const auto* none = std::get_if<Dims>(&value); none && none->empty()) return ValueList{};
      throw reject();
    }
    if (element == "bool") {
      if (std::holds_alternative<std::vector<bool>>(value)) return value;
      if (const auto* flag = std::get_if<bool>(&value)) return std::vector<bool>{*flag};
      if (const auto* none = std::get_if<Dims>(&value); none && none->empty())
        return std::vector<bool>{};
      throw reject();
    }
    if (element == "float" || element == "Scalar") {
      if (const auto* ints = std::get_if<Dims>(&value)) {
        if (element == "Scalar") return value;
        return std::vector<double>(ints->begin(), ints->end());
      }
      if (std::holds_alternative<std::vector<double>>(value)) return value;
      if (const auto* one = std::get_if<double>(&value)) return std::vector<double>{*one};
      throw reject();
    }
    if (auto* list = std::get_if<Dims>(&value)) return spread(to.type, std::move(*list));
    if (const auto* one = std::get_if<int64_t>(&value)) return spread(to.type, Dims{*one});
    throw reject();
  }
  if (element == "Tensor") {
    // A number where a tensor is declared is legal (add.Tensor(x, 2)): ATen wraps it.
    if (std::holds_alternative<ValueRef>(value) || std::holds_alternative<int64_t>(value) ||
        std::holds_alternative<double>(value) || std::holds_alternative<bool>(value)) {
      return value;
    }
    throw reject();
  }
  if (element == "float") {
    if (const auto* whole = std::get_if<int64_t>(&value)) return static_cast<double>(*whole);
    if (std::holds_alternative<double>(value)) return value;
    throw reject();
  }
  if (element == "Scalar") {
    if (std::holds_alternative<int64_t>(value) || std::holds_alternative<double>(value) ||
        std::holds_alternative<bool>(value)) {
      return value;
    }
    throw reject();
  }
  if (element == "int" || element == "SymInt") {
    if (std::holds_alternative<int64_t>(value)) return value;
    throw reject();
  }
  if (element == "bool") {
    if (std::holds_alternative<bool>(value)) return value;
    throw reject();
  }
  if (element == "str") {
    if (std::holds_alternative<std::string>(value)) return value;
    throw reject();
  }
  if (element == "ScalarType") {
    if (std::holds_alternative<Dtype>(value)) return value;
    throw reject();
  }
  if (element == "MemoryFormat") {
    if (std::holds_alternative<MemoryFormat>(value)) return value;
    throw reject();
  }
  return value;  // Layout, Device, Generator, …: passed on as they are
}

}  // namespace

std::vector<Argument> normalize(const OpRow& op,
                                std::vector<std::pair<std::string, Argument>> given) {
  const Schema& schema = *op.schema;
  std::vector<Argument> arguments(schema.arguments.size());
  std::vector<bool> set(schema.arguments.size(), false);
  for (auto& [name, value] : given) {
    const int at = schema.index(name);
    if (at < 0) {
      std::vector<std::string> known;
      for (const auto& argument : schema.arguments) known.push_back(argument.name);
      throw unknown_name(schema.target, "argument", name, known);
    }
    if (set[static_cast<size_t>(at)]) {
      throw Error(schema.target, "argument \"" + name + "\" is given twice");
    }
    set[static_cast<size_t>(at)] = true;
    arguments[static_cast<size_t>(at)] =
        fit(schema.target, schema.arguments[static_cast<size_t>(at)], std::move(value));
  }
  for (size_t i = 0; i < arguments.size(); ++i) {
    if (set[i]) continue;
    const SchemaArgument& argument = schema.arguments[i];
    if (argument.fallback) {
      arguments[i] = *argument.fallback;
    } else if (!argument.type.ends_with('?')) {
      throw Error(schema.target,
                  "argument \"" + argument.name + "\" is missing, expected " + argument.type);
    }
  }
  return arguments;
}

}  // namespace opgauge
