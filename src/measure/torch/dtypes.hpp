// SPDX-License-Identifier: Apache-2.0
// Our enumerations <-> LibTorch's.
#pragma once

#include <ATen/core/Tensor.h>

#include <optional>
#include <utility>

#include "graph/tensor.hpp"

namespace opgauge {

inline constexpr std::pair<Dtype, c10::ScalarType> scalar_types[] = {
    {Dtype::f32, c10::kFloat},     {Dtype::f64, c10::kDouble},       {Dtype::f16, c10::kHalf},
    {Dtype::bf16, c10::kBFloat16}, {Dtype::i8, c10::kChar},          {Dtype::u8, c10::kByte},
    {Dtype::i16, c10::kShort},     {Dtype::i32, c10::kInt},          {Dtype::i64, c10::kLong},
    {Dtype::boolean, c10::kBool},  {Dtype::c64, c10::kComplexFloat},
};

inline c10::ScalarType to_torch(Dtype dtype) {
  for (const auto& [ours, theirs] : scalar_types) {
    if (ours == dtype) return theirs;
  }
  OPGAUGE_CHECK(false, "a dtype without a LibTorch counterpart");
}
inline std::optional<Dtype> from_torch(c10::ScalarType type) {
  for (const auto& [ours, theirs] : scalar_types) {
    if (theirs == type) return ours;
  }
  return std::nullopt;
}
inline c10::MemoryFormat to_torch(MemoryFormat format) {
  switch (format) {
    case MemoryFormat::contiguous:
      return c10::MemoryFormat::Contiguous;
    case MemoryFormat::preserve:
      return c10::MemoryFormat::Preserve;
    case MemoryFormat::channels_last:
      return c10::MemoryFormat::ChannelsLast;
    case MemoryFormat::channels_last_3d:
      return c10::MemoryFormat::ChannelsLast3d;
  }
  OPGAUGE_CHECK(false, "a memory format without a LibTorch counterpart");
}

}  // namespace opgauge
