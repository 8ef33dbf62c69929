// SPDX-License-Identifier: Apache-2.0
// Archetypes: the kinds of random small networks that calibration runs. A row draws one network; it is taken from no
// known model, and its shapes are random. Rows live in archetypes_*.cpp.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "calibrate/block.hpp"

namespace opgauge {

struct Archetype {
  std::string_view name;
  double share;  // of the candidates drawn
  Graph (*draw)(Block& block);
  int least = 0;  // so many networks are kept whatever they cost, beside a part of its share
};

std::span<const Archetype> convolution_archetypes();
std::span<const Archetype> token_archetypes();
std::span<const Archetype> layout_archetypes();
std::span<const Archetype> layer_archetypes();
std::span<const Archetype> function_archetypes();
std::span<const Archetype> small_archetypes();
std::span<const Archetype> recurrent_archetypes();
std::span<const Archetype> special_archetypes();
std::vector<Archetype> archetypes();

}  // namespace opgauge
