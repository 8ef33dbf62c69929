// SPDX-License-Identifier: Apache-2.0
#include "oracle/configurations.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <fstream>

#include "graph/builder.hpp"

namespace opgauge::oracle {
namespace {

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  size_t begin = 0;
  for (size_t i = 0; i <= text.size(); ++i) {
    if (i < text.size() && text[i] != separator) continue;
    parts.emplace_back(text.substr(begin, i - begin));
    begin = i + 1;
  }
  return parts;
}

std::string replace_all(std::string text, const std::string& from, const std::string& to) {
  for (size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
  return text;
}

const std::pair<const char*, std::vector<std::string>> dtype_sets[] = {
    {"$f", {"f32", "bf16"}},
    {"$g", {"f32", "f64", "bf16", "f16"}},
    {"$i", {"i64", "i32"}},
    {"$a", {"f32", "bf16", "i64", "bool"}},
};

Dims parse_dims(std::string_view text) {
  Dims dims;
  if (text.empty()) return dims;
  for (const std::string& part : split(text, ',')) dims.push_back(std::stoll(part));
  return dims;
}

Dims strides_of(const Dims& sizes, std::vector<size_t> order) {  // order: slowest dimension first
  Dims strides(sizes.size());
  int64_t running = 1;
  for (size_t i = order.size(); i-- > 0;) {
    strides[order[i]] = running;
    running *= std::max<int64_t>(sizes[order[i]], 1);
  }
  return strides;
}

Dims layout(const Dims& sizes, std::string_view name) {
  const size_t rank = sizes.size();
  std::vector<size_t> order(rank);
  for (size_t i = 0; i < rank; ++i) order[i] = i;
  const auto need = [&](size_t least) {
    if (rank < least)
      throw Error("@" + std::string(name), "layout needs rank " + std::to_string(least));
  };
  Dims wider = sizes;
  if (name == "cl") {
    need(4);
    return channels_last_strides(sizes);
  } else if (name == "t") {
    need(2);
    std::swap(order[rank - 1], order[rank - 2]);
  } else if (name == "r") {
    std::reverse(order.begin(), order.end());
  } else if (name == "h") {
    need(3);
    std::swap(order[1], order[2]);
  } else if (name == "n") {
    need(2);
    std::swap(order[0], order[1]);
  } else if (name == "s") {
    need(1);
    wider.back() += 3;
    return contiguous_strides(wider);
  } else if (name == "2") {
    need(1);
    wider.back() *= 2;
    Dims strides = contiguous_strides(wider);
    strides.back() = 2;
    return strides;
  } else if (name == "e" || name == "l") {
    need(1);
    const size_t dim = name == "e" ? 0 : rank - 1;
    wider[dim] = 1;
    Dims strides = contiguous_strides(wider);
    strides[dim] = 0;
    return strides;
  } else {
    throw Error("@" + std::string(name), "unknown layout");
  }
  return strides_of(sizes, order);
}

// "[2,3]@t" -> "[2,3]{1,2}".
std::string spell_layouts(std::string text) {
  for (size_t at = text.find("]@"); at != std::string::npos; at = text.find("]@")) {
    const size_t open = text.rfind('[', at);
    size_t end = at + 2;
    while (end < text.size() && std::isalnum(static_cast<unsigned char>(text[end]))) ++end;
    const Dims strides =
        layout(parse_dims(text.substr(open + 1, at - open - 1)), text.substr(at + 2, end - at - 2));
    std::string spelt = "{";
    for (size_t i = 0; i < strides.size(); ++i)
      spelt += (i ? "," : "") + std::to_string(strides[i]);
    text.replace(at + 1, end - at - 1, spelt + "}");
  }
  return text;
}

// Recursive descent over one expanded case text.
class Reader {
 public:
  Reader(const std::string& text, GraphBuilder& builder) : text_(text), builder_(builder) {}

  void read() {
    const std::string target = word();
    if (!call(target)) throw Error(text_, "expected a call");
  }

 private:
  Error fail(const std::string& message) const {
    return Error(text_ + " at " + std::to_string(at_), message);
  }
  void skip() {
    while (at_ < text_.size() && text_[at_] == ' ') ++at_;
  }
  bool take(char c) {
    skip();
    if (at_ >= text_.size()) throw fail("text ends too early");
    if (text_[at_] != c) return false;
    ++at_;
    return true;
  }
  void expect(char c) {
    if (!take(c)) throw fail(std::string("expected ") + c);
  }
  std::string word() {
    skip();
    const size_t begin = at_;
    while (at_ < text_.size() &&
           (std::isalnum(static_cast<unsigned char>(text_[at_])) || text_[at_] == '_' ||
            text_[at_] == '.' || text_[at_] == ':' || text_[at_] == '-' || text_[at_] == '+')) {
      ++at_;
    }
    return text_.substr(begin, at_ - begin);
  }
  std::string until(char c) {
    const size_t end = text_.find(c, at_);
    if (end == std::string::npos) throw fail(std::string("expected ") + c);
    const std::string inside = text_.substr(at_, end - at_);
    at_ = end + 1;
    return inside;
  }

  // The rest of a call whose name has been read; its first output.
  std::optional<ValueId> call(const std::string& target) {
    if (at_ >= text_.size() || text_[at_] != '(') return std::nullopt;
    const OpRow* op = find_op(target);
    if (!op) throw Error(target, "op is not in the op table");
    ++at_;
    std::vector<Given> given;
    size_t position = 0;
    while (!take(')')) {
      if (!given.empty()) expect(',');
      skip();
      std::string name;
      size_t end = at_;
      while (end < text_.size() &&
             (std::isalnum(static_cast<unsigned char>(text_[end])) || text_[end] == '_'))
        ++end;
      if (end < text_.size() && text_[end] == '=') {
        name = text_.substr(at_, end - at_);
        at_ = end + 1;
      } else {
        if (position >= op->schema->arguments.size()) throw fail("too many arguments");
        name = op->schema->arguments[position++].name;
      }
      given.emplace_back(name, value());
    }
    const std::vector<ValueId> outputs = builder_.call_all(target, std::move(given));
    return outputs.empty() ? no_value : outputs[0];
  }

  Argument list() {
    std::vector<Argument> items;
    while (!take(']')) {
      if (!items.empty()) expect(',');
      items.push_back(value());
    }
    const auto all = [&]<class T>(T*) {
      return !items.empty() && std::all_of(items.begin(), items.end(), [](const Argument& a) {
        return std::holds_alternative<T>(a);
      });
    };
    if (all(static_cast<bool*>(nullptr))) {
      std::vector<bool> flags;
      for (const Argument& a : items) flags.push_back(std::get<bool>(a));
      return flags;
    }
    if (items.empty() || all(static_cast<int64_t*>(nullptr))) {
      Dims ints;
      for (const Argument& a : items) ints.push_back(std::get<int64_t>(a));
      return ints;
    }
    if (std::holds_alternative<int64_t>(items[0]) || std::holds_alternative<double>(items[0])) {
      std::vector<double> reals;
      for (const Argument& a : items) {
        reals.push_back(std::holds_alternative<double>(a)
                            ? std::get<double>(a)
                            : static_cast<double>(std::get<int64_t>(a)));
      }
      return reals;
    }
    ValueList values;
    for (const Argument& a : items) {
      values.push_back(std::holds_alternative<ValueRef>(a) ? std::get<ValueRef>(a) : ValueRef{});
    }
    return values;
  }

  Argument value() {
    skip();
    if (take('[')) return list();
    if (take('"')) return until('"');
    if (take('\'')) return until('\'');
    std::string name = word();
    Role role = Role::input;
    if (name == "parameter" || name == "buffer" || name == "constant") {
      role = parse_enum<Role>(text_, "role", name);
      name = word();
    }
    if (name == "None") return std::monostate();
    if (const auto made = call(name)) return ValueRef{*made};
    if (name == "True" || name == "False") return name == "True";
    for (const auto& entry : enum_names<Dtype>) {
      if (entry.name != name) continue;
      if (at_ < text_.size() && text_[at_] == '[') {
        ++at_;
        TensorType type(entry.value, parse_dims(until(']')));
        if (at_ < text_.size() && text_[at_] == '{') {
          ++at_;
          type.strides = parse_dims(until('}'));
        }
        const std::string label = "a" + std::to_string(operands_++);
        return ValueRef{role == Role::input       ? builder_.input(label, type)
                        : role == Role::parameter ? builder_.parameter(label, type)
                                                  : builder_.buffer(label, type)};
      }
      return entry.value;
    }
    for (const auto& entry : enum_names<MemoryFormat>) {
      if (entry.name == name) return entry.value;
    }
    if (name == "strided") return Layout::strided;
    if (name == "cpu") return DeviceKind::cpu;
    int64_t whole = 0;
    const char* end = name.data() + name.size();
    if (const auto r = std::from_chars(name.data(), end, whole);
        r.ec == std::errc() && r.ptr == end)
      return whole;
    if (name == "inf" || name == "-inf") return name == "inf" ? HUGE_VAL : -HUGE_VAL;
    double real = 0;
    if (const auto r = std::from_chars(name.data(), end, real); r.ec == std::errc() && r.ptr == end)
      return real;
    throw fail("found \"" + name + "\", expected a value");
  }

  const std::string& text_;
  GraphBuilder& builder_;
  size_t at_ = 0;
  int operands_ = 0;
};

}  // namespace

std::vector<std::string> expand(std::string_view line) {
  std::vector<std::string> done, open{std::string(line)};
  while (!open.empty()) {
    const std::string text = std::move(open.back());
    open.pop_back();
    bool split_further = false;
    for (const auto& [name, dtypes] : dtype_sets) {
      if (text.find(name) == std::string::npos) continue;
      for (auto dtype = dtypes.rbegin(); dtype != dtypes.rend(); ++dtype)
        open.push_back(replace_all(text, name, *dtype));
      split_further = true;
      break;
    }
    if (split_further) continue;

    size_t begin = text.find('<');
    if (begin == std::string::npos) {
      done.push_back(spell_layouts(text));
      continue;
    }
    const size_t end = text.find('>', begin);
    if (end == std::string::npos) throw Error(text, "a group is not closed");
    const std::string group = text.substr(begin, end - begin + 1);
    const auto parts = split(std::string_view(group).substr(1, group.size() - 2), '|');
    for (auto part = parts.rbegin(); part != parts.rend(); ++part)
      open.push_back(replace_all(text, group, *part));
  }
  return done;
}

std::vector<Configuration> read_configurations(const std::string& folder) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() == ".txt") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  std::vector<Configuration> all;
  for (const auto& file : files) {
    std::ifstream in(file);
    std::string line;
    for (int number = 1; std::getline(in, line); ++number) {
      const std::string place = file.filename().string() + ":" + std::to_string(number);
      if (const size_t comment = line.find('#'); comment != std::string::npos) line.resize(comment);
      while (!line.empty() && std::isspace(static_cast<unsigned char>(line.back())))
        line.pop_back();
      if (line.empty()) continue;
      const bool refused = line.front() == '!';
      if (refused) line.erase(0, 1);
      double tolerance = 0;
      if (const size_t near = line.rfind('~'); near != std::string::npos) {
        tolerance = std::stod(line.substr(near + 1)) / 100;
        line.resize(line.rfind(')') + 1);
      }
      for (std::string& text : expand(line))
        all.push_back({std::move(text), place, refused, tolerance});
    }
  }
  return all;
}

Graph build(const std::string& text) {
  GraphBuilder builder("case");
  Reader(text, builder).read();
  std::vector<ValueId> outputs = builder.graph().nodes.back().outputs;
  return builder.finish(std::move(outputs));
}

}  // namespace opgauge::oracle
