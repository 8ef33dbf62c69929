// SPDX-License-Identifier: Apache-2.0
// Reading the text forms (graph/text.hpp, graph/case.hpp): a place in a text that knows its line
// and column, and the grammar that both forms share.
//
//   type      f32[8,3]{1,8}+16   dtype, sizes; strides and offset only where they are not the plain ones
//   argument  None  true  3  1e-05  inf  "text"  f32  channels_last  cpu  [1,1]  [0.5,2.0]  and tensors;
//             True and False are read too, as Python writes them
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "graph/graph.hpp"

namespace opgauge {

class Cursor {
 public:
  explicit Cursor(std::string_view text) : text_(text) {}

  bool at_end() const { return at_ >= text_.size(); }
  char peek() const { return at_end() ? '\0' : text_[at_]; }
  size_t position() const { return at_; }
  void go_to(size_t position) { at_ = position; }

  void skip_spaces();                 // blanks and tabs, not line ends
  bool take(char c);                  // skips spaces, then takes `c` if it is there
  void expect(char c);                // the same, or throws
  std::string_view identifier();      // [A-Za-z_][A-Za-z0-9_]*, "" if there is none
  std::string_view until_line_end();  // the rest of the line; does not take the line end
  std::string_view until(std::string_view stops);  // up to one of these characters or the end
  int64_t integer();
  std::string quoted();  // "…" with \" \\ \n \t \r \u00XX

  // At the current place, or at another: "[line 3, column 14] found "x", expected …".
  Error error(std::string_view expected) const { return error_at(at_, expected); }
  Error error_at(size_t position, std::string_view expected) const;
  Error message_at(size_t position, std::string_view message) const;
  std::string place(size_t position) const;  // "line 3, column 14"

 private:
  std::string_view text_;
  size_t at_ = 0;
};

// Takes a tensor operand if one stands at the cursor.
using TakeTensor = std::function<std::optional<ValueRef>(Cursor&)>;

TensorType parse_type(Cursor& cursor);
Argument parse_argument(Cursor& cursor, const TakeTensor& take_tensor);

std::string quote(std::string_view text);
std::string print_number(double value);  // reads back as the same double, never as an integer
std::string print_list(const Dims& values, char open, char close);
// `tensor` prints one operand (never called with no_value).
std::string print_argument(const Argument& argument,
                           const std::function<std::string(ValueId)>& tensor);

}  // namespace opgauge
