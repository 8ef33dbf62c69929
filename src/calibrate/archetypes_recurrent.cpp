// SPDX-License-Identifier: Apache-2.0
// Calibration networks of recurrent layers and of single steps of them.
#include "calibrate/archetype.hpp"

namespace opgauge {
namespace {

struct Layers {
  int64_t hidden, count = 1;
  bool lstm, both = false;  // both: directions
};

// A stack of recurrent layers over [batch, steps, features].
ValueId recurrent_layers(Block& b, ValueId x, const Layers& of) {
  const int64_t n = b.size(x, 0), in = b.size(x, 2), directions = of.both ? 2 : 1, gates = of.lstm ? 4 : 3;
  ValueList weights;
  for (int64_t i = 0; i < of.count * directions; ++i) {
    weights.push_back(ValueRef{b.weight({gates * of.hidden, i < directions ? in : of.hidden * directions})});
    weights.push_back(ValueRef{b.weight({gates * of.hidden, of.hidden})});
    weights.push_back(ValueRef{b.weight({gates * of.hidden})});
    weights.push_back(ValueRef{b.weight({gates * of.hidden})});
  }
  const auto zeros = [&] { return b.op("aten::zeros", {{"size", Dims{of.count * directions, n, of.hidden}}}); };
  std::vector<Given> given{{"input", x}, {"params", weights}, {"has_biases", true}, {"num_layers", of.count}, {"dropout", 0.0}, {"train", false}, {"bidirectional", of.both}, {"batch_first", true}};
  if (of.lstm) given.emplace_back("hx", ValueList{ValueRef{zeros()}, ValueRef{zeros()}});
  else given.emplace_back("hx", zeros());
  return b.ops(of.lstm ? "aten::lstm.input" : "aten::gru.input", std::move(given))[0];
}

// A stack drawn over `x`; `x` itself where that would take too long.
ValueId draw_layers(Block& b, ValueId x, bool lstm) {
  const bool both = b.random().chance(0.3);
  const int64_t count = b.random().whole(1, 3), directions = both ? 2 : 1, gates = lstm ? 4 : 3;
  const int64_t hidden = b.random().chance(0.5) ? b.random().log_whole(240, 800) : b.random().log_whole(48, 800);
  const double flops = 2.0 * b.batch(x) * static_cast<double>(b.size(x, 1) * gates * hidden * (b.size(x, 2) + hidden) * count * directions);
  return flops > 6e8 ? x : recurrent_layers(b, x, {.hidden = hidden, .count = count, .lstm = lstm, .both = both});
}

// One step: of many rows, as messages between nodes are taken in, or of a few, as a decoder goes from word to word.
Graph draw_cells(Block& b) {
  const bool few = b.random().chance(0.4), lstm = b.random().chance(few ? 0.7 : 0.3);
  const int64_t n = few ? b.random().pick<int64_t>({1, 2, 2, 4}) : b.random().log_whole(8, 1500);
  const int64_t hidden = 8 * (few ? b.random().log_whole(8, 90) : b.random().log_whole(2, 40)), gates = lstm ? 4 : 3;
  const ValueId x = b.unary("relu", b.input({n, hidden}));
  ValueId h = b.input({n, hidden});
  for (int64_t i = b.random().whole(1, 3); i > 0; --i) {
    const ValueId message = b.linear(h, hidden);
    std::vector<Given> given{{"input", i > 1 ? message : x}, {"w_ih", b.weight({gates * hidden, hidden})}, {"w_hh", b.weight({gates * hidden, hidden})},
                             {"b_ih", b.weight({gates * hidden})}, {"b_hh", b.weight({gates * hidden})}};
    if (lstm) given.emplace_back("hx", ValueList{ValueRef{h}, ValueRef{x}});
    else given.emplace_back("hx", h);
    h = b.ops(lstm ? "aten::lstm_cell" : "aten::gru_cell", std::move(given))[0];
  }
  return b.finish({h});
}

Graph draw_recurrent(Block& b) {
  if (b.random().chance(0.2)) return draw_cells(b);
  ValueId x = b.input({b.random().pick<int64_t>({1, 1, 2, 2, 2, 3, 4, 8, 16, 32, 64, 200}), b.random().log_whole(8, 160), b.random().log_whole(16, 800)});
  const bool lstm = b.random().chance(0.5);
  for (int64_t i = b.random().whole(1, 2); i > 0; --i) x = draw_layers(b, x, lstm);
  return b.finish({b.linear(b.op("aten::select.int", {{"self", x}, {"dim", 1}, {"index", -1}}), b.channels(2, 500))});
}

// Hidden weights of 3 to 17 MB, read again by each of some steps.
Graph draw_wide_recurrent(Block& b) {
  const int64_t n = b.random().pick<int64_t>({1, 2, 2, 3, 4}), steps = b.random().pick<int64_t>({2, 3, 6, 12, 20}), in = 8 * b.random().log_whole(8, 100);
  const bool lstm = b.random().chance(0.7);
  return b.finish({recurrent_layers(b, b.input({n, steps, in}), {.hidden = 8 * b.random().log_whole(60, 130), .lstm = lstm})});
}

// Batches of 8 and more: products and gates.
Graph draw_batched_recurrent(Block& b) {
  for (;;) {
    const int64_t n = b.random().log_whole(8, 256), steps = b.random().log_whole(6, 48), in = b.random().log_whole(16, 256), hidden = b.random().log_whole(24, 320);
    const double flops = 8 * static_cast<double>(n * steps) * static_cast<double>(hidden * (in + hidden));
    if (flops < 5e6 || flops > 2e8) continue;
    return b.finish({recurrent_layers(b, b.unary("relu", b.input({n, steps, in})), {.hidden = hidden, .lstm = b.random().chance(0.6)})});
  }
}

const Archetype rows[] = {{"recurrent", 0.09, draw_recurrent}, {"wide recurrent", 0.02, draw_wide_recurrent, 6}, {"batched recurrent", 0.02, draw_batched_recurrent, 6}};

}  // namespace

std::span<const Archetype> recurrent_archetypes() { return rows; }

}  // namespace opgauge
