// SPDX-License-Identifier: Apache-2.0
// Channel counts of networks with a width multiplier.
#pragma once

#include <algorithm>
#include <cstdint>

namespace opgauge {

// `channels` rounded to the nearest multiple of 8, at least 8, and not more than a tenth below
// (Sandler et al., "MobileNetV2", 2018, reference code).
inline int64_t round_channels(double channels) {
  int64_t rounded = std::max<int64_t>(8, static_cast<int64_t>(channels + 4) / 8 * 8);
  if (static_cast<double>(rounded) < 0.9 * channels) rounded += 8;
  return rounded;
}

}  // namespace opgauge
