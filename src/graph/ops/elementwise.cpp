// SPDX-License-Identifier: Apache-2.0
#include "graph/ops/elementwise.hpp"

namespace opgauge {
namespace {

bool is_number(const Argument& argument) {
  return std::holds_alternative<bool>(argument) || std::holds_alternative<int64_t>(argument) ||
         std::holds_alternative<double>(argument);
}

}  // namespace

Elementwise elementwise_operands(const Call& call) {
  Elementwise result;
  const Schema& schema = *call.node().op->schema;
  for (size_t i = 0; i < schema.arguments.size(); ++i) {
    const SchemaArgument& declared = schema.arguments[i];
    const Argument& given = call.node().arguments[i];
    if (const auto* ref = std::get_if<ValueRef>(&given)) {
      if (ref->id == no_value) continue;
      result.operands.push_back({call.graph()[ref->id].type});
      if (declared.written) result.written = ref->id;
    } else if (declared.type == "Tensor" && is_number(given)) {
      result.operands.push_back(number_operand(given));
    } else if (declared.type == "Scalar" && (declared.name == "self" || declared.name == "other")) {
      result.operands.push_back(number_operand(given));
      result.number_bytes += result.operands.back().type.bytes();
    }
  }
  return result;
}

Iteration elementwise_iteration(const Call& call, Promotion promotion) {
  const Elementwise given = elementwise_operands(call);
  const TensorType* in_place =
      given.written == no_value ? nullptr : &call.graph()[given.written].type;
  return iterate(call, given.operands, promotion, in_place);
}

}  // namespace opgauge
