// SPDX-License-Identifier: Apache-2.0
// What random elements each input, parameter, buffer and constant of a graph gets, so that any
// depth of network stays away from infinities, NaN and subnormals (which are slow): weights are
// scaled by their fan-in, norms are near the identity, biases keep a floor, indices are in range.
//
//   const std::vector<Fill> fills = choose_fills(graph);
//   fill_random(span, fills[index(weight)], random_seed(settings.seed, "fc.weight", {512, 1024}));
//
// Not modelled: values that a model needs to be consistent among themselves (a mask that fits the
// sequence lengths).
#pragma once

#include <span>

#include "graph/graph.hpp"

namespace opgauge {

// Elements are uniform in [low, high]; whole numbers if the value is integral, low == high: all the
// same.
struct Fill {
  double low = 0;
  double high = 0;
  bool operator==(const Fill&) const = default;
};

// One per value of the graph; of intermediates it means nothing.
std::vector<Fill> choose_fills(const Graph& graph);

// The same name, sizes and seed give the same elements, whatever the dtype (rounded to it) or order
// in memory.
uint64_t random_seed(uint64_t seed, std::string_view name, const Dims& sizes);
void fill_random(std::span<float> elements, const Fill& fill, uint64_t seed);
void fill_random(std::span<int64_t> elements, const Fill& fill, uint64_t seed);

}  // namespace opgauge
