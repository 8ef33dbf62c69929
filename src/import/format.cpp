// SPDX-License-Identifier: Apache-2.0
#include "import/format.hpp"

#include <array>

#include "base/error.hpp"

namespace opgauge {
namespace {

struct DtypeCode {
  int64_t code;
  std::string_view name;
  std::optional<Dtype> dtype;  // nullopt: the format has it, this program does not
};
constexpr auto dtype_codes = std::to_array<DtypeCode>({
    {1, "uint8", Dtype::u8},
    {2, "int8", Dtype::i8},
    {3, "int16", Dtype::i16},
    {4, "int32", Dtype::i32},
    {5, "int64", Dtype::i64},
    {6, "float16", Dtype::f16},
    {7, "float32", Dtype::f32},
    {8, "float64", Dtype::f64},
    {9, "complex32", std::nullopt},
    {10, "complex64", Dtype::c64},
    {11, "complex128", std::nullopt},
    {12, "bool", Dtype::boolean},
    {13, "bfloat16", Dtype::bf16},
    {28, "uint16", std::nullopt},
    {29, "float8_e4m3fn", std::nullopt},
    {30, "float8_e5m2", std::nullopt},
    {31, "float8_e4m3fnuz", std::nullopt},
    {32, "float8_e5m2fnuz", std::nullopt},
    {33, "float8_e8m0fnu", std::nullopt},
    {34, "uint32", std::nullopt},
    {35, "uint64", std::nullopt},
});

Error no_such_code(std::string_view kind, int64_t code) {
  return Error("", "found the " + std::string(kind) + " number " + std::to_string(code) +
                       ", which schema " + std::to_string(supported_schema_major) +
                       " does not have");
}

int64_t not_negative(int64_t value, std::string_view what) {
  if (value < 0)
    throw Error("", "found the " + std::string(what) + " " + std::to_string(value) +
                        ", expected at least 0");
  return value;
}

Dims dims_from(JsonObject meta, std::string_view name, const Symbols& symbols) {
  const JsonArray list = array_in(meta, name);
  if (list.size() > 64)
    throw Error("", "found " + std::to_string(list.size()) + " dimensions, expected at most 64");
  Dims dims;
  dims.reserve(list.size());
  for (const JsonElement one : list) dims.push_back(not_negative(symbols.size(one), name));
  return dims;
}

}  // namespace

Dtype dtype_from(int64_t code) {
  for (const DtypeCode& one : dtype_codes) {
    if (one.code != code) continue;
    if (one.dtype) return *one.dtype;
    throw Error("", "the element type " + std::string(one.name) + " is not supported");
  }
  throw no_such_code("element type", code);
}

MemoryFormat memory_format_from(int64_t code) {
  constexpr std::array formats = {MemoryFormat::contiguous, MemoryFormat::channels_last,
                                  MemoryFormat::channels_last_3d, MemoryFormat::preserve};
  if (code < 1 || code > 4) throw no_such_code("memory format", code);
  return formats[static_cast<size_t>(code - 1)];
}

Layout layout_from(int64_t code) {
  if (code == 7) return Layout::strided;
  if (code >= 1 && code <= 6)
    throw Error("", "a sparse or mkldnn layout is not supported, expected strided tensors");
  throw no_such_code("layout", code);
}

DeviceKind device_from(JsonElement device) {
  const std::string_view type = text_in(as_object(device, "device"), "type");
  if (type == "cpu") return DeviceKind::cpu;
  if (type == "cuda") return DeviceKind::cuda;
  throw Error("", "the device \"" + std::string(type.substr(0, 40)) +
                      "\" is not supported, expected cpu or cuda");
}

Dtype dtype_of(JsonElement meta) {
  return dtype_from(whole_in(as_object(meta, "tensor_meta"), "dtype"));
}

Dims sizes_of(JsonElement meta, const Symbols& symbols) {
  return dims_from(as_object(meta, "tensor_meta"), "sizes", symbols);
}

TensorType tensor_type_from(JsonElement element, const Symbols& symbols) {
  const JsonObject meta = as_object(element, "tensor_meta");
  layout_from(whole_in(meta, "layout"));
  TensorType type;
  type.dtype = dtype_from(whole_in(meta, "dtype"));
  type.sizes = dims_from(meta, "sizes", symbols);
  type.strides = dims_from(meta, "strides", symbols);
  if (const auto offset = member(meta, "storage_offset")) {
    type.offset = not_negative(symbols.size(*offset), "storage_offset");
  }
  if (type.sizes.size() != type.strides.size()) {
    throw Error("", "found " + std::to_string(type.strides.size()) + " strides, expected " +
                        std::to_string(type.sizes.size()));
  }
  needed_storage_bytes(type);
  return type;
}

int64_t needed_storage_bytes(const TensorType& type) {
  if (product(type.sizes) == 0) return 0;  // checks the sizes
  int64_t last = type.offset;
  bool overflow = false;
  for (size_t i = 0; i < type.sizes.size(); ++i) {
    int64_t reach = 0;
    overflow |= __builtin_mul_overflow(type.sizes[i] - 1, type.strides[i], &reach);
    overflow |= __builtin_add_overflow(last, reach, &last);
  }
  overflow |= __builtin_add_overflow(last, 1, &last);
  overflow |= __builtin_mul_overflow(last, size_bytes(type.dtype), &last);
  if (overflow || last > (int64_t{1} << 58)) {
    throw Error(
        "", "sizes and strides reach beyond 2^58 bytes, expected a tensor that a machine can hold");
  }
  return last;
}

}  // namespace opgauge
