// SPDX-License-Identifier: Apache-2.0
// Element types and the other ATen enumerations that occur as arguments. The numbering is our own; the torch backend
// and the importer each translate at their border.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "base/names.hpp"

namespace opgauge {

enum class Dtype : uint8_t { f32, f64, f16, bf16, i8, u8, i16, i32, i64, boolean, c64 };
enum class MemoryFormat : uint8_t { contiguous, preserve, channels_last, channels_last_3d };
enum class Layout : uint8_t { strided };
enum class DeviceKind : uint8_t { cpu, cuda };

template <>
inline constexpr auto enum_names<Dtype> = std::to_array<EnumName<Dtype>>({
    {Dtype::f32, "f32"}, {Dtype::f64, "f64"}, {Dtype::f16, "f16"}, {Dtype::bf16, "bf16"},
    {Dtype::i8, "i8"},   {Dtype::u8, "u8"},   {Dtype::i16, "i16"}, {Dtype::i32, "i32"},
    {Dtype::i64, "i64"}, {Dtype::boolean, "bool"}, {Dtype::c64, "c64"},
});
template <>
inline constexpr auto enum_names<MemoryFormat> = std::to_array<EnumName<MemoryFormat>>({
    {MemoryFormat::contiguous, "contiguous"},
    {MemoryFormat::preserve, "preserve"},
    {MemoryFormat::channels_last, "channels_last"},
    {MemoryFormat::channels_last_3d, "channels_last_3d"},
});
template <>
inline constexpr auto enum_names<Layout> =
    std::to_array<EnumName<Layout>>({{Layout::strided, "strided"}});
template <>
inline constexpr auto enum_names<DeviceKind> =
    std::to_array<EnumName<DeviceKind>>({{DeviceKind::cpu, "cpu"}, {DeviceKind::cuda, "cuda"}});

constexpr int64_t size_bytes(Dtype dtype) {
  switch (dtype) {
    case Dtype::f64:
    case Dtype::i64:
    case Dtype::c64:
      return 8;
    case Dtype::f32:
    case Dtype::i32:
      return 4;
    case Dtype::f16:
    case Dtype::bf16:
    case Dtype::i16:
      return 2;
    case Dtype::i8:
    case Dtype::u8:
    case Dtype::boolean:
      return 1;
  }
  return 0;
}
constexpr bool is_floating(Dtype dtype) {
  return dtype == Dtype::f32 || dtype == Dtype::f64 || dtype == Dtype::f16 || dtype == Dtype::bf16;
}
constexpr bool is_integral(Dtype dtype) {  // without bool
  return !is_floating(dtype) && dtype != Dtype::boolean && dtype != Dtype::c64;
}

}  // namespace opgauge
