// SPDX-License-Identifier: Apache-2.0
// What transformers' models do around scaled_dot_product_attention, shared by bert and gpt2.
#pragma once

#include "models/layers.hpp"

namespace opgauge {

// Index tensors that the masks are made of, each of rank 4: batch [b,1,1,1], head [1,1,1,1],
// query [1,1,s,1] and key [1,1,1,s].
struct MaskIndices {
  ValueId batch, head, query, key;
};
MaskIndices mask_indices(Layers& net, int64_t sequence);

// arange(count) on the CPU, as the reference calls it.
ValueId arange(Layers& net, int64_t count);

// [batch, sequence, heads*size] -> [batch, heads, sequence, size].
ValueId split_heads(Layers& net, const std::string& module, ValueId x, int64_t size);
// Attention of split heads with a boolean mask, joined again to [batch, sequence, heads*size].
ValueId masked_attention(Layers& net, const std::string& module, ValueId query, ValueId key,
                         ValueId value, ValueId mask);

}  // namespace opgauge
