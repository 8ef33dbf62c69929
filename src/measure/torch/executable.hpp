// SPDX-License-Identifier: Apache-2.0
// Interprets a graph: every node is one boxed call through LibTorch's dispatcher, as Python would
// make it, with tensors freed at their last use.
#pragma once

#include <memory>

#include "measure/torch/hardware.hpp"
#include "measure/torch/tensors.hpp"

namespace opgauge {

// Throws Error for an op that LibTorch lacks, for arguments it does not take, and if memory would
// not suffice. `hardware`, `pool` and `settings` are those of the device and live on in the
// executable.
std::unique_ptr<Executable> make_executable(const Graph& graph, const StoredTensors& stored,
                                            const StoredTensors& inputs,
                                            std::shared_ptr<Hardware> hardware,
                                            std::shared_ptr<TensorPool> pool,
                                            const ExecutionSettings& settings);

}  // namespace opgauge
