// SPDX-License-Identifier: Apache-2.0
// Recurrent layers: one product for the inputs of all time steps, then a small one each step; LSTM
// in f32 and bf16 runs whole layers in oneDNN instead. Other ops are the gates' elementwise steps:
// for a hidden element 10 (LSTM), 9 (GRU), 2 (plain), where a sigmoid or tanh counts 1.
#include <algorithm>

#include "graph/ops/onednn.hpp"
#include "graph/ops/products.hpp"
#include "graph/ops/rows.hpp"

namespace opgauge {
namespace {

using eager::Run;
using eager::Tensor;
using eager::Tensors;

enum class Cell { plain, gru, lstm };

constexpr int64_t gates_of(Cell cell) {
  return cell == Cell::plain ? 1 : cell == Cell::gru ? 3 : 4;
}

struct Weights {
  Tensor input, hidden, input_bias, hidden_bias, projection;
};

struct State {
  Tensor hidden, cell;
};

void check(const Run& run, const Weights& w, const Tensor& x, const State& state, Cell cell) {
  if (w.input.rank() != 2 || w.hidden.rank() != 2 || w.input.size(0) != w.hidden.size(0) ||
      w.input.size(0) % gates_of(cell) != 0 || w.input.size(1) != x.size(-1) ||
      w.hidden.size(1) != state.hidden.size(-1)) {
    throw run.error("weights do not fit the input and the hidden state");
  }
  const int64_t width = w.input.size(0) / gates_of(cell);
  if (state.hidden.size(-1) != (w.projection.defined() ? w.projection.size(0) : width) ||
      (cell == Cell::lstm && state.cell.size(-1) != width)) {
    throw run.error("the hidden state does not have the weights' width");
  }
  for (const Tensor* bias : {&w.input_bias, &w.hidden_bias}) {
    if (bias->defined() && (bias->rank() != 1 || bias->size(0) != w.input.size(0))) {
      throw run.error("a bias does not have one element a gate and hidden element");
    }
  }
}

// A new tensor of x's shape from `inputs`, or x itself changed: one op an element.
Tensor combine(Run& run, std::initializer_list<Tensor> inputs) { return run.pointwise(inputs, 1); }

// One step from the inputs' part of the gates, which an own product made (`owned`) or belongs to
// all steps.
State step(Run& run, Tensor from_input, const State& state, const Weights& w, Cell cell,
           bool owned) {
  const int64_t width = w.input.size(0) / gates_of(cell);
  const auto part = [&](const Tensor& gates, int64_t i) {
    return run.narrow(gates, -1, i * width, width);
  };
  if (cell == Cell::gru) {
    const Tensor from_hidden = eager::linear(run, state.hidden, w.hidden, w.hidden_bias);
    for (int64_t gate : {0, 1}) {  // reset, update
      run.in_place(part(from_hidden, gate), {part(from_input, gate)}, 1);
      run.in_place(part(from_hidden, gate), {}, 1);
    }
    run.in_place(part(from_hidden, 2), {part(from_hidden, 0)}, 1);
    const Tensor fresh = combine(run, {part(from_input, 2), part(from_hidden, 2)});
    run.in_place(fresh, {}, 1);
    const Tensor hidden = combine(run, {state.hidden, fresh});
    run.in_place(hidden, {part(from_hidden, 1)}, 1);
    run.in_place(hidden, {fresh}, 1);
    return {hidden, {}};
  }
  const Tensor gates = eager::linear(run, state.hidden, w.hidden, w.hidden_bias);
  run.in_place(gates, {from_input}, 1);
  if (owned && cell == Cell::lstm) from_input = {};
  if (cell == Cell::plain) return {combine(run, {gates}), {}};
  run.in_place(gates, {}, 1);  // three sigmoids and a tanh
  const Tensor kept = combine(run, {part(gates, 1), state.cell});
  {
    const Tensor added = combine(run, {part(gates, 0), part(gates, 2)});
    run.in_place(kept, {added}, 1);
  }
  Tensor bent = combine(run, {kept});
  Tensor hidden = combine(run, {part(gates, 3), bent});
  bent = {};
  if (w.projection.defined()) {
    hidden = eager::matmul(run, hidden, run.transpose(w.projection, 0, 1));
  }
  return {hidden, kept};
}

Tensor stack(Run& run, const Tensors& parts) {
  Dims sizes = parts[0].type.sizes;
  sizes.insert(sizes.begin(), static_cast<int64_t>(parts.size()));
  const Tensor all = run.empty(parts[0].dtype(), sizes);
  for (const Tensor& one : parts) run.read(one);
  run.write(all);
  return all;
}

// All time steps of one direction. Steps are alike: the first, one that stands for those between,
// and the last are run; the results of the others are only held.
struct Pass {
  Tensor from_inputs;
  Tensors outputs;  // of the steps that were run
  Tensor held;      // of the others
  State last;
};

Pass step_through(Run& run, const Tensor& x, const State& start, const Weights& w, Cell cell,
                  Tensor replaced) {
  const int64_t steps = x.size(0);
  Pass pass;
  pass.from_inputs = eager::linear(run, x, w.input, w.input_bias);
  replaced = {};
  pass.last = start;
  const auto next = [&] {
    pass.last = step(run, run.select(pass.from_inputs, 0, 0), pass.last, w, cell, false);
    pass.outputs.push_back(pass.last.hidden);
  };
  next();
  if (steps > 2) {
    pass.held = run.scratch(product({steps - 3, pass.last.hidden.type.storage_bytes()}));
    run.repeat(steps - 2, next);
  }
  if (steps > 1) next();
  return pass;
}

Tensor stack(Run& run, const Pass& pass, int64_t steps) {
  Dims sizes = pass.last.hidden.type.sizes;
  sizes.insert(sizes.begin(), steps);
  const Tensor all = run.empty(pass.last.hidden.dtype(), sizes);
  run.read(all);  // as many bytes as all parts have
  run.write(all);
  return all;
}

// Output of one layer over all steps, and its final states, one for each direction.
struct Layer {
  Tensor output;
  std::vector<State> finals;
};

Tensor beside_each_other(Run& run, const Tensor& a, const Tensor& b) {
  Dims sizes = a.type.sizes;
  sizes.back() += b.size(-1);
  const Tensor both = run.empty(a.dtype(), sizes);
  run.read(a);
  run.read(b);
  run.write(both);
  return both;
}

Layer layer_by_steps(Run& run, const Tensor& x, const std::vector<State>& starts,
                     const std::vector<Weights>& w, Cell cell) {
  Pass forward = step_through(run, x, starts[0], w[0], cell, {});
  Tensor output = stack(run, forward, x.size(0));
  if (w.size() == 1) return {output, {forward.last}};
  Tensor replaced = std::move(forward.from_inputs);
  const Pass backward = step_through(run, x, starts[1], w[1], cell, std::move(replaced));
  const Tensor turned = stack(run, backward, x.size(0));
  return {beside_each_other(run, output, turned), {forward.last, backward.last}};
}

// One direction of one LSTM layer in oneDNN.
Layer lstm_in_onednn(Run& run, const Tensor& x, const State& start, const Weights& w) {
  const int64_t width = w.hidden.size(1), steps = x.size(0), batch = x.size(1);
  const Tensor absent_hidden = w.input_bias.defined() ? Tensor() : run.empty(w.hidden.type);
  const Tensor absent_input = w.input_bias.defined() ? Tensor() : run.empty(w.input.type);
  const Tensor y = run.empty(x.dtype(), {steps, batch, width});
  const State last{run.empty(start.hidden.dtype(), start.hidden.type.sizes),
                   run.empty(start.cell.dtype(), start.cell.type.sizes)};
  const onednn::LstmMemory memory = onednn::lstm_memory(x.dtype(), steps, batch, x.size(2), width);
  {
    const Tensor bias = run.empty(x.dtype(), {4 * width});
    run.read(w.input_bias);
    run.read(w.hidden_bias);
    run.write(bias);
    const Tensor packed_input = run.reorder(w.input, memory.input_weight);
    const Tensor packed_hidden = run.reorder(w.hidden, memory.hidden_weight);
    const Tensor own = run.scratch(memory.private_bytes);
    for (const Tensor& one : {x, packed_input, packed_hidden, bias, start.hidden, start.cell})
      run.read(one);
    for (const Tensor& one : {y, last.hidden, last.cell}) run.write(one);
  }
  run.work.macs += product({steps, batch, 4 * width, x.size(2) + width});
  run.work.other_ops += product({10, steps, batch, width});
  return {y, {last}};
}

void drop_between_layers(Run& run, Tensor& x) {
  const Tensor noise = run.empty(like(x.type, x.dtype(), MemoryFormat::preserve));
  run.fill(noise);
  run.in_place_number(noise, 1);
  x = run.pointwise({x, noise}, 1);
}

template <Cell cell>
Tensors recurrent(Run& run) {
  Tensor x = run.operand("input");
  const bool batch_first = run.call.flag("batch_first"), biased = run.call.flag("has_biases");
  const int64_t directions = run.call.flag("bidirectional") ? 2 : 1,
                layers = run.call.integer("num_layers");
  const double dropout = run.call.number("dropout");
  const Tensors states = cell == Cell::lstm ? run.operands("hx") : Tensors{run.operand("hx")};
  if (x.rank() != 3)
    throw run.error("found input of rank " + std::to_string(x.rank()) + ", expected 3");
  if (states.size() != (cell == Cell::lstm ? 2 : 1))
    throw run.error("found another number of hidden states than expected");
  if (batch_first) x = run.transpose(x, 0, 1);
  for (const Tensor& one : states) {
    if (one.rank() != 3 || one.size(0) != layers * directions || one.size(1) != x.size(1) ||
        one.dtype() != x.dtype()) {
      throw run.error("a hidden state does not fit the input, the layers and the directions");
    }
  }
  if (x.numel() == 0) throw run.error("found an empty input");
  const Tensors parameters = run.operands("params");
  const bool projected = cell == Cell::lstm && states[0].size(2) != states[1].size(2);
  const size_t each = 2 + (biased ? 2 : 0) + (projected ? 1 : 0);
  if (layers < 1 || parameters.size() != each * static_cast<size_t>(layers * directions)) {
    throw run.error("found " + std::to_string(parameters.size()) + " parameters, expected " +
                    std::to_string(each) + " for each layer and direction");
  }
  const bool in_onednn =
      cell == Cell::lstm && !projected && (x.dtype() == Dtype::f32 || x.dtype() == Dtype::bf16);
  if (in_onednn) x = run.contiguous(x);
  const Tensor first = x;
  Tensors hidden, cells, retained;
  size_t at = 0;
  for (int64_t layer = 0; layer < layers; ++layer) {
    std::vector<Weights> weights;
    std::vector<State> starts;
    for (int64_t direction = 0; direction < directions; ++direction, at += each) {
      Weights w{parameters[at], parameters[at + 1], {}, {}, {}};
      if (biased) {
        w.input_bias = parameters[at + 2];
        w.hidden_bias = parameters[at + 3];
      }
      if (projected) w.projection = parameters[at + each - 1];
      State start{run.select(states[0], 0, layer * directions + direction), {}};
      if (cell == Cell::lstm) start.cell = run.select(states[1], 0, layer * directions + direction);
      check(run, w, x, start, cell);
      weights.push_back(std::move(w));
      starts.push_back(std::move(start));
    }
    Layer result;
    if (in_onednn) {
      retained.clear();
      for (size_t d = 0; d < weights.size(); ++d) {
        Layer one = lstm_in_onednn(run, x, starts[d], weights[d]);
        if (d == 1) retained = {result.output, one.output};
        result.output = d == 0 ? one.output : beside_each_other(run, result.output, one.output);
        result.finals.push_back(one.finals[0]);
      }
    } else {
      result = layer_by_steps(run, x, starts, weights, cell);
    }
    for (const State& last : result.finals) {
      hidden.push_back(last.hidden);
      if (cell == Cell::lstm) cells.push_back(last.cell);
    }
    x = result.output;
    if (dropout > 0 && run.call.flag("train") && layer + 1 < layers) drop_between_layers(run, x);
  }
  if (batch_first) x = run.transpose(x, 0, 1);
  const Tensor all_hidden = stack(run, hidden);
  if (cell != Cell::lstm) return {x, all_hidden};
  const Tensor all_cells = stack(run, cells);
  return {x, all_hidden, all_cells};
}

template <Cell cell>
Tensors single_step(Run& run) {
  const Tensor x = run.operand("input");
  Weights w{run.operand("w_ih"), run.operand("w_hh"), run.operand("b_ih"), run.operand("b_hh"), {}};
  State state;
  if (cell == Cell::lstm) {
    const Tensors states = run.operands("hx");
    if (states.size() != 2) throw run.error("expected two hidden states");
    state = {states[0], states[1]};
  } else {
    state = {run.operand("hx"), {}};
  }
  if (x.rank() != 2 || state.hidden.rank() != 2)
    throw run.error("expected input and hidden state of rank 2");
  check(run, w, x, state, cell);
  const State next = step(run, eager::linear(run, x, w.input, w.input_bias), state, w, cell, true);
  if (cell == Cell::lstm) return {next.hidden, next.cell};
  return {next.hidden};
}

constexpr OpFamily family = OpFamily::recurrent;
const OpRow rows[] = {
    eager::row<recurrent<Cell::lstm>>(
        "aten::lstm.input(Tensor input, Tensor[] hx, Tensor[] params, bool has_biases, int "
        "num_layers, float dropout, "
        "bool train, bool bidirectional, bool batch_first) -> (Tensor, Tensor, Tensor)",
        family),
    eager::row<recurrent<Cell::gru>>(
        "aten::gru.input(Tensor input, Tensor hx, Tensor[] params, bool has_biases, int "
        "num_layers, float dropout, "
        "bool train, bool bidirectional, bool batch_first) -> (Tensor, Tensor)",
        family),
    eager::row<recurrent<Cell::plain>>(
        "aten::rnn_tanh.input(Tensor input, Tensor hx, Tensor[] params, bool has_biases, int "
        "num_layers, float "
        "dropout, bool train, bool bidirectional, bool batch_first) -> (Tensor, Tensor)",
        family),
    eager::row<recurrent<Cell::plain>>(
        "aten::rnn_relu.input(Tensor input, Tensor hx, Tensor[] params, bool has_biases, int "
        "num_layers, float "
        "dropout, bool train, bool bidirectional, bool batch_first) -> (Tensor, Tensor)",
        family),
    eager::row<single_step<Cell::lstm>>("aten::lstm_cell(Tensor input, Tensor[] hx, Tensor w_ih, "
                                        "Tensor w_hh, Tensor? b_ih=None, Tensor? b_hh=None) "
                                        "-> (Tensor, Tensor)",
                                        family),
    eager::row<single_step<Cell::gru>>("aten::gru_cell(Tensor input, Tensor hx, Tensor w_ih, "
                                       "Tensor w_hh, Tensor? b_ih=None, Tensor? b_hh=None) -> "
                                       "Tensor",
                                       family),
    eager::row<single_step<Cell::plain>>("aten::rnn_tanh_cell(Tensor input, Tensor hx, Tensor "
                                         "w_ih, Tensor w_hh, Tensor? b_ih=None, Tensor? "
                                         "b_hh=None) -> Tensor",
                                         family),
    eager::row<single_step<Cell::plain>>("aten::rnn_relu_cell(Tensor input, Tensor hx, Tensor "
                                         "w_ih, Tensor w_hh, Tensor? b_ih=None, Tensor? "
                                         "b_hh=None) -> Tensor",
                                         family),
};

}  // namespace

std::span<const OpRow> recurrent_rows() { return rows; }

}  // namespace opgauge
