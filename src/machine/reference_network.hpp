// SPDX-License-Identifier: Apache-2.0
// A network of the calibration that is run again beside later measurements of a few seconds: what it takes then over what it took
// at rest is how much slower the machine is for such work. Speed probes in registers and in memory see half of that at most
// (docs/model.md, "A slow session").
#pragma once

#include <string>

#include "base/fields.hpp"

namespace opgauge {

struct ReferenceNetwork {
  std::string graph;   // its text form
  double quiet_s = 0;  // of one run at rest, as of 40 visits

  static constexpr auto fields() {
    using R = ReferenceNetwork;
    return std::make_tuple(field("graph", &R::graph, "", "text form"), field("quiet_s", &R::quiet_s, "s", "one run at rest"));
  }
};

}  // namespace opgauge
