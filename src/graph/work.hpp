// SPDX-License-Identifier: Apache-2.0
// What an op does, in exact integers. One multiply-add of a convolution, matrix product or attention product is 1 MAC
// and 2 FLOPs; bias, normalisation, activation and all other arithmetic is counted apart as `other_ops`.
#pragma once

#include <cstdint>
#include <tuple>

#include "base/fields.hpp"

namespace opgauge {

struct Work {
  int64_t macs = 0;
  int64_t other_ops = 0;
  int64_t read_bytes = 0;   // as eager execution moves them: every operand element once per kernel that reads it
  int64_t write_bytes = 0;

  int64_t flops() const { return 2 * macs; }
  int64_t bytes() const { return read_bytes + write_bytes; }

  Work& operator+=(const Work& other) {
    macs += other.macs;
    other_ops += other.other_ops;
    read_bytes += other.read_bytes;
    write_bytes += other.write_bytes;
    return *this;
  }
  bool operator==(const Work&) const = default;

  static constexpr auto fields() {
    return std::make_tuple(
        field("macs", &Work::macs, "", "multiply-adds of convolutions, matrix and attention products"),
        field("other_ops", &Work::other_ops, "", "all other arithmetic, per-element rules of the op table"),
        field("read_bytes", &Work::read_bytes, "B", "bytes that eager execution reads"),
        field("write_bytes", &Work::write_bytes, "B", "bytes that eager execution writes"));
  }
};

}  // namespace opgauge
