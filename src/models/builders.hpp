// SPDX-License-Identifier: Apache-2.0
// The rows of the table of families: one function per file in this folder, joined in family.cpp.
#pragma once

#include <array>
#include <vector>

#include "models/family.hpp"

namespace opgauge {

std::vector<Family> mlp_families();
std::vector<Family> conv_block_families();
std::vector<Family> resnet_families();
std::vector<Family> vgg_families();
std::vector<Family> mobilenet_families();
std::vector<Family> efficientnet_families();
std::vector<Family> vit_families();
std::vector<Family> bert_families();
std::vector<Family> gpt_families();

inline constexpr auto family_lists = std::to_array<std::vector<Family> (*)()>({
    mlp_families,
    conv_block_families,
    resnet_families,
    vgg_families,
    mobilenet_families,
    efficientnet_families,
    vit_families,
    bert_families,
    gpt_families,
});

}  // namespace opgauge
