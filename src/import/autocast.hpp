// SPDX-License-Identifier: Apache-2.0
// What torch.autocast does inside its region, made explicit: before an op of its lists runs,
// floating-point operands are cast, by `aten::to.dtype` nodes as eager execution would insert them.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "graph/builder.hpp"

namespace opgauge {

enum class CastPolicy {
  lower,        // operands to the region's type
  single,       // operands to f32
  single_type,  // the op's dtype argument becomes f32 if it was not given
  widest,       // operands to the widest type among them
};

// The policy of an op on a device under autocast; nullptr if it runs as it is.
const CastPolicy* find_cast_policy(DeviceKind device, std::string_view target);

class AutocastRegion {
 public:
  AutocastRegion(DeviceKind device, Dtype lower, bool cache)
      : device_(device), lower_(lower), cache_(cache) {}

  DeviceKind device() const { return device_; }
  // Casts the operands of a call to `target`; may add nodes to the graph.
  void cast_operands(GraphBuilder& builder, std::string_view target, std::vector<Given>& given);

 private:
  ValueId cast(GraphBuilder& builder, ValueId value, Dtype to);

  DeviceKind device_;
  Dtype lower_;
  bool cache_;  // a parameter is cast once in the region
  std::unordered_map<int32_t, ValueId> cached_;
};

}  // namespace opgauge
