// SPDX-License-Identifier: Apache-2.0
// Typed access to one call's arguments, for the rules of the op table.
#include "graph/op_table.hpp"

namespace opgauge {
namespace {
const Dims no_ints;
}

const Argument& Call::argument(std::string_view name) const {
  OPGAUGE_CHECK(node_.op, "a rule was run on an op outside the table");
  const int at = node_.op->schema->index(name);
  OPGAUGE_CHECK(at >= 0, node_.target + " has no argument " + std::string(name));
  return node_.arguments[static_cast<size_t>(at)];
}

bool Call::has(std::string_view name) const {
  const Argument& value = argument(name);
  if (const auto* ref = std::get_if<ValueRef>(&value)) return ref->id != no_value;
  return !std::holds_alternative<std::monostate>(value);
}

ValueId Call::value(std::string_view name) const {
  const auto* ref = std::get_if<ValueRef>(&argument(name));
  return ref ? ref->id : no_value;
}

const TensorType* Call::optional_tensor(std::string_view name) const {
  const ValueId id = value(name);
  return id == no_value ? nullptr : &graph_[id].type;
}

const TensorType& Call::tensor(std::string_view name) const {
  const TensorType* type = optional_tensor(name);
  if (!type) throw error("argument \"" + std::string(name) + "\" is not a tensor, expected one");
  return *type;
}

std::vector<const TensorType*> Call::tensors(std::string_view name) const {
  std::vector<const TensorType*> types;
  if (const auto* list = std::get_if<ValueList>(&argument(name))) {
    for (const ValueRef ref : *list) {
      types.push_back(ref.id == no_value ? nullptr : &graph_[ref.id].type);
    }
  }
  return types;
}

bool Call::flag(std::string_view name) const {
  const auto* value = std::get_if<bool>(&argument(name));
  if (!value) throw error("argument \"" + std::string(name) + "\" is not true or false");
  return *value;
}

int64_t Call::integer(std::string_view name) const {
  const Argument& value = argument(name);
  if (const auto* whole = std::get_if<int64_t>(&value)) return *whole;
  if (const auto* list = std::get_if<Dims>(&value); list && list->size() == 1) return list->front();
  throw error("argument \"" + std::string(name) + "\" is not a whole number");
}

double Call::number(std::string_view name) const {
  const Argument& value = argument(name);
  if (const auto* whole = std::get_if<int64_t>(&value)) return static_cast<double>(*whole);
  if (const auto* real = std::get_if<double>(&value)) return *real;
  if (const auto* flag = std::get_if<bool>(&value)) return *flag ? 1 : 0;
  throw error("argument \"" + std::string(name) + "\" is not a number");
}

const std::string& Call::text(std::string_view name) const {
  const auto* value = std::get_if<std::string>(&argument(name));
  if (!value) throw error("argument \"" + std::string(name) + "\" is not a text");
  return *value;
}

const Dims& Call::ints(std::string_view name) const {
  const auto* value = std::get_if<Dims>(&argument(name));
  return value ? *value : no_ints;
}

std::optional<Dtype> Call::dtype(std::string_view name) const {
  const auto* value = std::get_if<Dtype>(&argument(name));
  return value ? std::optional<Dtype>(*value) : std::nullopt;
}

std::optional<MemoryFormat> Call::memory_format(std::string_view name) const {
  const auto* value = std::get_if<MemoryFormat>(&argument(name));
  return value ? std::optional<MemoryFormat>(*value) : std::nullopt;
}

const TensorType& Call::output(size_t at) const {
  OPGAUGE_CHECK(at < node_.outputs.size() && node_.outputs[at] != no_value, "output read before inference");
  return graph_[node_.outputs[at]].type;
}

Error Call::error(std::string_view message) const {
  std::string place = node_.target;
  if (!node_.where.empty()) place += " at " + node_.where;
  return Error(place, message);
}

}  // namespace opgauge
