// SPDX-License-Identifier: Apache-2.0
// What the two files of convolutional archetypes share: how large a call may be, and the draws of archetypes_kernel.cpp.
#pragma once

#include <initializer_list>

#include "calibrate/archetype.hpp"

namespace opgauge {

constexpr double max_flops = 1.6e9;     // of one convolution
constexpr double max_elements = 2.5e6;  // of one activation

// One of `choices` that divides `channels` and is less, or 0.
int64_t divisor(Block& b, int64_t channels, std::initializer_list<int64_t> choices);

// Networks of one kind of kernel each, at the sizes that models have.
Graph draw_clip(Block& b);
Graph draw_signal(Block& b);
Graph draw_wide_windows(Block& b);
Graph draw_whole_rows(Block& b);
Graph draw_large_activations(Block& b);
Graph draw_wide_images(Block& b);
Graph draw_grouped(Block& b);
Graph draw_depthwise(Block& b);
Graph draw_residual_sums(Block& b);
Graph draw_large_convolutions(Block& b);
Graph draw_pointwise_convolutions(Block& b);
Graph draw_heads(Block& b);
Graph draw_large_kernels(Block& b);

}  // namespace opgauge
