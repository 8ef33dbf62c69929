// SPDX-License-Identifier: Apache-2.0
// A model in another precision, with what needs a run of it: the ranges for int8, and whether the
// numbers are still right.
#pragma once

#include "graph/rewrite.hpp"
#include "measure/device.hpp"

namespace opgauge {

// Runs an f32 graph once and returns the smallest and largest element of each of `values`.
Ranges observe_ranges(Device& device, const Graph& graph, const std::vector<ValueId>& values,
                      const StoredTensors& stored = {}, const StoredTensors& inputs = {});

// to_precision, for int8 with the ranges that this f32 graph really has on the device.
Graph in_precision(Device& device, const Graph& graph, std::string_view precision,
                   const StoredTensors& stored = {}, const StoredTensors& inputs = {});

// The same stored tensors for a rewrite of `graph`: each says the type that it has in the file.
StoredTensors with_types(const Graph& graph, StoredTensors stored);

}  // namespace opgauge
