// SPDX-License-Identifier: Apache-2.0
// Choosing few points that lie everywhere many lie: again and again the point farthest from all chosen ones (Gonzalez
// 1985: within a factor of two of the best possible cover).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace opgauge {

// `points`: rows of `width` numbers, one after another. Returns at most `count` indices in the order of choice; fewer when
// the rest are copies of chosen ones. The first is drawn with `seed`; ties go to the lower index. With `tries`, each next
// point is the farthest of so many drawn at random (Mitchell 1991): spread out too, but dense where many points lie, where
// the farthest of all would lie on the border most of the time.
std::vector<size_t> spread_out(std::span<const double> points, size_t width, size_t count, uint64_t seed, size_t tries = 0);

}  // namespace opgauge
