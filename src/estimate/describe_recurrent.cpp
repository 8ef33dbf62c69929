// SPDX-License-Identifier: Apache-2.0
#include "estimate/describe_recurrent.hpp"

#include "estimate/node_arguments.hpp"

namespace opgauge {
namespace {

// One step of all rows.
void describe_cell(const Graph& graph, const Node& node, CaseFacts& facts) {
  const TensorType* x = tensor_argument(graph, node, {"input"});
  const TensorType* hidden = tensor_argument(graph, node, {"w_hh"});
  if (!x || x->rank() < 1 || !hidden || hidden->rank() != 2) return;
  facts.steps = 1;
  facts.m = x->rank() > 1 ? x->sizes[0] : 1;
  facts.gate_elements = static_cast<double>(facts.m * hidden->sizes[0]);
  facts.step_weight_bytes = static_cast<double>(hidden->bytes());
  facts.step_flops = 2 * static_cast<double>(facts.m * hidden->numel());
}

}  // namespace

// A loop of ATen's multiplies the inputs of all steps at once and then, step by step, what is hidden. oneDNN's LSTM does so for one
// row alone (rnn_brgemm_utils: the layer's product is merged for a batch of 1 and two steps or more); with more rows each step reads
// both matrices.
void describe_recurrent(const Graph& graph, const Node& node, double l2_bytes, CaseFacts& facts) {
  if (facts.name.ends_with("_cell")) return describe_cell(graph, node, facts);
  const TensorType* x = tensor_argument(graph, node, {"input"});
  if (!x || x->rank() < 2) return;
  const bool batch_first = flag_argument(node, "batch_first");
  const int64_t steps = batch_first && x->rank() == 3 ? x->sizes[1] : x->sizes[0];
  const Dims layers = ints_argument(node, "num_layers");
  facts.steps = static_cast<double>(steps * at_or(layers, 0, 1) * (flag_argument(node, "bidirectional") ? 2 : 1));
  facts.m = x->rank() == 3 ? x->sizes[batch_first ? 0 : 1] : 1;
  const bool step_by_step = facts.name == "lstm" && (facts.m > 1 || steps == 1);
  int matrices = 0;  // of a layer and direction: [gates x hidden, inputs], then [gates x hidden, hidden]
  double input_bytes = 0, input_numel = 0;  // of the first of the two, where each step reads it
  for_each_operand(node, [&](ValueId id) {
    const TensorType& type = graph[id].type;
    if (type.rank() != 2) return;
    if (++matrices == 1) facts.gate_elements = facts.steps * static_cast<double>(facts.m * type.sizes[0]);
    const auto numel = static_cast<double>(type.numel()), all_steps = static_cast<double>(steps);
    if (matrices % 2 == 1) {
      input_bytes = step_by_step ? static_cast<double>(type.bytes()) : 0;
      input_numel = step_by_step ? numel : 0;
      return;
    }
    const double bytes = input_bytes + static_cast<double>(type.bytes());
    facts.step_weight_bytes += all_steps * bytes;
    facts.cold_step_weight_bytes += all_steps * bytes * beyond(bytes, l2_bytes);
    facts.step_flops += 2 * all_steps * static_cast<double>(facts.m) * (input_numel + numel);
  });
}

}  // namespace opgauge
