// SPDX-License-Identifier: Apache-2.0
// The lists of rows that make up the op table: one function per file in this folder, joined here.
#pragma once

#include <array>
#include <span>

#include "graph/op_table.hpp"

namespace opgauge {

std::span<const OpRow> convolution_rows();
std::span<const OpRow> matmul_rows();
std::span<const OpRow> einsum_rows();
std::span<const OpRow> recurrent_rows();
std::span<const OpRow> shuffle_rows();
std::span<const OpRow> pad_rows();
std::span<const OpRow> resample_rows();
std::span<const OpRow> dropout_rows();
std::span<const OpRow> attention_rows();
std::span<const OpRow> softmax_rows();
std::span<const OpRow> pool_rows();
std::span<const OpRow> normalization_rows();
std::span<const OpRow> weight_norm_rows();
std::span<const OpRow> pointwise_rows();
std::span<const OpRow> unsized_rows();
std::span<const OpRow> distance_rows();
std::span<const OpRow> complex_rows();
std::span<const OpRow> sorting_rows();
std::span<const OpRow> scatter_rows();
std::span<const OpRow> scan_rows();
std::span<const OpRow> rearrange_rows();
std::span<const OpRow> indexing_rows();
std::span<const OpRow> factory_rows();
std::span<const OpRow> assertion_rows();
std::span<const OpRow> view_rows();
std::span<const OpRow> split_rows();
std::span<const OpRow> selection_rows();
std::span<const OpRow> reduction_rows();
std::span<const OpRow> join_rows();
std::span<const OpRow> embedding_rows();
std::span<const OpRow> copy_rows();
std::span<const OpRow> arithmetic_rows();
std::span<const OpRow> quantized_rows();

inline auto all_op_rows() {
  return std::to_array<std::span<const OpRow>>({
      convolution_rows(),
      matmul_rows(),
      einsum_rows(),
      recurrent_rows(),
      shuffle_rows(),
      pad_rows(),
      resample_rows(),
      dropout_rows(),
      attention_rows(),
      softmax_rows(),
      pool_rows(),
      normalization_rows(),
      weight_norm_rows(),
      pointwise_rows(),
      unsized_rows(),
      distance_rows(),
      complex_rows(),
      sorting_rows(),
      scatter_rows(),
      scan_rows(),
      rearrange_rows(),
      indexing_rows(),
      factory_rows(),
      assertion_rows(),
      view_rows(),
      split_rows(),
      selection_rows(),
      reduction_rows(),
      join_rows(),
      embedding_rows(),
      copy_rows(),
      arithmetic_rows(),
      quantized_rows(),
  });
}

}  // namespace opgauge
