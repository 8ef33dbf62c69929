// SPDX-License-Identifier: Apache-2.0
// The enumerations and tensor descriptions of the export format, schema 8. Its numbers differ from
// LibTorch's own (FLOAT is 7 here and 6 there); this is the only place that knows them.
#pragma once

#include "graph/tensor.hpp"
#include "import/json_reader.hpp"
#include "import/symbols.hpp"

namespace opgauge {

inline constexpr int64_t supported_schema_major = 8;

// Each throws Error for a number that the schema does not have or that this program does not
// execute.
Dtype dtype_from(int64_t code);
MemoryFormat memory_format_from(int64_t code);
Layout layout_from(int64_t code);
DeviceKind device_from(JsonElement device);

// A TensorMeta object. Throws Error for negative sizes or strides, as many strides as sizes not
// given, more than 64 dimensions, and extents that do not fit 63 bits.
TensorType tensor_type_from(JsonElement meta, const Symbols& symbols);
// Only what cross-checking compares.
Dtype dtype_of(JsonElement meta);
Dims sizes_of(JsonElement meta, const Symbols& symbols);
// Bytes from the start of the storage to the last element.
int64_t needed_storage_bytes(const TensorType& type);

}  // namespace opgauge
