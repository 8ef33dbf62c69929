// SPDX-License-Identifier: Apache-2.0
#include "graph/cursor.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

#include "base/names.hpp"

namespace opgauge {
namespace {

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

void Cursor::skip_spaces() {
  while (peek() == ' ' || peek() == '\t') ++at_;
}

bool Cursor::take(char c) {
  skip_spaces();
  if (at_end() || text_[at_] != c) return false;
  ++at_;
  return true;
}

void Cursor::expect(char c) {
  if (!take(c)) throw error(fmt::format("\"{}\"", c));
}

std::string_view Cursor::identifier() {
  skip_spaces();
  const size_t begin = at_;
  if (is_letter(peek())) {
    while (is_letter(peek()) || is_digit(peek())) ++at_;
  }
  return text_.substr(begin, at_ - begin);
}

std::string_view Cursor::until_line_end() { return until("\n"); }

std::string_view Cursor::until(std::string_view stops) {
  const size_t begin = at_;
  at_ = std::min(text_.find_first_of(stops, at_), text_.size());
  return text_.substr(begin, at_ - begin);
}

int64_t Cursor::integer() {
  skip_spaces();
  int64_t value = 0;
  const auto [end, code] = std::from_chars(text_.data() + at_, text_.data() + text_.size(), value);
  if (code == std::errc::result_out_of_range) throw error("a whole number of at most 63 bits");
  if (code != std::errc()) throw error("a whole number");
  at_ = static_cast<size_t>(end - text_.data());
  return value;
}

std::string Cursor::quoted() {
  const size_t begin = at_;
  expect('"');
  std::string text;
  while (true) {
    if (at_end() || peek() == '\n') throw message_at(begin, "this text has no closing \"");
    char c = text_[at_++];
    if (c == '"') return text;
    if (c == '\\') {
      const size_t escape = at_ - 1;
      c = at_end() ? '\0' : text_[at_++];
      switch (c) {
        case 'n':
          c = '\n';
          break;
        case 't':
          c = '\t';
          break;
        case 'r':
          c = '\r';
          break;
        case '"':
        case '\\':
          break;
        case 'u': {
          unsigned code = 0;
          const char* digits = text_.data() + at_;
          const size_t left = std::min<size_t>(4, text_.size() - at_);
          const auto [end, status] = std::from_chars(digits, digits + left, code, 16);
          if (status != std::errc() || end != digits + 4 || code > 0xff) {
            throw error_at(escape, "an escape \\u0000 to \\u00ff");
          }
          at_ += 4;
          c = static_cast<char>(code);
          break;
        }
        default:
          throw error_at(escape, "an escape (\\n, \\t, \\r, \\\", \\\\ or \\u00XX)");
      }
    }
    text += c;
  }
}

std::string Cursor::place(size_t position) const {
  position = std::min(position, text_.size());
  size_t line = 1, line_begin = 0;
  for (size_t i = 0; i < position; ++i) {
    if (text_[i] == '\n') {
      ++line;
      line_begin = i + 1;
    }
  }
  return fmt::format("line {}, column {}", line, position - line_begin + 1);
}

Error Cursor::message_at(size_t position, std::string_view message) const {
  return Error(place(position), message);
}

Error Cursor::error_at(size_t position, std::string_view expected) const {
  std::string found = "the end";
  if (position < text_.size()) {
    size_t end = position + 1;
    if (text_[position] == '\n') {
      found = "the line's end";
    } else {
      while (end < text_.size() && end < position + 24 &&
             (is_letter(text_[end]) || is_digit(text_[end])))
        ++end;
      found = quote(text_.substr(position, end - position));
    }
  }
  return message_at(position, fmt::format("found {}, expected {}", found, expected));
}

namespace {

Dims parse_ints(Cursor& cursor, char open, char close) {
  Dims values;
  cursor.expect(open);
  if (cursor.take(close)) return values;
  do {
    values.push_back(cursor.integer());
  } while (cursor.take(','));
  cursor.expect(close);
  return values;
}

template <NamedEnum E>
bool match_enum(std::string_view word, Argument& to) {
  for (const auto& entry : enum_names<E>) {
    if (entry.name == word) {
      to = entry.value;
      return true;
    }
  }
  return false;
}

Argument parse_numeral(Cursor& cursor) {
  const size_t begin = cursor.position();
  const std::string_view text = cursor.until(" \t\n,)]");
  const char* end = text.data() + text.size();
  if (text.find_first_of(".eEn") == std::string_view::npos) {
    int64_t whole = 0;
    const auto [stop, code] = std::from_chars(text.data(), end, whole);
    if (code == std::errc::result_out_of_range) {
      throw cursor.error_at(begin, "a whole number of at most 63 bits");
    }
    if (code == std::errc() && stop == end) return whole;
  } else {
    double real = 0;
    const auto [stop, code] = std::from_chars(text.data(), end, real);
    if (code == std::errc() && stop == end) return real;
  }
  throw cursor.error_at(begin, "a number");
}

struct ListElements {
  std::vector<Argument> all;
  template <class T>
  bool every() const {
    return std::all_of(all.begin(), all.end(),
                       [](const Argument& a) { return std::holds_alternative<T>(a); });
  }
  template <class T>
  std::vector<T> as() const {
    std::vector<T> values;
    for (const Argument& one : all) values.push_back(std::get<T>(one));
    return values;
  }
};

Argument parse_list(Cursor& cursor, const TakeTensor& take_tensor) {
  const size_t begin = cursor.position();
  cursor.expect('[');
  if (cursor.take(']')) return Dims{};
  ListElements list;
  bool tensors = false;
  do {
    list.all.push_back(parse_argument(cursor, take_tensor));
    tensors = tensors || std::holds_alternative<ValueRef>(list.all.back());
  } while (cursor.take(','));
  cursor.expect(']');
  if (list.every<int64_t>()) return list.as<int64_t>();
  if (list.every<bool>()) return list.as<bool>();
  if (list.every<double>()) return list.as<double>();
  if (tensors || list.every<std::monostate>()) {
    ValueList refs;
    for (const Argument& one : list.all) {
      if (std::holds_alternative<std::monostate>(one)) {
        refs.push_back({});
      } else if (const auto* ref = std::get_if<ValueRef>(&one)) {
        refs.push_back(*ref);
      } else {
        throw cursor.message_at(
            begin, "a list of tensors has other elements as well, expected tensors or None");
      }
    }
    return refs;
  }
  std::vector<double> reals;
  for (const Argument& one : list.all) {
    if (const auto* real = std::get_if<double>(&one)) {
      reals.push_back(*real);
    } else if (const auto* whole = std::get_if<int64_t>(&one)) {
      reals.push_back(static_cast<double>(*whole));
    } else {
      throw cursor.message_at(begin,
                              "a list mixes kinds, expected tensors, numbers or true and false");
    }
  }
  return reals;
}

}  // namespace

TensorType parse_type(Cursor& cursor) {
  cursor.skip_spaces();
  const size_t begin = cursor.position();
  const std::string_view word = cursor.identifier();
  Argument dtype;
  if (!match_enum<Dtype>(word, dtype)) {
    std::vector<std::string> known;
    for (const auto& entry : enum_names<Dtype>) known.emplace_back(entry.name);
    if (word.empty()) throw cursor.error_at(begin, "a type such as f32[8,3]");
    throw unknown_name(cursor.place(begin), "dtype", word, known);
  }
  try {
    TensorType type(std::get<Dtype>(dtype), parse_ints(cursor, '[', ']'));
    if (cursor.peek() == '{') {
      const size_t at = cursor.position();
      type.strides = parse_ints(cursor, '{', '}');
      if (type.strides.size() != type.sizes.size()) {
        throw cursor.message_at(at, fmt::format("found {} strides, expected one per size ({})",
                                                type.strides.size(), type.sizes.size()));
      }
      if (std::any_of(type.strides.begin(), type.strides.end(), [](int64_t s) { return s < 0; })) {
        throw cursor.message_at(at, "found a negative stride, expected at least 0");
      }
    }
    if (cursor.peek() == '+') {
      cursor.expect('+');
      type.offset = cursor.integer();
      if (type.offset < 0)
        throw cursor.message_at(begin, "found a negative offset, expected at least 0");
    }
    return type;
  } catch (const Error& error) {
    if (error.where().starts_with("line ")) throw;
    throw cursor.message_at(begin, error.message());
  }
}

Argument parse_argument(Cursor& cursor, const TakeTensor& take_tensor) {
  cursor.skip_spaces();
  if (const auto ref = take_tensor(cursor)) return *ref;
  const size_t begin = cursor.position();
  const char c = cursor.peek();
  if (c == '[') return parse_list(cursor, take_tensor);
  if (c == '"') return cursor.quoted();
  if (is_digit(c) || c == '-' || c == '.') return parse_numeral(cursor);
  const std::string_view word = cursor.identifier();
  if (word == "None") return std::monostate();
  if (word == "true" || word == "True") return true;
  if (word == "false" || word == "False") return false;
  if (word == "inf") return std::numeric_limits<double>::infinity();
  if (word == "nan") return std::numeric_limits<double>::quiet_NaN();
  Argument value;
  if (match_enum<Dtype>(word, value) || match_enum<MemoryFormat>(word, value) ||
      match_enum<Layout>(word, value) || match_enum<DeviceKind>(word, value)) {
    return value;
  }
  throw cursor.error_at(begin, "a tensor, number, text, list, None, true, false, dtype or format");
}

std::string quote(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\t':
        out += "\\t";
        break;
      case '\r':
        out += "\\r";
        break;
      default:
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
          out += fmt::format("\\u{:04x}", static_cast<unsigned char>(c));
        } else {
          out += c;
        }
    }
  }
  return out + '"';
}

