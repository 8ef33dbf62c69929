// SPDX-License-Identifier: Apache-2.0
// Multiply-adds of one dispatched call, from the tensors that were really passed: an independent
// count against which the op table's work rules are checked.
#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/core/ivalue.h>

#include <optional>
#include <string_view>
#include <vector>

namespace opgauge::oracle {

// nullopt: not a product call.
std::optional<int64_t> product_macs(std::string_view op, const std::vector<c10::IValue>& inputs,
                                    const std::vector<c10::IValue>& outputs);

}  // namespace opgauge::oracle
