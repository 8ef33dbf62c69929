// SPDX-License-Identifier: Apache-2.0
// Calibration networks of what a few kinds of model consist of: masks of positions, mixtures of experts, Einstein sums,
// transposed convolutions.
#include <algorithm>
#include <cmath>

#include "calibrate/archetype.hpp"

namespace opgauge {
namespace {

// Which positions may look at which: none behind, none that is filled up; and what is done with them.
Graph draw_masks(Block& b) {
  for (;;) {
    const int64_t n = b.random().pick<int64_t>({1, 1, 2, 4, 16}), h = b.random().log_whole(1, 12), l = b.random().log_whole(8, 260), d = b.random().log_whole(4, 200);
    const auto scores = static_cast<double>(n * h * l) * static_cast<double>(l);
    if (scores < 1e3 || scores > 6e5) continue;
    const ValueId at = b.op("aten::arange", {{"end", l}});
    const auto related = [&](std::string_view target) { return b.op(target, {{"self", b.view(at, {1, 1, 1, l})}, {"other", b.view(at, {1, 1, l, 1})}}); };
    ValueId mask = related(b.random().pick<std::string_view>({"aten::le.Tensor", "aten::gt.Tensor", "aten::ge.Tensor"}));
    const ValueId filled = b.op(b.random().pick<std::string_view>({"aten::ne.Scalar", "aten::eq.Scalar", "aten::gt.Scalar"}), {{"self", b.input({n, l}, Dtype::i64)}, {"other", int64_t{1}}});
    if (b.random().chance(0.5)) mask = b.op(b.random().pick<std::string_view>({"aten::logical_and", "aten::__and__.Tensor", "aten::bitwise_or.Tensor"}), {{"self", mask}, {"other", b.view(filled, {n, 1, 1, l})}});
    if (b.random().chance(0.4)) mask = b.unary(b.random().pick<std::string_view>({"logical_not", "bitwise_not"}), mask);
    std::vector<ValueId> made;
    const ValueId x = b.unary("relu", b.input({n, h, l, l}));
    const double lowest = -1e9;
    switch (b.random().whole(0, 3)) {
      case 0: made.push_back(b.op("aten::where.self", {{"condition", mask}, {"self", x}, {"other", b.op("aten::full", {{"size", Dims{}}, {"fill_value", lowest}})}})); break;
      case 1: made.push_back(b.op("aten::where.ScalarOther", {{"condition", mask}, {"self", b.random().chance(0.5) ? x : b.op("aten::zeros", {{"size", Dims{}}})}, {"other", lowest}})); break;
      default: made.push_back(b.op("aten::masked_fill.Scalar", {{"self", x}, {"mask", mask}, {"value", lowest}}));
    }
    if (b.random().chance(0.5)) {  // rows that stand for nothing
      const ValueId y = b.unary("relu", b.input({n, l, d}));
      made.push_back(b.op("aten::masked_fill.Scalar", {{"self", y}, {"mask", b.view(filled, {n, l, 1})}, {"value", 0.0}}));
    }
    if (b.random().chance(0.4)) {  // numbers for distances
      const ValueId far = b.op("aten::sub.Tensor", {{"self", b.view(at, {1, l})}, {"other", b.view(at, {l, 1})}});
      made.push_back(b.op("aten::where.self", {{"condition", b.op("aten::lt.Scalar", {{"self", far}, {"other", l / 2}})}, {"self", far}, {"other", b.unary("abs", far)}}));
    }
    return b.finish(std::move(made));
  }
}

// The matrices of a few experts for each token, 20 to 60 MB of them, and each token's products with its own.
Graph draw_experts(Block& b) {
  for (;;) {
    const int64_t experts = b.random().log_whole(4, 64), width = 8 * b.random().log_whole(12, 80), inner = 8 * b.random().log_whole(12, 80);
    const double most = b.random().log_uniform(5e6, 15e6);
    const auto taken = static_cast<int64_t>(most / static_cast<double>(width * inner));
    if (taken < 8 || static_cast<double>(experts * width * inner) > 6e6) continue;
    const ValueId found = b.op("aten::index.Tensor", {{"self", b.weight({experts, inner, width})}, {"indices", ValueList{ValueRef{b.input({taken}, Dtype::i64)}}}});
    if (b.random().chance(0.35)) return b.finish({b.op("aten::bmm", {{"self", b.unary("relu", b.input({taken, 1, inner}))}, {"mat2", found}})});
    return b.finish({b.op("aten::bmm", {{"self", found}, {"mat2", b.unary("relu", b.input({taken, width, 1}))}})});
  }
}

// An Einstein sum of two operands over labels in any order: some of both, some of one, some summed over.
ValueId einstein_sum(Block& b) {
  struct Label {
    char name;
    int64_t size;
    bool left, right, kept;
  };
  for (;;) {
    std::vector<Label> labels;
    const auto add = [&](int64_t fewest, int64_t most, int64_t longest, bool left, bool right, bool kept) {
      for (int64_t i = b.random().whole(fewest, most); i > 0; --i) labels.push_back({static_cast<char>('a' + labels.size()), b.random().log_whole(2, longest), left, right, kept});
    };
    add(0, 2, 12, true, true, true);
    add(1, 2, 200, true, false, true);
    add(1, 2, 200, false, true, true);
    add(1, 2, 100, true, true, false);
    double left = 1, right = 1, out = 1, macs = 1;
    for (const Label& label : labels) {
      const auto size = static_cast<double>(label.size);
      left *= label.left ? size : 1;
      right *= label.right ? size : 1;
      out *= label.kept ? size : 1;
      macs *= size;
    }
    if (left > 5e5 || right > 5e5 || out > 5e5 || macs < 1e5 || macs > 1e8) continue;
    const auto in_some_order = [&](bool Label::*has) {
      std::vector<Label> some;
      for (const Label& label : labels) {
        if (label.*has) some.insert(some.begin() + b.random().whole(0, static_cast<int64_t>(b.random().chance(0.5) ? some.size() : 0)), label);
      }
      return some;
    };
    std::string equation;
    const auto operand = [&](bool Label::*has) {
      Dims sizes;
      for (const Label& label : in_some_order(has)) {
        equation += label.name;
        sizes.push_back(label.size);
      }
      return sizes;
    };
    const ValueId x = b.unary("relu", b.input(operand(&Label::left)));
    equation += ',';
    const Dims other = operand(&Label::right);
    const ValueId y = b.random().chance(0.4) ? b.weight(other) : b.unary("relu", b.input(other));
    equation += "->";
    operand(&Label::kept);
    return b.op("aten::einsum", {{"equation", equation}, {"tensors", ValueList{ValueRef{x}, ValueRef{y}}}});
  }
}

Graph draw_einstein_sums(Block& b) { return b.finish({einstein_sum(b), einstein_sum(b)}); }

// Signals, images and volumes made two to eight times as long, wide and high.
Graph draw_deconvolutions(Block& b) {
  for (;;) {
    const int64_t rank = b.random().pick<int64_t>({1, 1, 2, 2, 2, 3}), n = b.random().pick<int64_t>({1, 2, 2, 4}), times = b.random().pick<int64_t>({2, 2, 2, 4, rank == 1 ? 8 : 2});
    const int64_t c = 8 * b.random().log_whole(2, 40), out = b.random().chance(0.4) ? b.random().pick<int64_t>({32, 64, 64, 128, 256}) : 8 * b.random().log_whole(1, 24), kernel = times * b.random().whole(1, 2), padding = (kernel - times) / 2;
    Dims sizes{n, c}, kernels{c, out};
    double pixels = static_cast<double>(n), taps = 1;
    const int64_t side = b.random().log_whole(4, rank == 1 ? 2000 : rank == 2 ? 64 : 14);
    for (int64_t i = 0; i < rank; ++i) {
      sizes.push_back(side), kernels.push_back(kernel);
      pixels *= static_cast<double>(side), taps *= static_cast<double>(kernel);
    }
    const double flops = 2 * pixels * taps * static_cast<double>(c * out), made = pixels * std::pow(static_cast<double>(times), static_cast<double>(rank)) * static_cast<double>(out);
    if (flops < 2e6 || flops > 2e8 || made < 1e4 || made > 1.3e6) continue;
    const ValueId x = b.unary("relu", b.random().chance(0.2) && rank == 2 ? b.input_channels_last(sizes) : b.input(sizes));
    return b.finish({b.op(rank == 1 ? "aten::conv_transpose1d" : rank == 2 ? "aten::conv_transpose2d.input" : "aten::conv_transpose3d.input",
                          {{"input", x}, {"weight", b.weight(kernels)}, {"bias", b.weight({out})}, {"stride", Dims(static_cast<size_t>(rank), times)}, {"padding", Dims(static_cast<size_t>(rank), padding)}})});
  }
}

const Archetype rows[] = {{"deconvolutions", 0.02, draw_deconvolutions, 5}, {"masks", 0.03, draw_masks}, {"experts", 0.01, draw_experts, 4}, {"Einstein sums", 0.02, draw_einstein_sums}};

}  // namespace

std::span<const Archetype> special_archetypes() { return rows; }

}  // namespace opgauge
