// SPDX-License-Identifier: Apache-2.0
// Configurations for the oracle: case texts, one a line, in tests/oracle/cases/*.txt. A line may
// stand for many:
//
//   aten::relu($f[2,3]<|@t|@2>)                     # 2 dtypes x 3 layouts = 6 cases
//   aten::conv2d($f[1,<3|8>,9,9]@cl, parameter $f[4,<3|8>,3,3], None, padding=[1,1])
//
// <a|b>   every alternative; groups with the same text vary together.
// $f      f32 | bf16; all $f of a line vary together. $g: f32 | f64 | bf16 | f16. $i: i64 | i32.
//         $a: f32 | bf16 | i64 | bool.
// @cl channels-last; @t last two dims swapped; @r strides reversed; @h dims 1 and 2 swapped; @n
// dims 0 and 1 swapped;
// @s rows of a wider tensor; @2 every second element; @e first dim expanded; @l last dim expanded.
// Arguments stand in schema order or as name=value; a tensor may be the result of another call, which
// is made first and not compared. A line that begins with ! is a call that the
// row must refuse, because LibTorch can say the sizes of its result only by running it.
// `~N%` after a case: its row states private memory only to N % of all that the call allocates.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "graph/graph.hpp"

namespace opgauge::oracle {

std::vector<std::string> expand(std::string_view line);

// All cases of all files, expanded, in file order; "file:line" beside each.
struct Configuration {
  std::string text;
  std::string place;
  bool refused = false;
  double scratch_tolerance = 0;  // share of the bytes that the call allocates
  std::string target() const { return text.substr(0, text.find('(')); }
};
std::vector<Configuration> read_configurations(const std::string& folder);

// The graph of a case text (already expanded); its last node is the case.
Graph build(const std::string& text);

}  // namespace opgauge::oracle