std::string print_number(double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
  std::string text = fmt::format("{}", value);
  if (text.find_first_of(".e") == std::string::npos) text += ".0";
  return text;
}

std::string print_list(const Dims& values, char open, char close) {
  return fmt::format("{}{}{}", open, fmt::join(values, ","), close);
}

std::string print_argument(const Argument& argument,
                           const std::function<std::string(ValueId)>& tensor) {
  const auto one = [&](ValueRef ref) {
    return ref.id == no_value ? std::string("None") : tensor(ref.id);
  };
  struct Print {
    const decltype(one)& ref;
    std::string operator()(std::monostate) const { return "None"; }
    std::string operator()(ValueRef value) const { return ref(value); }
    std::string operator()(const ValueList& list) const {
      std::vector<std::string> parts;
      for (const ValueRef value : list) parts.push_back(ref(value));
      return fmt::format("[{}]", fmt::join(parts, ", "));
    }
    std::string operator()(bool value) const { return value ? "true" : "false"; }
    std::string operator()(int64_t value) const { return std::to_string(value); }
    std::string operator()(double value) const { return print_number(value); }
    std::string operator()(const std::string& value) const { return quote(value); }
    std::string operator()(const Dims& values) const { return print_list(values, '[', ']'); }
    std::string operator()(const std::vector<double>& values) const {
      std::vector<std::string> parts;
      for (const double value : values) parts.push_back(print_number(value));
      return fmt::format("[{}]", fmt::join(parts, ","));
    }
    std::string operator()(const std::vector<bool>& values) const {
      std::vector<std::string> parts;
      for (const bool value : values) parts.push_back(value ? "true" : "false");
      return fmt::format("[{}]", fmt::join(parts, ","));
    }
    std::string operator()(Dtype value) const { return std::string(name_of(value)); }
    std::string operator()(MemoryFormat value) const { return std::string(name_of(value)); }
    std::string operator()(Layout value) const { return std::string(name_of(value)); }
    std::string operator()(DeviceKind value) const { return std::string(name_of(value)); }
  };
  return std::visit(Print{one}, argument);
}

}  // namespace opgauge
