// SPDX-License-Identifier: Apache-2.0
// An axis is a name and the values it takes. Values are whole numbers, texts or lists of whole
// numbers.
//
//   "[256:4096:*2]"   256 512 1024 2048 4096        "[1:9:+4]" or "[1:9:4]"   1 5 9
//   "1,16,64"         1 16 64                        "128,512-512,1024x3"      lists, for axes
//   whose values are lists
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"

namespace opgauge {

struct Axis {
  std::string name;
  std::vector<Json> values;  // distinct, at least one
};

// Values from a sweep file: a list (whose texts may be ranges) or one text as above. Throws Error:
// empty, a number that is not whole or not > 0, a range that never ends or gives more than 10,000
// values.
std::vector<Json> axis_values(std::string_view where, const Json& from);
// Values from the command line. `lists`: each value is a list ("512" is [512]).
std::vector<Json> parse_axis_values(std::string_view where, std::string_view text, bool lists);
// `--axis name=values` split at the first '='.
std::pair<std::string, std::string> split_axis(std::string_view text);

bool takes_lists(const Axis& axis);

}  // namespace opgauge
