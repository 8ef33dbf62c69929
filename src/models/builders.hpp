// SPDX-License-Identifier: Apache-2.0
// The rows of the table of families: one function per file in this folder, joined in family.cpp.
#pragma once

#include <array>
#include <vector>

#include "models/family.hpp"

namespace opgauge {

std::vector<ModelFamily> mlp_families();
std::vector<ModelFamily> conv_block_families();
std::vector<ModelFamily> resnet_families();
std::vector<ModelFamily> vgg_families();
std::vector<ModelFamily> mobilenet_families();
std::vector<ModelFamily> efficientnet_families();
std::vector<ModelFamily> vit_families();
std::vector<ModelFamily> bert_families();
std::vector<ModelFamily> gpt_families();
std::vector<ModelFamily> transformer_families();

inline constexpr auto family_lists = std::to_array<std::vector<ModelFamily> (*)()>({
    mlp_families,
    conv_block_families,
    resnet_families,
    vgg_families,
    mobilenet_families,
    efficientnet_families,
    vit_families,
    bert_families,
    gpt_families,
    transformer_families,
});

}  // namespace opgauge
