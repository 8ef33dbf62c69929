// SPDX-License-Identifier: Apache-2.0
#include "models/attention.hpp"

#include <cmath>

namespace opgauge {

ValueId arange(Layers& net, int64_t count) {
  return net.call("aten::arange", "",
                  {{"end", count}, {"device", Argument(DeviceKind::cpu)}, {"pin_memory", false}});
}

MaskIndices mask_indices(Layers& net, int64_t sequence) {
  const auto from_zero = [&](ValueId x) {
    return net.call("aten::add.Tensor", "", {{"self", x}, {"other", 0}});
  };
  const ValueId batch = arange(net, net.batch());
  const ValueId head = arange(net, 1);
  const ValueId query = from_zero(arange(net, sequence));
  const ValueId key = from_zero(arange(net, sequence));
  // Each is unsqueezed at the three places that are not its own.
  const auto unsqueeze = [&](ValueId x, std::initializer_list<int64_t> places) {
    for (const int64_t dim : places)
      x = net.call("aten::unsqueeze", "", {{"self", x}, {"dim", dim}});
    return x;
  };
  MaskIndices indices{};
  indices.batch = unsqueeze(batch, {1, 2, 3});
  indices.head = unsqueeze(head, {0, 2, 3});
  indices.query = unsqueeze(query, {0, 1, 3});
  indices.key = unsqueeze(key, {0, 1, 2});
  return indices;
}

ValueId split_heads(Layers& net, const std::string& module, ValueId x, int64_t size) {
  const Dims& sizes = net.type(x).sizes;
  x = net.call("aten::view", module, {{"self", x}, {"size", Dims{sizes[0], sizes[1], -1, size}}});
  return net.call("aten::transpose.int", module, {{"self", x}, {"dim0", 1}, {"dim1", 2}});
}

ValueId masked_attention(Layers& net, const std::string& module, ValueId query, ValueId key,
                         ValueId value, ValueId mask) {
  const Dims sizes = net.type(query).sizes;  // [batch, heads, sequence, size]
  ValueId x = net.call("aten::scaled_dot_product_attention", module,
                       {{"query", query},
                        {"key", key},
                        {"value", value},
                        {"attn_mask", mask},
                        {"scale", 1 / std::sqrt(static_cast<double>(sizes[3]))}});
  x = net.call("aten::reshape", module,
               {{"self", x}, {"shape", Dims{sizes[0], -1, sizes[2], sizes[3]}}});
  x = net.call("aten::transpose.int", module, {{"self", x}, {"dim0", 1}, {"dim1", 2}});
  return net.call("aten::reshape", module, {{"self", x}, {"shape", Dims{sizes[0], sizes[2], -1}}});
}

}  // namespace opgauge
