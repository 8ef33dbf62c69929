// SPDX-License-Identifier: Apache-2.0
// Elements of parameters, buffers, constants and inputs that stand in a file: mapped, not read until something executes
// them.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "graph/tensor.hpp"

namespace opgauge {

// Bytes of one parameter, buffer, constant or input, mapped from a file and not copied unless `type`
// says that they are stored in another dtype or order than the graph's value (after a precision
// rewrite); absent: the device makes random ones.
struct StoredTensor {
  // The whole storage from its first element on, of which the type's sizes, strides and offset are a
  // view; at least long enough for that view. Tied values have the same bytes. Empty: no elements.
  std::span<const std::byte> bytes;
  std::shared_ptr<const void> keep_alive;
  std::optional<TensorType> type = {};  // as stored; absent: as the graph's value
};
using StoredTensors = std::map<std::string, StoredTensor>;  // by Value::source

}  // namespace opgauge
